"""Results: reports, the run's own folder, and plugins that read, show and judge."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from runner.testing import Project

FINE = """
[sessions.tests]
package = "none"
commands = ["python --version"]
"""


def run_folder(project: Project) -> Path:
    (folder,) = (project.root / ".runner" / "runs").iterdir()
    return folder


def test_each_run_keeps_its_events_and_its_result(project: Project) -> None:
    project.config(FINE)
    invocation = project.run().assert_exit(0)
    folder = run_folder(project)
    assert len((folder / "events.jsonl").read_text().splitlines()) == len(invocation.events)
    assert invocation.result is not None
    assert (
        json.loads((folder / "result.json").read_text())["run"]["id"]
        == invocation.result.run.id
        == folder.name
    )


def test_the_work_dir_ignores_itself(project: Project) -> None:
    project.config(FINE)
    project.run().assert_exit(0)
    assert (project.root / ".runner" / ".gitignore").read_text().split() == ["*"]
    assert (
        (project.root / ".runner" / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_the_junit_report_holds_cells_and_their_tests(with_pytest: Project) -> None:
    with_pytest.file("test_it.py", "def test_good(): pass\ndef test_bad(): assert False\n")
    with_pytest.config(
        '[sessions.tests]\npackage = "none"\ndeps = ["pytest"]\ncommands = ["pytest test_it.py"]\n'
    )
    with_pytest.run("--report", "junit=junit.xml").assert_exit(1)
    root = ET.parse(with_pytest.root / "junit.xml").getroot()  # noqa: S314 - our own file
    cases = {case.get("name"): case.find("failure") is not None for case in root.iter("testcase")}
    assert cases["test_bad"] is True
    assert cases["test_good"] is False


def test_the_json_report_is_written_also_when_a_cell_cannot_be_made(project: Project) -> None:
    project.config(FINE + 'deps = ["not-there-at-all"]\n')
    project.run("--report", "json=out.json").assert_exit(4)
    data = json.loads((project.root / "out.json").read_text())
    assert data["run"]["outcome"] == "error"
    assert data["cells"][0]["outcome"] == "error"
    assert data["cells"][0]["reason"]


def test_an_unknown_kind_of_report_names_the_nearest(project: Project) -> None:
    project.config(FINE)
    project.run("--report", "jnuit=x.xml").assert_exit(2).assert_said("jnuit", "junit")


# -- plugins


def test_a_plugin_file_adds_a_reporter_and_a_summary_line(project: Project) -> None:
    project.file(
        "ci/our_plugin.py",
        """
        import runner

        class Lines:
            def __init__(self, path):
                self.file = open(path, "w")

            def handle(self, event):
                print(type(event.body).__name__, file=self.file)

            def close(self):
                self.file.close()

        @runner.hookimpl
        def runner_reporter(options):
            return Lines(options.run_folder + "/told.txt")

        @runner.hookimpl
        def runner_finish(result):
            return runner.Finish(lines=(f"our plugin saw {len(result.cells)} cell",))
        """,
    )
    project.config('plugins = ["./ci/our_plugin.py"]\n' + FINE)
    project.run().assert_exit(0).assert_said("our plugin saw 1 cell")
    told = (run_folder(project) / "told.txt").read_text().split()
    assert told[0] == "RunStarted"
    assert told[-1] == "RunFinished"
    assert told.count("CellFinished") == 1


def test_a_verdict_of_a_plugin_can_make_a_run_worse_but_not_better(project: Project) -> None:
    project.file(
        "judge.py",
        """
        import os
        import runner

        @runner.hookimpl
        def runner_finish(result):
            return runner.Finish(lines=("judged",), exit_code=int(os.environ.get("VERDICT", "1")))
        """,
    )
    project.config('plugins = ["./judge.py"]\n' + FINE)
    project.run().assert_exit(1).assert_cells({"tests": "passed"}).assert_said(
        "judged", "exit code 1: the plugin judge asked for it"
    )
    project.config('plugins = ["./judge.py"]\n' + FINE.replace("--version", "-c 'raise SystemExit(1)'"))
    project.run_process(env={"VERDICT": "0"}).assert_exit(1)


def test_a_plugin_that_raises_is_named_and_changes_no_result(project: Project) -> None:
    project.file(
        "broken_plugin.py",
        """
        import runner

        class Broken:
            def collect(self, cell, result, folder):
                raise ZeroDivisionError("collected nothing")

            def handle(self, event):
                raise ZeroDivisionError("showed nothing")

            def close(self):
                raise ZeroDivisionError("closed nothing")

        @runner.hookimpl
        def runner_reporter(options, stream):
            return Broken()

        @runner.hookimpl
        def runner_collector(options):
            return Broken()

        @runner.hookimpl
        def runner_finish(result):
            raise ZeroDivisionError("the last word")
        """,
    )
    project.config('plugins = ["./broken_plugin.py"]\n' + FINE)
    invocation = project.run().assert_exit(0).assert_cells({"tests": "passed"})
    invocation.assert_said("broken_plugin", "collected nothing", "showed nothing", "the last word")


def test_a_plugin_that_ends_the_program_does_not_end_it_green(project: Project) -> None:
    project.file(
        "leaver.py",
        """
        import sys
        import runner

        @runner.hookimpl
        def runner_finish(result):
            sys.exit(0)
        """,
    )
    project.config('plugins = ["./leaver.py"]\n' + FINE.replace("--version", "-c 'raise SystemExit(1)'"))
    project.run_process().assert_exit(1).assert_said("plugin leaver", "raised SystemExit: 0")


BACKEND = """
import threading
import runner

