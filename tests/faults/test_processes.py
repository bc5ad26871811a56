"""Nothing outlives runner: whatever its children do, and however it ends."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.families import LONG, family, processes_about, wait_until
from tests.faults.terminal import Terminal

from runner.testing import Invocation, Project, python_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group is known")

HASTY = "interrupt-grace = 0.3\nterminate-grace = 0.3"
PATIENT = "interrupt-grace = 600\nterminate-grace = 600"
TEARDOWN = python_command("open('teardown', 'w')")


def session(command: str, *more: str) -> str:
    """Return a config of one session that runs `command`, then a teardown that leaves a file."""
    lines = ("[sessions.tests]", 'package = "none"', f"commands = [{command}]", f"teardown = [{TEARDOWN}]")
    return "\n".join((*lines, *more, ""))


def exits(invocation: Invocation, phase: str) -> list[int | None]:
    """Return how the commands of a phase ended."""
    return [step.exit for step in invocation.cell("tests").steps if step.phase == phase]


def is_over(project: Project, invocation: Invocation, reason: str) -> None:
    """Check that nothing is left of a run that a signal stopped, and that it says so."""
    assert processes_about(project) == {}
    invocation.assert_exit(130).assert_cells({"tests": "cancelled"})
    assert invocation.cell("tests").reason == reason
    assert invocation.result is not None
    assert invocation.result.run.outcome == "cancelled"
    assert (project.root / "teardown").exists()


@pytest.mark.parametrize(
    ("name", "kind", "graces"),
    [
        pytest.param("TERM", "deaf", HASTY, id="all that a command started"),
        pytest.param("HUP", "closed", PATIENT, id="what a command that obeys leaves"),
    ],
)
def test_a_signal_ends(project: Project, name: str, kind: str, graces: str) -> None:
    project.config(session(family(project, kind), graces))
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.Signals[f"SIG{name}"])
        is_over(project, started.wait(), f"the run was stopped by {name}")


def test_a_second_ctrl_c_ends_at_once_all_that_a_command_started(project: Project) -> None:
    project.config(session(family(project, "deaf"), PATIENT))
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        wait_until(lambda: "once more kills them" in started.said(), started.said)
        started.send(signal.SIGINT)
        invocation = started.wait()
    assert processes_about(project) == {}
    invocation.assert_exit(130).assert_cells({"tests": "cancelled"}).assert_said("killing what still runs")
    assert not (project.root / "teardown").exists()


def test_a_hanging_teardown_ends_at_the_second_ctrl_c(project: Project) -> None:
    teardown = python_command("import pathlib, time; pathlib.Path('down').touch(); time.sleep(600)")
    project.config(session(family(project), PATIENT).replace(TEARDOWN, teardown))
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        started.wait_for(project.root / "down")
        started.send(signal.SIGINT)
        started.wait().assert_exit(130).assert_cells({"tests": "cancelled"})
    assert processes_about(project) == {}


# What nobody waits for.


def test_an_orphan_that_kept_nothing_but_its_output_is_ended_and_named(project: Project) -> None:
    command = json.dumps(["sh", "-c", "env -i FROM=$RUNNER_ROOT setsid sleep 600 & sleep 0.2"])
    project.config(session(command, 'backend = "none"'))
    ran = project.run_process().assert_exit(0)
    assert processes_about(project) == {}
    ran.assert_said("left a process running, killed: sleep 600")


def test_what_a_build_leaves_running_is_ended_and_named(project: Project) -> None:
    project.package("greeter")
    backend = project.root / "_build" / "backend.py"
    begins = "def _begin(kind: str) -> Metadata:\n"
    leaves = "    import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    backend.write_text(backend.read_text().replace(begins, begins + leaves))
    project.config(f"[sessions.tests]\ncommands = [{python_command('import greeter')}]\n")
    ran = project.run_process().assert_exit(0)
    assert processes_about(project) == {}
    said = "`build_wheel of backend` left a process running, killed: sleep 600"
    assert said in ran.log("tests")
    assert any(said in log.read_text() for log in Path(ran.cell("tests").log or "").parent.glob("package-*"))


# At a terminal.


@pytest.fixture(params=["passthrough", "side by side"])
def at_terminal(request: pytest.FixtureRequest, project: Project) -> Iterator[Terminal]:
    """A family at work, at a terminal: its own, or one that it never sees since it does not run alone."""
    other = "[sessions.other]\npackage = 'none'\ncommands = []\n" if request.param == "side by side" else ""
    project.config(session(family(project, "deaf"), HASTY) + other)
    with Terminal(project, "-j2") as terminal:
        terminal.wait_for_file(project.root / "started")
        yield terminal


def test_ctrl_c_at_a_terminal_ends_all_that_a_command_started(
    project: Project, at_terminal: Terminal
) -> None:
    at_terminal.type("\x03")
    invocation = at_terminal.wait().assert_exit(130)
    assert processes_about(project) == {}
    assert invocation.cell("tests").outcome == "cancelled"
    assert (project.root / "teardown").exists()


def test_two_ctrl_c_at_a_terminal_end_it_at_once(project: Project, at_terminal: Terminal) -> None:
    at_terminal.type("\x03")
    at_terminal.wait_for("once more kills them")
    at_terminal.type("\x03")
    assert at_terminal.wait().assert_exit(130).cell("tests").outcome == "cancelled"
    assert processes_about(project) == {}


def test_when_the_terminal_closes_nothing_stays(project: Project, at_terminal: Terminal) -> None:
    at_terminal.close()
    invocation = at_terminal.wait()
    assert processes_about(project) == {}
    assert invocation.exit_code == 130
    assert invocation.cell("tests").outcome == "cancelled"
    assert invocation.cell("tests").reason == "the run was stopped by HUP"
    assert (project.root / "teardown").exists()


# What children write and read.


# Runs runner, and writes to the file argv[1] the most memory that it ever took, in KiB.
MEASURED = """
import re, sys
from runner.cli.main import main
code = main(sys.argv[2:])
[peak] = re.findall("VmHWM:\\\\s+([0-9]+)", open("/proc/self/status").read())
open(sys.argv[1], "w").write(peak)
sys.exit(code)
"""


def peak(project: Project, size: int) -> int:
    """Return the most memory, in KiB, that runner took while a command wrote `size` bytes and failed."""
    write = (
        f"import sys; [sys.stdout.write('x' * 1023 + chr(10)) for _ in range({size // 1024})]; sys.exit(3)"
    )
    project.config(session(python_command(write)))
    file = project.folder / "peak"
    invocation = project.run_process(program=(sys.executable, "-c", MEASURED, str(file))).assert_exit(1)
    assert Path(invocation.cell("tests").log or "").stat().st_size > size
    return int(file.read_text())


def test_output_does_not_grow_runners_memory(project: Project) -> None:
    size = (1 << 30) if LONG else 20_000_000
    little, much = peak(project, 1024), peak(project, size)
    assert much < little + size // 1024 // 4


def test_bytes_that_are_no_text_reach_the_log_and_nothing_of_them_steers_a_terminal(project: Project) -> None:
    said = rb"\xff\xfe\x00\x1b[2J\x1b]0;a title\x07\x9b31m\r\x08 and \xc3\xa9 \xf0\x9f"
    write = f"import os; os.write(1, b'{said.decode()}'); os.write(2, b'\\x1bc the end'); raise SystemExit(3)"
    project.config(session(python_command(write)) + "[sessions.other]\npackage = 'none'\ncommands = []\n")
    invocation = project.run_process("-j2").assert_exit(1)
    log = Path(invocation.cell("tests").log or "").read_bytes()
    assert said.decode("unicode-escape").encode("latin-1") in log
    assert not {*"\x1b\x00\x07\x08\x9b"} & {*invocation.stdout}
    invocation.assert_said(" and é ", " the end")


def test_a_command_that_closes_its_output_and_one_that_reads_are_not_waited_for(project: Project) -> None:
    code = "import os, sys; assert sys.stdin.read() == ''; os.close(0); os.close(1); os.close(2); os._exit(7)"
    project.config(session(python_command(code)))
    invocation = project.run_process().assert_exit(1)
    assert exits(invocation, "command") == [7]


# Takes its time to say how far it got, as test runners do.
TEST_RUNNER = """
import pathlib, time
print("test_one PASSED")
pathlib.Path("started").touch()
try:
    time.sleep(600)
