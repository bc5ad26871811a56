"""Sessions on conda as their users see them."""

import re
from pathlib import Path

import pytest
from local_channels import MINOR, VERSION, Configure, LocalChannel, served

from runner.testing import Project, python_command

SEEN = """
import os, pathlib, sys
import greet, right, shop
names = ("DATA_HOME", "FROM_FILE", "FROM_SCRIPT", "CONDA_PREFIX")
print("prefix is", pathlib.Path(sys.prefix).relative_to(os.getcwd()))
print("variables are", *(os.environ[name] for name in names))
print("versions are", greet.VERSION, right.VERSION, shop.VERSION)
"""


def test_a_cell_has_conda_packages_activated_with_the_project_and_pypi_on_top(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    project.package("shop", requires=("greet>=1",))
    project.file("seen.py", SEEN)
    project.index.add("right", requires=("greet>=2",))
    project.index.add("greet", "9.0")
    more = 'deps = ["right"]\nenv = { FROM_SCRIPT = "session" }\n'
    configure("greet", "data=1", command="greet-tool seen.py", more=more, package="wheel")
    assert "conda: to be resolved (nothing remembered)" in project.run("plan").assert_exit(0).stdout
    assert not list(Path(project.environ["RUNNER_CACHE_DIR"]).glob("backends/*"))

    run = project.run().assert_exit(0)
    prefix = ".runner/envs/c"
    whole = project.root / prefix
    assert f"prefix is {prefix}\n" in run.log("c")
    assert f"variables are {whole}/share/data $file session {whole}\n" in run.log("c")
    assert "\nwhat activating the environment printed:\nthe data are ready\n" in run.log("c")
    assert not [file for file in whole.glob("*.json") if "the data are ready" in file.read_text()]
    assert "versions are conda 2.0 1.0 1.0\n" in run.log("c")
    cell = run.cell("c")
    assert (cell.version("greet"), cell.version("right"), cell.version("shop")) == ("2.0", "1.0", "1.0")

    again = project.run("--reuse").assert_exit(0)
    assert re.search(r"conda lock: reused \(\S+ \S+ old\)", again.log("c"))
    assert "environment: kept" in again.log("c")
    assert "the data are ready" not in again.log("c")
    assert re.search(rf"{re.escape(VERSION)} .*conda: reused .*; on top: reused", project.run("plan").stdout)
    said = project.run("config", "-e", "c").assert_exit(0).stdout
    assert "conda-deps = greet, data=1" in said
    project.run("env", "create", "c").assert_exit(0)
    listed = project.run("env", "list").assert_exit(0)
    listed.assert_said("in step")
    seen = project.run_process("env", "exec", "c", "--", "greet-tool", "seen.py").assert_exit(0).stdout
    assert "versions are conda 2.0 1.0 1.0\n" in seen
    assert f"variables are {project.root}/.runner/dev/c/share/data $file session" in seen
    file = project.run("env", "export", "c", "--format", "environment").assert_exit(0).stdout
    assert 'channels:\n  - "./channel"\n' in file
    assert '  - "greet=2.0=0"\n' in file
    assert '  - pip:\n      - "right==1.0"\n' in file


def test_an_environment_file_that_was_exported_makes_the_same_environment(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    channel.distribution("pip", "24.0")
    channel.index()
    project.index.add("right", requires=("greet>=2",))
    configure("greet", "data=1", "pip", more='deps = ["right"]')
    file = project.run("env", "export", "--format", "environment", "-o", "environment.yml").assert_exit(0)
    text = project.root.joinpath("environment.yml").read_text()
    assert '  - "greet=2.0=0"\n' in text
    assert file.stdout == ""
    key = 'environment-file = "environment.yml"'
    project.config(
        f"""
        plugins = ["runner_conda"]
        [sessions.again]
        backend = "conda"
        {key}
        python = "{MINOR}"
        package = "none"
        """
    )
    project.run("env", "create").assert_exit(0)
    again = project.run("env", "export", "--format", "environment").assert_exit(0).stdout
    assert again.splitlines()[2:] == text.splitlines()[2:]


def test_the_lock_is_committed_with_hashes_and_checked(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    channel.distribution("torch", "2.1", package="pytorch")
    channel.index()
    configure("greet<2", "pytorch", more='deps = ["torch"]\n', command="python -c 'import torch'")
    assert "locks/conda.c.lock written" in project.run("lock").assert_exit(0).stdout
    file = project.root / "locks/conda.c.lock"
    text = file.read_text()
    assert len(re.findall(r"sha256: [0-9a-f]{64}\n", text)) == 3
    assert "pkg:pypi/torch@2.1" in text
    assert str(project.root) not in text.replace("$ROOT", "")
    channel.distribution("greet", "1.5")
    channel.index()
    assert project.run("lock", "--check").assert_exit(0)
    run = project.run("--locked").assert_exit(0)
    assert "conda lock: committed" in run.log("c")
    assert run.cell("c").version("greet") == "1.0"
    assert "unchanged" in project.run("lock").stdout
    assert file.read_text() == text

    assert "greet 1.0 -> 1.5" in project.run("lock", "--upgrade", "greet").assert_exit(0).stdout
    configure("greet", "pytorch")
    run = project.run("--locked").assert_exit(4)
    assert "conda.c.lock is stale (packages changed): `runner lock -e c`" in run.log("c")
    assert "- packages" not in project.run("lock").assert_exit(0).stdout
    assert project.run("--locked").assert_exit(0).cell("c").version("greet") == "1.5"

    file.write_text(file.read_text().replace("sha256: ", "sha256: f", 1))
    assert "changed by hand" in project.run().assert_exit(4).log("c")


def test_what_was_fetched_serves_offline_and_when_the_channel_is_gone(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    channel.add("other")
    channel.index()
    with served(channel.folder) as url:
        address = f'channels = ["{url}"]'

        def ask(*packages: str) -> None:
            configure(*packages)
            config = project.root / "runner.toml"
            config.write_text(config.read_text().replace('channels = ["./channel"]', address))

        ask("greet")
        project.run().assert_exit(0)
    project.run().assert_exit(0)
    ask("greet=2")
    run = project.run().assert_exit(4)
    assert re.search(rf"the channel {url} cannot be read:.*Connection refused", run.log("c"), re.DOTALL)
    assert "--offline" in run.log("c")
    project.run("--offline").assert_exit(0)
    ask("greet", "other")
    run = project.run("--offline").assert_exit(4)
    assert "there is only what was fetched before, and not other-1.0-0.tar.bz2" in run.log("c")
    address = f'channels = ["{url}/elsewhere"]'
    ask("greet")
    run = project.run("--offline").assert_exit(4)
    assert f"with --offline nothing is known of the channel {url}/elsewhere: run once" in run.log("c")


@pytest.mark.parametrize(
    ("how", "where"),
    [
        ("login", "http://me:hush-hush@{host}"),
        ("token", "http://{host}/t/{{env:CHANNEL_TOKEN}}"),
    ],
)
def test_what_opens_a_private_channel_is_written_nowhere(
    project: Project, channel: LocalChannel, configure: Configure, how: str, where: str
) -> None:
    opener = "me:hush-hush"
    project.environ["CHANNEL_TOKEN"] = opener
    with served(channel.folder, **{how: opener}) as url:
        configure("greet")
        config = project.root / "runner.toml"
        private = where.format(host=url.removeprefix("http://"))
        config.write_text(config.read_text().replace("./channel", private))
        project.run("lock").assert_exit(0)
        runs = [project.run("-v").assert_exit(0), project.run("config", "-e", "c").assert_exit(0)]
        config.write_text(config.read_text().replace("hush-hush", "hash-hash"))
        project.environ["CHANNEL_TOKEN"] = opener.replace("u", "a")
        runs.append(project.run("--upgrade").assert_exit(4))
    assert "(401" in runs[-1].log("c")
    told = [text for run in runs for text in (run.stdout, run.stderr, run.log("c") if run.result else "")]
    written = [*(project.root / "locks").iterdir(), *(project.root / ".runner").rglob("*.json")]
    assert not [text for text in told if re.search("h[au]sh-", text)]
    assert not [file for file in written if re.search("h[au]sh-", file.read_text())]


@pytest.mark.parametrize("by_network", [False, True])
def test_a_channel_that_lies_about_a_hash_installs_nothing(
    project: Project, channel: LocalChannel, configure: Configure, *, by_network: bool
) -> None:
    channel.index(greet="0" * 64)
    configure("greet=2")
    with served(channel.folder) as url:
        if by_network:
            config = project.root / "runner.toml"
            config.write_text(config.read_text().replace("./channel", url))
        run = project.run().assert_exit(4)
    reason = run.log("c")
    place = url if by_network else channel.url
    assert f"greet-2.0-0.tar.bz2 of the channel {place}/ is not the file that was locked" in reason
    assert f"expected sha256 {'0' * 64}, found " in reason
    assert not list((project.root / ".runner/envs").glob("*/lib/**/greet.py"))


@pytest.mark.parametrize(
    ("packages", "more", "says"),
    [
        (("left", "right"), "", ("no set of conda packages", "left * ", "base <2", "conflicts with")),
        (("nosuch >=3",), "", ("No candidates were found for nosuch >=3",)),
        (("gpu",), "", ("__cuda >=12, for which no candidates", "the key virtual-packages overrides it")),
        (("gpu",), 'virtual-packages = { __cuda = "11" }', ("__cuda >=12",)),
        (("gpu",), 'virtual-packages = { __cuda = "a b" }', ("virtual-packages: __cuda = 'a b': malformed",)),
        (("gpu",), 'virtual-packages = { cuda = "12" }', ("begin with two underscores",)),
        (("foo >=",), "", ("conda-deps: 'foo >=' is no conda package:", "numpy==1.26.4")),
        (("python=2.7",), "", (f"the session's own Python is `python {MINOR}.*`",)),
        ((), 'environment-file = "no.yml"', ("environment-file: no.yml cannot be read: No such file",)),
    ],
)
def test_what_cannot_be_solved_says_why(
    project: Project,
    channel: LocalChannel,
    configure: Configure,
    *,
    packages: tuple[str, ...],
    more: str,
    says: tuple[str, ...],
) -> None:
    for version in ("1.0", "2.0"):
        channel.add("base", version)
    channel.add("left", depends=("base <2",))
    channel.add("right", depends=("base >=2",))
    channel.add("gpu", depends=("__cuda >=12",))
    channel.index()
    configure(*packages, more=more)
    reason = project.run().assert_exit(4).log("c")
    assert [text for text in says if text not in reason] == [], reason


def test_a_machine_without_a_gpu_takes_what_the_config_counts_on(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    channel.add("gpu", depends=("__cuda >=12",))
    channel.index()
    configure("gpu", more='virtual-packages = { __cuda = "12.4" }')
    project.run("lock").assert_exit(0)
    project.run("--locked").assert_exit(0)
    project.run().assert_exit(0)
    file = project.root / "locks/conda.c.lock"
    file.write_text(
        file.read_text().replace("__cuda=12.4", "").replace('"virtual-packages":""', '"virtual-packages":""')
    )
    configure("gpu")
    run = project.run().assert_exit(4)
    assert "gpu needs __cuda >=12" in run.log("c")


def test_what_conda_fixes_and_pypi_refuses_is_told(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    project.index.add("greet", "9.0")
    configure("greet", more='deps = ["greet>=9"]\n')
    reason = project.run().assert_exit(4).log("c")
    assert "greet>=9" in reason
    assert "greet is fixed at 2.0 by the backend conda" in reason


def test_a_project_that_conda_packages_depend_on_is_still_the_one_that_is_tested(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    project.package("shop", "3.0")
    channel.distribution("shop", "2.9")
    channel.distribution("greet", "3.0", requires=("shop",))
    channel.index()
    seen = (
        "import shop, greet, importlib.metadata as m; print(shop.VERSION, greet.VERSION, m.version('shop'))"
    )
    configure("greet", command=f'python -c "{seen}"', package="wheel")
    assert project.run().assert_exit(0).log("c").endswith("\n3.0 conda 3.0 3.0\n")


def test_an_environment_file_says_it_all(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    project.index.add("right")
    project.index.add("left")
    project.file("envs/more.txt", "left")
    project.file(
        "envs/all.yml",
        """
        name: ignored
        channels: [../channel, nodefaults]
        dependencies:
          - greet=1
          - pip:
              - right
              - -r more.txt
        variables:
          LEVEL: 3
        """,
    )
    code = "import greet, left, os, right; print(greet.VERSION, os.environ['LEVEL'])"
    project.config(
        f"""
        plugins = ["runner_conda"]
        [sessions.c]
        backend = "conda"
        python = "{MINOR}"
        package = "none"
        environment-file = "envs/all.yml"
        commands = [{python_command(code)}]
        """
    )
    assert "conda 1.0 3\n" in project.run().assert_exit(0).log("c")
    file = project.root / "envs/all.yml"
    file.write_text(file.read_text().replace("LEVEL: 3", "LEVEL: 4"))
    assert "conda 1.0 4\n" in project.run("--reuse").assert_exit(0).log("c")
