"""Working in a lasting environment: exec, activate, shell, use; two runners at one, one that was killed."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.readers import wait_for
from tests.faults.terminal import Terminal

from runner.testing import FakeBackend, Project
from runner.testing.process import RUNNER

ODD = 'it\'s "odd" $HOME `ls` \\ \n{braces}'

SHOWS = (
    "import json, os, sys;"
    "json.dump([sys.prefix, os.environ.get('ODD'), os.environ.get('GONE'), os.environ['PATH']], sys.stdout)"
)

SLOW = """
    import os, pathlib, time, zipfile

    METADATA = "Metadata-Version: 2.1\\nName: slow\\nVersion: 1.0\\n"
    WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    FILES = {"METADATA": METADATA, "WHEEL": WHEEL, "RECORD": ""}

    def prepare_metadata_for_build_wheel(folder, config_settings=None):
        info = pathlib.Path(folder, "slow-1.0.dist-info")
        info.mkdir()
        (info / "METADATA").write_text(METADATA)
        return info.name

    def build_wheel(folder, config_settings=None, metadata_directory=None):
        pathlib.Path("{started}").touch()
        while not os.path.exists("{release}"):
            time.sleep(0.01)
        with zipfile.ZipFile(pathlib.Path(folder, "slow-1.0-py3-none-any.whl"), "w") as wheel:
            for name, text in FILES.items():
                wheel.writestr(f"slow-1.0.dist-info/{name}", text)
        return "slow-1.0-py3-none-any.whl"
    """


@pytest.fixture
def odd(project: Project) -> Project:
    """A project whose folder and variables need quotes."""
    project.root = project.root.rename(project.folder / "an odd 'folder' $HOME")
    project.index.add_samples()
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        deps = ["hello"]
        env = {{ ODD = {json.dumps(ODD).replace("{", "{{").replace("}", "}}")}, GONE = false }}

        [sessions.other]
        package = "none"
        source = "copy"
        env = {{ ROOT = "{{root}}", PATH = "{{env:PATH}}:/last", LIBS = "{{root}}:{{env:LIBS:}}" }}
        """
    )
    return project


def prefix(project: Project, name: str) -> str:
    return str(project.root / ".runner" / "dev" / name)


def test_exec_becomes_the_command(odd: Project) -> None:
    said = odd.run_process("env", "exec", "tests", "--", "python", "-c", SHOWS, env={"GONE": "no"})
    where, value, gone, path = json.loads(said.assert_exit(0).stdout)
    assert (where, value, gone) == (prefix(odd, "tests"), ODD, None)
    assert path == f"{prefix(odd, 'tests')}/bin:{odd.environ['PATH']}"
    ended = odd.run_process("env", "exec", "tests", "--", "python", "-c", "raise SystemExit(7)")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (7, "", "")
    copied = odd.run_process("env", "exec", "other", "--", "printenv", "ROOT").assert_exit(0)
    assert copied.stdout == f"{odd.root}\n"
    killed = odd.run_process("env", "exec", "tests", "--", "sh", "-c", "kill -9 $$")
    assert killed.exit_code == -signal.SIGKILL
    odd.run_process("env", "exec", "tests", "--", "helo").assert_exit(4).assert_said(
        "helo was not found", "hello"
    )
    odd.run_process("env", "exec", "tests", "--", "").assert_exit(4).assert_said("'' was not found")
    odd.run_process("env", "exec", "tests", "--", "./x").assert_exit(4).assert_said("./x is no program")
    odd.file("x", "#!/no/such/interpreter\n").chmod(0o755)
    odd.run_process("env", "exec", "tests", "--", "./x").assert_exit(4).assert_said(
        "whose interpreter is missing"
    )


LOOKS = """
import ctypes, os, sys
adopts = ctypes.c_int()
ctypes.CDLL(None).prctl(37, ctypes.byref(adopts))
print(adopts.value, open(f"/proc/self/task/{os.getpid()}/children").read().split())
"""