except KeyboardInterrupt:
    time.sleep(0.5)
    print("test_two INTERRUPTED, 1 passed")
    raise SystemExit(2)
"""


def test_a_test_runner_gets_to_print_its_summary(project: Project) -> None:
    project.config(session(python_command(TEST_RUNNER)))
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGTERM)
        invocation = started.wait()
    is_over(project, invocation, "the run was stopped by TERM")
    assert "\ntest_two INTERRUPTED, 1 passed\n" in invocation.log("tests")
    assert exits(invocation, "command") == [2]


def test_pytest_gets_to_print_its_summary_and_its_tests_do_not_look_green(project: Project) -> None:
    project.index.add_installed("pytest")
    project.file(
        "test_it.py",
        """
        import pathlib, time
        def test_one(): pass
        def test_two():
            pathlib.Path("started").touch()
            time.sleep(600)
        """,
    )
    project.config(session('"pytest"', 'deps = ["pytest"]'))
    with project.start() as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        invocation = started.wait()
    is_over(project, invocation, "the run was stopped by INT")
    assert "1 passed in" in invocation.log("tests")
    assert exits(invocation, "command") == [2]
    invocation.assert_said("tests that had not ended when pytest was interrupted count as passed: 1")


# Its tests all passed, so far.
HALF_WAY = """
import os, pathlib, time
results = '<testsuite><testcase classname="a" name="test_one"/></testsuite>'
pathlib.Path(os.environ["RUNNER_JUNIT_DIR"], "results.xml").write_text(results)
pathlib.Path("started").touch()
time.sleep(600)
"""


def test_a_cancelled_cell_is_not_green_in_what_ci_reads(project: Project) -> None:
    project.config(session(python_command(HALF_WAY)))
    report = project.folder / "junit.xml"
    with project.start("--report", f"junit={report}") as started:
        started.wait_for(project.root / "started")
        started.send(signal.SIGINT)
        started.wait().assert_exit(130)
    assert 'name="test_one"' in report.read_text()
    assert 'message="cancelled: the run was stopped by INT"' in report.read_text()


ASKS = """
import runner


class Asking(runner.SessionType[runner.NoKeys]):
    name = "asking"
    keys = runner.NoKeys

    def steps(self, cell, keys):
        return runner.Steps(commands=(runner.Call.of(ask),))


def ask(context):
    print("heard", input("your name? ").upper())


@runner.hookimpl
def runner_session_type(name):
    return Asking() if name == "asking" else None
"""


def test_a_call_with_the_terminal_reads_what_is_typed(project: Project) -> None:
    project.file("asks.py", ASKS)
    project.config('plugins = ["./asks.py"]\n[sessions.one]\ntype = "asking"\npackage = "none"\n')
    with Terminal(project) as terminal:
        terminal.wait_for("your name?")
        terminal.type("ann\n")
        run = terminal.wait().assert_exit(0)
    assert "heard ANN" in run.stdout
