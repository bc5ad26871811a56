"""Readers that go away or stop reading, terminals that close or stop: the run goes on and its verdict stands.

`RUNNER_LONG_FAULTS=1` makes more rounds of those that choose a moment.
"""

import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from tests.faults.loud import (
    LATE,
    LINES,
    MANY,
    PRINTS,
    SLEEPS,
    add,
    exit_code_of,
    has_ended,
    latest_run,
    write_loud,
)
from tests.faults.readers import RUNNER, Piped, wait_for

from runner.testing import Project, python_command

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
MOMENTS = 200 if LONG else 3
NOISE_KIB = 200_000 if LONG else 20_000
ENOUGH_KIB = 60_000
"""What a run may take more while nobody reads: far less than the noise, far more than it needs."""

GONE = "warning: nobody reads the output any more: the run goes on\n"

BOTH = pytest.mark.parametrize("verdict", [0, 1], indirect=True, ids=["green", "red"])


@pytest.fixture
def verdict(request: pytest.FixtureRequest, project: Project) -> int:
    """Write a project whose one cell prints more than a pipe holds; return what the run is worth: 1, or 0."""
    return write_loud(project, int(getattr(request, "param", 1)))


# readers that go away


def test_a_reader_may_go_away_at_any_moment(project: Project) -> None:
    project.config(
        '[defaults]\npackage = "none"\n'
        f"[sessions.loud]\ncommands = [{python_command(PRINTS)}]\n"
        f"[sessions.red]\ncommands = [{python_command('raise SystemExit(7)')}]\n"
    )
    moments = random.Random(2)  # noqa: S311 - no secret
    for argv in (("-v", "-j1"), ("--events", "-")):
        for _ in range(MOMENTS):
            size = moments.choice((0, 1, 10, 100, 1000, 100_000))
            with Piped(project, *argv) as piped:
                read = piped.read(size)
                piped.stop_reading()
                assert piped.wait() == 1
                told = piped.stderr.replace(GONE, "", 1)
            assert len(read) <= size
            assert exit_code_of(latest_run(project)) == 1
            assert "Traceback" not in told
            assert ("warning" in told, argv[0]) == (False, argv[0])


@pytest.mark.parametrize("verb", ["list", "config", "plan", "plugins", "schema", "--help"])
def test_who_has_read_enough_of_a_verb_hears_nothing_more(project: Project, verb: str) -> None:
    labels = ", ".join(f'"{n}"' for n in range(400))
    project.config(
        f'[sessions.many]\npackage = "none"\ncommands = ["true"]\nmatrix.n = [{labels}]\n'
        f'description = "{"x" * 300}"\n'
    )
    for size in (0, 1, 1000) if LONG else (0, 1000):
        with Piped(project, verb) as piped:
            piped.read(size)
            piped.stop_reading()
            assert (piped.wait(), piped.stderr) == (0, "")


@BOTH
def test_stdout_and_stderr_may_be_the_same_broken_pipe(project: Project, verdict: int) -> None:
    with Piped(project, "-v", both=True) as piped:
        piped.read(50)
        piped.stop_reading()
        assert piped.wait() == verdict
    assert exit_code_of(latest_run(project)) == verdict


def test_a_broken_stderr_changes_nothing(project: Project, verdict: int) -> None:
    project.file("bad.py", "import runner\n@runner.hookimpl\ndef runner_finish(result): 1 / 0\n")
    add(project, "", plugins='plugins = ["./bad.py"]\n')
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*RUNNER, "-v"],
        cwd=project.root,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=writing,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert done.returncode == verdict
    assert b"1 cell: " in done.stdout


@BOTH
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("argv", [(), ("--events", "-")])
def test_a_full_disk_behind_stdout_is_a_warning(
    project: Project, verdict: int, argv: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*RUNNER, *argv],
            cwd=project.root,
            env=project.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == verdict
    said = b"warning: the output cannot be written (No space left on device): the run goes on\n"
    assert done.stderr == said if not argv else said in done.stderr