def test_what_exec_becomes_starts_as_any_program(odd: Project) -> None:
    """It has no children that it did not start, adopts none, and a closed pipe ends it."""
    if not Path("/proc/self/status").exists():
        pytest.skip("needs Linux's /proc")
    shown = odd.run_process("env", "exec", "tests", "--", "python", "-c", LOOKS)
    assert shown.assert_exit(0).stdout == "0 []\n"
    status = odd.run_process("env", "exec", "tests", "--", "cat", "/proc/self/status").stdout
    (ignored,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigIgn"))
    assert not int(ignored, 16) & (1 << signal.SIGPIPE - 1)


TRY = """
before=$PATH; ODD=before; export ODD
eval "$({runner} env activate tests --shell {shell})"
python -c "$SHOWS"; echo
eval "$({runner} env activate other --shell {shell})"
eval "$({runner} env activate other --shell {shell})"
python -c "$SHOWS"; echo
echo "$LIBS"
deactivate
[ "$PATH" = "$before" ] && [ -z "${VIRTUAL_ENV+x}" ] && echo restored "$ODD$GONE$LIBS"
"""

TRY_IN_FISH = """
set before $PATH; set -gx ODD before
{runner} env activate tests --shell fish | source
python -c "$SHOWS"; echo
{runner} env activate other --shell fish | source
{runner} env activate other --shell fish | source
python -c "$SHOWS"; echo
echo $LIBS
deactivate
test "$PATH" = (string join : $before); and not set -q VIRTUAL_ENV; and echo restored "$ODD$GONE$LIBS"
"""


@pytest.mark.parametrize("shell", ["bash", "sh", "zsh", "fish"])
def test_activate_is_for_eval_and_undoes_the_one_before(odd: Project, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    runner = " ".join(RUNNER)
    script = (TRY_IN_FISH if shell == "fish" else f"set -eu\n{TRY}").replace("{runner}", runner)
    environ = {**odd.environ, "SHOWS": SHOWS, "GONE": "outer", "LIBS": "mine"}
    ran = subprocess.run(
        [program, "-c", script.replace("{shell}", shell)],
        cwd=odd.root,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    first, second, libs, last = ran.stdout.splitlines()
    assert json.loads(first)[:3] == [prefix(odd, "tests"), ODD, None]
    assert json.loads(second)[:3] == [prefix(odd, "other"), "before", "outer"]
    assert json.loads(second)[3] == f"{prefix(odd, 'other')}/bin:{odd.environ['PATH']}:/last"
    assert libs == f"{odd.root}:mine"
    assert last == "restored beforeoutermine"


def test_activate_asks_for_a_shell_that_it_knows(odd: Project) -> None:
    odd.run("env", "activate", "tests", "--shell", "bahs").assert_exit(2).assert_said("did you mean bash?")
    odd.run("env", "activate", "tests", env={"SHELL": "/bin/tcsh"}).assert_exit(2).assert_said(
        "SHELL=/bin/tcsh"
    )
    text = odd.run("env", "activate", "tests", env={"SHELL": "/usr/bin/pwsh"}).assert_exit(0).stdout
    assert "$env:ODD = 'it''s \"odd\"" in text


MARKS = {
    "bash": (".bashrc", "PS1='mine> '; PATH=/usr/bin:/bin:$PATH; MINE=yes"),
    "zsh": (".zshrc", "PS1='mine> '; PATH=/usr/bin:/bin:$PATH; MINE=yes"),
    "fish": (
        ".config/fish/config.fish",
        "function fish_prompt; echo -n 'mine> '; end; set -gx PATH /usr/bin /bin $PATH; set MINE yes",
    ),
    "sh": (".shrc", "PS1='mine> '; PATH=/usr/bin:/bin:$PATH; MINE=yes"),
}


@pytest.mark.parametrize("shell", sorted(MARKS))
def test_shell_is_the_users_own_and_activated(odd: Project, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    home = odd.folder / "home"
    name, text = MARKS[shell]
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    (home / name).write_text(text + "\n")
    odd.environ |= {"SHELL": program, "ENV": str(home / ".shrc"), "SHOWS": SHOWS}
    odd.run("env", "create", "tests").assert_exit(0)
    with Terminal(odd, "env", "shell", "tests") as terminal:
        terminal.wait_for("(tests) mine> ")
        terminal.type(f'python -c "$SHOWS" > {odd.folder}/shown; echo $MINE > {odd.folder}/mine; exit 5\n')
        assert terminal.wait().exit_code == 5
    assert json.loads((odd.folder / "shown").read_text())[:2] == [prefix(odd, "tests"), ODD]
    assert (odd.folder / "mine").read_text() == "yes\n"


def test_shell_needs_a_terminal_and_knows_powershell_only_by_its_line(odd: Project) -> None:
    odd.run("env", "shell", "tests").assert_exit(2).assert_said("needs a terminal", "runner env exec")
    said = odd.run("env", "shell", "tests", env={"SHELL": "/usr/bin/pwsh"}).assert_exit(0)
    assert said.stdout == "runner env activate tests --shell powershell | Out-String | Invoke-Expression\n"


def test_use_points_venv_at_it_and_loses_nothing(odd: Project) -> None:
    odd.file(".gitignore", ".runner/\n")
    odd.git()
    link = odd.root / ".venv"
    odd.run("env", "use", "tests").assert_exit(0).assert_said("add the line `.venv`")
    assert str(link.readlink()) == ".runner/dev/tests"
    assert (link / "bin" / "python").exists()
    odd.file(".gitignore", ".runner/\n.venv\n")
    again = odd.run("env", "use", "other").assert_exit(0).assert_said(".venv points at .runner/dev/other")
    assert "git" not in again.stderr
    odd.run("env", "use", "other").assert_exit(0).assert_said("points already")
    link.unlink()
    odd.file("precious", "mine")
    for stands in (
        link.mkdir,
        lambda: link.write_text("mine"),
        lambda: link.symlink_to("precious"),
    ):
        stands()
        odd.run("env", "use", "tests").assert_exit(4).assert_said(".venv is a", "run this again")
        assert os.path.lexists(link)
        link.rmdir() if link.is_dir() else link.unlink()
    assert (odd.root / "precious").read_text() == "mine"


@pytest.fixture
def slow(project: Project) -> Iterator[Project]:
    """A project whose environment is finished when the file `release` is there; `started` says it began."""
    project.file(
        "slow/pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["."]\n'
    )
    text = SLOW.replace("{started}", str(project.folder / "started"))
    project.file("slow/b.py", text.replace("{release}", str(project.folder / "release")))
    project.config('[sessions.tests]\npackage = "none"\ndeps = ["./slow"]\n')
    yield project
    (project.folder / "release").touch()


def test_two_runners_at_one_wait_for_each_other(slow: Project) -> None:
    with slow.start("env", "create") as first:
        first.wait_for(slow.folder / "started")
        with slow.start("env", "create") as second:
            wait_for(lambda: "waiting for another runner" in second.said(), "the second one's word")
            (slow.folder / "release").touch()
            first.wait().assert_exit(0).assert_said("tests: made (")
            second.wait().assert_exit(0).assert_said("dev/tests: waiting for", "tests: in step")


def test_one_that_was_killed_while_it_was_made_is_made_anew(slow: Project) -> None:
    with slow.start("env", "create") as started:
        started.wait_for(slow.folder / "started")
        started.send(signal.SIGKILL)
        started.wait()
    (slow.folder / "release").touch()
    slow.run("env", "create").assert_exit(0).assert_said("tests: made anew: it was not finished")


def test_one_that_was_killed_while_it_was_made_anew_is_as_before(slow: Project) -> None:
    (slow.folder / "release").touch()
    slow.run("env", "create").assert_exit(0)
    for name in ("release", "started"):
        (slow.folder / name).unlink()
    mine = slow.root / ".runner" / "dev" / "tests" / "mine"
    mine.touch()
    with slow.start("env", "create", "--force") as started:
        started.wait_for(slow.folder / "started")
        started.send(signal.SIGKILL)
        started.wait()
    assert not mine.exists()
    (slow.folder / "release").touch()
    slow.run("env", "list").assert_exit(0).assert_said("not finished")
    slow.run("env", "create").assert_exit(0).assert_said("tests: in step")
    assert mine.exists()
    slow.run("env", "remove", "tests").assert_exit(0)
    assert not list(mine.parents[1].iterdir())


def test_one_that_is_interrupted_says_so(slow: Project) -> None:
    with slow.start("env", "create") as started:
        started.wait_for(slow.folder / "started")
        started.send(signal.SIGINT)
        started.wait().assert_exit(130).assert_said("interrupted (INT)")


def test_a_backend_that_installs_by_itself_is_asked_again_only_on_demand(project: Project) -> None:
    backend = FakeBackend({"greet": "echo hello"})
    project.config('[sessions.tests]\nbackend = "fake"\npackage = "none"\ndeps = ["left"]\n')

    def said(*argv: str) -> str:
        return project.run("env", *argv, plugins=(backend,)).assert_exit(0).stdout

    assert "tests: made (0 packages)" in said("create")
    assert "tests: in step" in said("create")
    assert "in step" in said("list")
    assert f"{prefix(project, 'tests')}/bin" in said("activate", "--shell", "sh")
    assert len(backend.specs) == 1
    assert "made anew: --upgrade" in said("create", "--upgrade")
    project.config('[sessions.tests]\nbackend = "fake"\npackage = "none"\ndeps = ["right"]\n')
    assert "made anew: what is asked for changed" in said("create")
    project.run("env", "export", plugins=(backend,)).assert_exit(4).assert_said("there is no lock to export")


def test_a_project_without_a_config_has_one_environment(project: Project) -> None:
    project.index.add_samples()
    project.run("env", "create").assert_exit(2).assert_said(
        "nothing to make an environment of", "requirements.txt"
    )
    project.file("requirements-dev.txt", "left<2\n")
    made = project.run("env", "create").assert_exit(0)
    made.assert_said("the environment dev is made of requirements-dev.txt", "dev: made (")
    (project.root / "requirements-dev.txt").rename(project.root / "requirements.txt")
    made = project.run("env", "create").assert_exit(0)
    made.assert_said("the environment dev is made of requirements.txt", "dev: in step")
    assert "no config" not in project.run("env", "list").stderr
    project.package("ours", requires=("right",), extras={"test": ("hello",)})
    with (project.root / "pyproject.toml").open("a") as file:
        file.write('[dependency-groups]\ndev = ["left"]\nother = ["nowhere"]\n')
    made = project.run("env", "create").assert_exit(0)
    made.assert_said("the project, its extra test, the dependency group dev, requirements.txt")
    shown = project.run_process(
        "env", "exec", "--", "python", "-c", "import ours, hello, right; print(ours.__file__)"
    )
    assert shown.assert_exit(0).stdout == f"{project.root}/src/ours.py\n"
    assert not (project.root / "runner.toml").exists()