assert threading.current_thread() is threading.main_thread()
told = []

@runner.hookimpl
def runner_backend(name):
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("asked in a worker")
    return {answer}
"""


def test_backends_are_asked_for_on_the_main_thread_before_anything_runs(project: Project) -> None:
    project.config('plugins = ["./made.py"]\n' + FINE)
    project.file("made.py", BACKEND.format(answer="None"))
    project.run().assert_exit(0)
    project.file("made.py", BACKEND.format(answer="1 / 0"))
    broken = project.run().assert_exit(2).assert_said("plugin made", "raised ZeroDivisionError")
    assert broken.result is None


@pytest.mark.parametrize(
    ("off", "says"),
    [
        ("environments", "no plugin provides the backend 'virtualenv'"),
        ("python", "no plugin provides the session type 'python'"),
    ],
)
def test_a_run_without_a_part_that_it_needs_does_not_start(project: Project, off: str, says: str) -> None:
    project.config(FINE)
    refused = project.run("--no-plugin", off).assert_exit(2)
    refused.assert_said(says, f"--no-plugin switched off: {off}")


def test_a_file_that_nobody_would_write_is_refused(project: Project) -> None:
    project.config(FINE)
    refused = project.run("--no-plugin", "files", "--report", "json=x.json").assert_exit(2)
    refused.assert_said("--no-plugin files switched off what would write it")


@pytest.mark.parametrize(
    "argv",
    [
        ["--report", "json=a.out", "--report", "junit=a.out"],
        ["--report", "json=a.out", "--events", "a.out"],
    ],
)
def test_two_files_that_would_be_one_are_refused(project: Project, argv: list[str]) -> None:
    project.config(FINE)
    project.run(*argv).assert_exit(2).assert_said("a.out is asked for twice")
    assert not (project.root / "a.out").exists()
    project.run(*[word.replace("a.out", "/dev/null") for word in argv]).assert_exit(0)


def test_a_plugin_gives_a_session_type(project: Project) -> None:
    project.file(
        "shouting.py",
        """
        import msgspec
        import runner

        class Twice(runner.SessionType[runner.NoKeys]):
            name = "twice"
            keys = runner.NoKeys

            def steps(self, cell, keys):
                return msgspec.structs.replace(cell.steps, commands=cell.steps.commands * 2)

        @runner.hookimpl
        def runner_session_type(name):
            return Twice() if name == "twice" else None
        """,
    )
    project.config('plugins = ["./shouting.py"]\n' + FINE + 'type = "twice"\n')
    cell = project.run().assert_exit(0).cell("tests")
    assert cell.phases().count("command") == 2


def test_a_plugin_gives_test_results(project: Project) -> None:
    project.file(
        "tap.py",
        """
        import runner

        class Tap:
            def collect(self, cell, result, folder):
                return runner.Collected(tests=(runner.TestResult(id="one", outcome="passed", duration=0.0),))

        @runner.hookimpl
        def runner_collector():
            return Tap()
        """,
    )
    project.config('plugins = ["./tap.py"]\n' + FINE)
    assert [test.id for test in project.run().assert_exit(0).cell("tests").tests] == ["one"]


def test_a_misspelt_hook_is_an_error_with_the_nearest_name(project: Project) -> None:
    project.file("typo.py", "import runner\n@runner.hookimpl\ndef runner_finnish(result): pass\n")
    project.config('plugins = ["./typo.py"]\n' + FINE)
    project.run().assert_exit(2).assert_said("runner_finnish", "runner_finish")


def test_a_plugin_can_be_switched_off(project: Project) -> None:
    project.file("typo.py", "raise RuntimeError('never imported')\n")
    project.config('plugins = ["./typo.py"]\n' + FINE)
    project.run("--no-plugin", "typo").assert_exit(0)