# readers that do not read


@BOTH
def test_a_paused_pager_holds_up_nothing_and_sees_all_in_order_later(project: Project, verdict: int) -> None:
    add(project, LATE)
    with Piped(project, "-v", "-j1") as piped:
        wait_for(lambda: has_ended(project), "the run's end while nobody reads")
        assert exit_code_of(latest_run(project)) == verdict
        time.sleep(6.0 if verdict else 0.1)  # longer than plugins have
        assert piped.process.poll() is None
        shown = piped.read_all()
        assert piped.wait() == verdict
        assert piped.stderr == ""
    numbers = [int(match) for match in re.findall(r"^(\d+) x{20}$", shown, re.MULTILINE)]
    assert numbers == list(range(LINES))
    assert "timed out after 1s" in shown or "timeout of 1s" in shown
    assert shown.rindex("2 cells: ") > shown.rindex("x" * 20)


def test_a_paused_reader_of_events_gets_all_of_them(project: Project, verdict: int) -> None:
    add(project, MANY)
    with Piped(project, "--events", "-") as piped:
        wait_for(lambda: has_ended(project), "the run's end while nobody reads")
        told = piped.read_all()
        assert piped.wait() == verdict
    assert len(told) > 1 << 16
    assert told == (latest_run(project) / "events.jsonl").read_text()


def test_a_paused_reader_of_both_streams_holds_up_nothing(project: Project, verdict: int) -> None:
    project.file("bad.py", "import runner\n@runner.hookimpl\ndef runner_finish(result): 1 / 0\n")
    add(project, "", plugins='plugins = ["./bad.py"]\n')
    with Piped(project, "-v", "-j1", both=True) as piped:
        wait_for(lambda: list(project.root.glob(".runner/runs/*/plugins.log")), "the last words")
        shown = piped.read_all()
        assert piped.wait() == verdict
    assert "plugin bad: " in shown
    assert "1 cell: " in shown


@pytest.mark.parametrize(("number", "both"), [(signal.SIGINT, False), (signal.SIGTERM, True)])
def test_a_signal_stops_a_run_that_nobody_reads(
    project: Project, number: signal.Signals, *, both: bool
) -> None:
    project.config(
        '[sessions.loud]\npackage = "none"\n'
        f"commands = [{python_command(PRINTS)}, {python_command(SLEEPS)}]\n"
    )
    with Piped(project, both=both) as piped:
        wait_for((project.root / "started").exists, "the command")
        piped.process.send_signal(number)
        assert piped.wait() == 130
        if not both:
            assert piped.stderr == (
                "warning: plugin terminal: its reporter was not done 5 s after the run's end: left behind\n"
            )
    assert exit_code_of(latest_run(project)) == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_a_reader_and_not_the_verdict(
    project: Project, verdict: int, number: signal.Signals
) -> None:
    with Piped(project, "-v", "-j1") as piped:
        wait_for(lambda: has_ended(project), "the run's end while nobody reads")
        time.sleep(0.2)
        piped.process.send_signal(number)
        assert piped.wait() == verdict
        assert piped.stderr == (
            "warning: plugin terminal: its reporter was not done when a signal ended the wait: left behind\n"
        )


def test_no_memory_is_taken_by_what_nobody_reads(project: Project) -> None:
    code = f"import os; line = b'x' * 1023 + b'\\n'; [os.write(1, line) for _ in range({NOISE_KIB})]"
    project.config(
        '[defaults]\npackage = "none"\n'
        f"[sessions.quiet]\ncommands = [{python_command(SLEEPS)}]\n"
        f"[sessions.loud]\ncommands = [{python_command(code)}]\n"
    )

    def taken() -> int:
        status = Path(f"/proc/{piped.process.pid}/status").read_text()
        return int(re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[0])

    with Piped(project, "-v", "-j2") as piped:
        wait_for((project.root / "started").exists, "the first cell")
        before = taken()
        wait_for(lambda: '"cell-finished"' in (latest_run(project) / "events.jsonl").read_text(), "the noise")
        assert taken() - before < ENOUGH_KIB


