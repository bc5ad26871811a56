"""What cells and runners share, and what becomes of it when one is killed or writes where it should not."""

import os
import signal
from pathlib import Path
from select import select

import pytest
from local_channels import MINOR, Configure, LocalChannel

from runner.testing import FakeStop, Project
from runner_conda.activation import activated

PRINTS = "python -c 'import greet; print(greet.VERSION)'"


def backend_cache(project: Project) -> Path:
    return Path(project.environ["RUNNER_CACHE_DIR"]) / "backends" / "conda"


def test_cells_side_by_side_share_packages_and_one_python(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    project.index.add("right", requires=("greet",))
    configure(
        "greet {greet}",
        command=PRINTS,
        more='deps = ["right"]\n[sessions.c.matrix]\ngreet = ["1.0", "2.0"]\nlevel = ["a", "b"]\n',
    )
    run = project.run("-j4").assert_exit(0)
    said = {id_: run.log(id_).splitlines()[-1] for id_ in run.cells}
    assert said == {
        "c-greet1.0-a": "conda 1.0",
        "c-greet1.0-b": "conda 1.0",
        "c-greet2.0-a": "conda 2.0",
        "c-greet2.0-b": "conda 2.0",
    }
    assert len(list(backend_cache(project).glob("python-*"))) == 1
    project.run("clean", "--cache").assert_exit(0)
    assert not Path(project.environ["RUNNER_CACHE_DIR"]).exists()


def test_two_runners_at_once_make_one_prefix(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    configure("greet", command=PRINTS, more="[sessions.d]\nextends = 'c'\n")
    with project.start("-e", "c") as one, project.start("-e", "d") as other:
        done = one.wait(), other.wait()
    assert "conda 2.0" in done[0].assert_exit(0).log("c")
    assert "conda 2.0" in done[1].assert_exit(0).log("d")
    assert len(list(backend_cache(project).glob("python-*"))) == 1
    assert not list(backend_cache(project).glob(".part-*"))


def test_a_runner_that_was_killed_leaves_nothing_that_counts(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    waits = b'touch "$HOME/waits"; while [ ! -e "$HOME/goes-on" ]; do sleep 0.02; done; export WAITED=1\n'
    channel.add("slow", files={"etc/conda/activate.d/slow.sh": waits})
    channel.index()
    configure("greet", "slow", command=PRINTS)
    home = Path(project.environ["HOME"])
    with project.start() as started:
        started.wait_for(home / "waits")
        started.send(signal.SIGKILL)
        started.wait()
    (prefix,) = backend_cache(project).glob("python-*")
    part = prefix.rename(prefix.with_name(".part-0123456789ab"))
    (part / "bin" / "python").unlink()
    (project.root / ".runner/envs/c/bin/python").unlink()
    (home / "goes-on").touch()
    assert "conda 2.0" in project.run_process().assert_exit(0).log("c")
    (prefix / "bin" / "python").unlink()
    assert "conda 2.0" in project.run_process("--offline").assert_exit(0).log("c")


def test_what_a_run_uses_is_not_removed_from_the_cache(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    project.package("shop")
    waits = b'touch "$HOME/waits"; while [ ! -e "$HOME/goes-on" ]; do sleep 0.02; done; export WAITED=1\n'
    channel.add("slow", files={"etc/conda/activate.d/slow.sh": waits})
    channel.index()
    configure("slow", command="python -c 'import shop'", package="wheel")
    home = Path(project.environ["HOME"])
    with project.start() as started:
        started.wait_for(home / "waits")
        refused = project.run_process("clean", "--cache").assert_exit(4)
        refused.assert_said("uses what backends keep", f"pid {started.pid}", "wait for its end")
        (home / "goes-on").touch()
        started.wait().assert_exit(0)
    project.run_process("clean", "--cache").assert_exit(0)
    assert not Path(project.environ["RUNNER_CACHE_DIR"]).exists()


def test_an_interrupt_ends_activation(project: Project, channel: LocalChannel, configure: Configure) -> None:
    channel.add("slow", files={"etc/conda/activate.d/slow.sh": b'touch "$HOME/waits"; sleep 600\n'})
    channel.index()
    configure("slow")
    with project.start() as started:
        started.wait_for(Path(project.environ["HOME"]) / "waits")
        started.send(signal.SIGINT)
        assert started.wait(timeout=40).assert_exit(130).cell("c").outcome == "cancelled"


def test_a_cache_that_cannot_be_used_is_told_with_another_way(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    configure("greet")
    cache = backend_cache(project)
    cache.mkdir(parents=True)
    (cache / "packages").touch()
    log = project.run().assert_exit(4).log("c")
    assert "packages" in log
    assert "RUNNER_CACHE_DIR names another place" in log


def test_what_a_command_writes_into_shared_files_reaches_no_other_environment(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    project.file("spoil.py", "import greet\nopen(greet.__file__, 'a').write('VERSION += \" spoilt\"')\n")
    configure("greet", command="python spoil.py")
    project.run().assert_exit(0)
    assert "spoilt" in (project.root / f".runner/envs/c/lib/python{MINOR}/site-packages/greet.py").read_text()
    configure("greet", command=PRINTS)
    assert project.run("--offline").assert_exit(0).log("c").endswith("conda 2.0\n")
    configure("greet", command=PRINTS, more='link-mode = "copy"\n')
    project.run().assert_exit(0)
    installed = project.root / f".runner/envs/c/lib/python{MINOR}/site-packages/greet.py"
    assert installed.stat().st_nlink == 1


@pytest.mark.parametrize("more", ['link-mode = "hardlink"\n', 'installer = "pip"\n'])
def test_a_place_to_work_shares_no_files(
    project: Project, channel: LocalChannel, configure: Configure, more: str
) -> None:
    configure("greet", "data", more=more)
    made = project.run("env", "create", "-v").assert_exit(0)
    assert "\n  what activating the environment printed:\n  the data are ready\n" in made.stdout
    installed = project.root / f".runner/dev/c/lib/python{MINOR}/site-packages/greet.py"
    assert installed.stat().st_nlink == 1


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo no licence; exit 3", "no licence"),
        ("set -e; ls /nowhere-at-all", "nowhere-at-all"),
        ("exit 3", "did not come to its end, but exited with code 3 (licensed.sh in"),
        ("export NAME=$(printf '\\377')", "sets the variable NAME to what is no UTF-8 text"),
    ],
)
def test_a_script_that_ends_the_shell_is_an_error_that_names_it(
    project: Project, channel: LocalChannel, configure: Configure, script: str, says: str
) -> None:
    channel.add("licensed", files={"etc/conda/activate.d/licensed.sh": f"{script}\n".encode()})
    channel.index()
    configure("licensed")
    log = project.run().assert_exit(4).log("c")
    assert "activating the environment" in log
    assert says in log


def test_a_script_that_says_much_tells_its_end_and_no_password_of_an_address(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    script = b"echo the beginning; seq 20000; echo from https://me:hush@host/licences\n"
    channel.add("licensed", files={"etc/conda/activate.d/licensed.sh": script})
    channel.index()
    configure("licensed")
    log = project.run().assert_exit(0).log("c")
    assert "\n20000\nfrom https://" in log
    assert "hush" not in log
    assert "the beginning" not in log


def test_what_activation_leaves_in_the_background_ends(tmp_path: Path) -> None:
    scripts = tmp_path / "etc/conda/activate.d"
    scripts.mkdir(parents=True)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (scripts / "a.sh").write_text(f"sleep 300 > '{pipe}' &\n")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    activated(tmp_path, {}, FakeStop())
    ended, _, _ = select([reader], [], [], 60)  # the other end is closed, as soon as the kill arrives
    assert ended
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_activation_sees_nothing_of_the_caller_and_keeps_what_it_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTER", "seen")
    scripts = tmp_path / "etc/conda/activate.d"
    scripts.mkdir(parents=True)
    (scripts / "b.sh").write_text('export SECOND="$FIRST and more" PATH="/opt/tool/bin:$PATH" HOME=\n')
    (scripts / "a.sh").write_text('export FIRST="${OUTER:-nothing} in $CONDA_PREFIX"\nplain=1\n')
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta/state").write_text('{"env_vars": {"STATE": "$(echo run)"}}')
    active = activated(tmp_path, {"FROM_YML": "1"}, FakeStop())
    assert active.programs == ("/opt/tool/bin", str(tmp_path / "bin"))
    assert active.variables == {
        "CONDA_PREFIX": str(tmp_path),
        "CONDA_DEFAULT_ENV": str(tmp_path),
        "CONDA_SHLVL": "1",
        "FIRST": f"nothing in {tmp_path}",
        "SECOND": f"nothing in {tmp_path} and more",
        "STATE": "$(echo run)",
        "FROM_YML": "1",
        "HOME": "",
    }