@pytest.mark.parametrize("argv", [("-v", "-j1"), ("list", "--format", "json")])
def test_a_pipe_that_somebody_made_non_blocking_is_written_to_whole(
    project: Project, argv: tuple[str, ...]
) -> None:
    labels = ", ".join(f'"{n}"' for n in range(400))
    project.config(
        f'[sessions.loud]\npackage = "none"\ncommands = [{python_command(PRINTS)}]\n'
        f'[sessions.many]\npackage = "none"\ndefault = false\ncommands = ["true"]\nmatrix.n = [{labels}]\n'
    )
    with Piped(project, *argv, blocking=False, both=True) as piped:
        time.sleep(1)
        shown = piped.read_all(chunk=4096, pause=0.0001)
        assert piped.wait() == 0
    if argv[0] == "list":
        assert len(json.loads(shown)["cells"]) == 401
    else:
        assert [int(n) for n in re.findall(r"^(\d+) x{20}$", shown, re.MULTILINE)] == list(range(LINES))


def test_a_slow_reader_sees_everything(project: Project, verdict: int) -> None:
    with Piped(project, "-v", "-j1") as piped:
        shown = piped.read_all(chunk=2048, pause=0.002)
        assert piped.wait() == verdict
    numbers = [int(match) for match in re.findall(r"^(\d+) x{20}$", shown, re.MULTILINE)]
    assert numbers == list(range(LINES))


# the files of a run


def test_a_named_pipe_is_written_to_when_its_reader_comes(project: Project, verdict: int) -> None:
    pipe = project.folder / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []

    def late() -> None:
        time.sleep(0.5)
        read.append(pipe.read_text())

    reader = threading.Thread(target=late)
    reader.start()
    project.run_process("--events", str(pipe)).assert_exit(verdict)
    reader.join()
    assert read == [(latest_run(project) / "events.jsonl").read_text()]


def test_a_named_pipe_whose_reader_goes_or_pauses_holds_up_nothing(project: Project, verdict: int) -> None:
    add(project, MANY)
    pipe = project.folder / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with project.start("--events", str(pipe)) as started:
        wait_for(lambda: has_ended(project), "the run's end while nobody reads")
        assert exit_code_of(latest_run(project)) == verdict
        os.close(reading)
        outcome = started.wait().assert_exit(verdict)
    assert outcome.stderr == f"warning: {pipe}: nobody reads the events there any more\n"


@pytest.mark.parametrize("kind", ["json", "junit"])
def test_a_report_is_written_though_its_folder_was_cleaned_away(project: Project, kind: str) -> None:
    code = "import shutil; shutil.rmtree('out')"
    project.config(f'[sessions.clean]\npackage = "none"\ncommands = [{python_command(code)}]\n')
    (project.root / "out").mkdir()
    project.run_process("--report", f"{kind}=out/report").assert_exit(0)
    assert (project.root / "out" / "report").stat().st_size > 0


@BOTH
def test_what_cannot_be_written_is_said_and_changes_no_verdict(project: Project, verdict: int) -> None:
    (project.root / "out").mkdir()
    code = "import os; os.unlink('out/events'); os.rmdir('out'); open('out', 'w').close()"
    add(project, f"[sessions.clean]\ncommands = [{python_command(code)}]\n")
    outcome = project.run_process(
        "--events", "out/events", "--report", "json=out/result", "--report", "junit=/dev/full"
    )
    assert outcome.exit_code == verdict
    out = project.root / "out"
    assert sorted(outcome.stderr.splitlines()) == sorted(
        [
            f"warning: {out / 'events'} was removed while the run wrote its events there",
            f"warning: {out / 'result'} could not be written: Not a directory",
            "warning: /dev/full could not be written: No space left on device",
        ]
    )
    assert exit_code_of(latest_run(project)) == verdict
