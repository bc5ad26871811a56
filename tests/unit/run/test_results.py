"""What a cell leaves: test results, artifacts, attachments."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runner.env.deleting import delete
from runner.model.results import Collected, Exited, TestResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.run.conftest import Stage

    from runner.model.plan import ReadyCell
    from runner.model.ports import Spawn
    from runner.model.results import Attempt, CellResult, Exit


class Recorder:
    """A collector that returns what it is told to, and remembers what it was given."""

    def __init__(self, found: Collected | None = None) -> None:
        self.found = found or Collected()
        self.given: list[tuple[ReadyCell, Attempt, Path]] = []
        self.files: list[list[str]] = []

    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        self.given.append((cell, result, folder))
        self.files.append(sorted(path.name for path in folder.glob("*.xml")))
        return self.found


def asked(stage: Stage, *argv: str, **settings: Any) -> str | None:
    """Run one command and return the PYTEST_ADDOPTS that it got."""
    stage.run(stage.cell("tests", stage.command(*argv), **settings))
    return stage.processes.spawns[-1].env.get("PYTEST_ADDOPTS")


def junit_folder(stage: Stage, attempt: int = 1) -> Path:
    return stage.work / "runs" / "run1" / "junit" / "tests" / str(attempt)


def test_pytest_is_asked_for_a_file_of_each_step_and_attempt(stage: Stage) -> None:
    stage.answer(lambda _spawn: Exited(1))
    commands = (stage.command("pytest"), stage.command("python"))
    stage.run(stage.cell("tests", *commands, keep_going=True, retries=1))
    options = [shlex.split(spawn.env["PYTEST_ADDOPTS"]) for spawn in stage.processes.spawns]
    files = [junit_folder(stage, attempt) / f"{step}.xml" for attempt in (1, 2) for step in (1, 2)]
    assert options == [["-o", "junit_family=xunit1", f"--junitxml={file}"] for file in files]
    folders = [spawn.env["RUNNER_JUNIT_DIR"] for spawn in stage.processes.spawns]
    assert folders == [str(file.parent) for file in files]
    assert all(file.parent.is_dir() for file in files)


def test_options_that_are_there_already_stay_first(stage: Stage) -> None:
    options = asked(stage, "pytest", variables={"PYTEST_ADDOPTS": "-x -m 'not slow'"})
    assert options is not None
    assert options.startswith("-x -m 'not slow' -o junit_family=xunit1 --junitxml=")


@pytest.mark.parametrize("junit", [False, "reports/*.xml"])
def test_pytest_is_not_asked_when_the_setting_says_otherwise(stage: Stage, junit: object) -> None:
    assert asked(stage, "pytest", junit=junit) is None
    assert stage.processes.spawns[0].env["RUNNER_JUNIT_DIR"] == str(junit_folder(stage))


@pytest.mark.parametrize(
    "argv",
    [
        ("pytest", "--junitxml=x.xml"),
        ("pytest", "--junit-xml", "x.xml"),
        ("pytest", "-p", "no:junitxml"),
        ("pytest", "-o", "junit_family=legacy"),
    ],
)
def test_pytest_is_not_asked_when_the_command_mentions_junit(stage: Stage, argv: tuple[str, ...]) -> None:
    assert asked(stage, *argv) is None


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = --junitxml=x.xml\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["--junit-xml=x.xml"]\n'),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["-p", "no:junitxml"]\n'),
        ("tox.ini", "[pytest]\naddopts =\n    -ra\n    --junitxml x.xml\n"),
        ("setup.cfg", "[metadata]\nname = x\n[tool:pytest]\naddopts = --junitxml=x.xml\n"),
    ],
)
def test_pytest_is_not_asked_when_its_settings_ask_already(stage: Stage, file: str, text: str) -> None:
    (stage.root / file).write_text(text)
    assert asked(stage, "pytest") is None


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tox.ini", "[testenv]\ncommands = pytest --junitxml=x.xml\n[pytest]\naddopts = -ra\n"),
        ("pytest.ini", "[pytest]\njunit_family = xunit2\n"),
        ("pyproject.toml", '[tool.other]\nx = "--junitxml=x.xml"\n'),
    ],
)
def test_pytest_is_asked_when_its_settings_name_no_file(stage: Stage, file: str, text: str) -> None:
    (stage.root / file).write_text(text)
    assert asked(stage, "pytest") is not None


def test_comments_in_pytests_settings_name_no_file(stage: Stage) -> None:
    (stage.root / "pytest.ini").write_text("[pytest]\n# addopts = --junitxml=x.xml\n")
    assert asked(stage, "pytest") is not None


def test_the_settings_nearest_to_the_folder_of_the_command_count(stage: Stage) -> None:
    (stage.root / "pytest.ini").write_text("[pytest]\naddopts = -p no:junitxml\n")
    write(stage.root / "server" / "pytest.ini", "[pytest]\naddopts = --junitxml=new.xml\n")
    write(stage.root / "client" / "deep" / "setup.cfg", "[metadata]\n")
    stage.answer(writes(stage, "server/new.xml"))
    folders = [str(stage.root / name) for name in ("server", "client/deep")]
    stage.run(stage.cell("tests", *(stage.command("pytest", cwd=folder) for folder in folders)))
    assert ["PYTEST_ADDOPTS" in spawn.env for spawn in stage.processes.spawns] == [False, False]
    assert [file.name for file in junit_folder(stage).glob("*.xml")] == ["1.xml"]


@pytest.mark.parametrize(
    "argv",
    [
        ("pytest", "tests/test_junitxml.py"),
        ("pytest", "tests/junit"),
        ("pytest", "--ignore=tests/junit"),
        ("pytest", "--junit-prefix=x"),
    ],
)
def test_a_path_that_holds_the_word_junit_asks_for_nothing(stage: Stage, argv: tuple[str, ...]) -> None:
    assert asked(stage, *argv) is not None


@pytest.mark.parametrize("option", ["--junitxml='my reports/a.xml'", "-q --junit-xml 'my reports/a.xml'"])
def test_a_file_with_blanks_that_the_variable_names_is_taken(stage: Stage, option: str) -> None:
    (stage.root / "my reports").mkdir()
    stage.answer(writes(stage, "my reports/a.xml"))
    assert asked(stage, "pytest", variables={"PYTEST_ADDOPTS": option}) == option
    assert (junit_folder(stage) / "1.xml").read_text() == "<new/>"


def writes(stage: Stage, name: str) -> Callable[[Spawn], Exit]:
    def write(_spawn: Spawn) -> Exit:
        (stage.root / name).write_text("<new/>")
        return Exited(0)

    return write


def test_a_file_that_the_command_names_is_taken_if_this_step_wrote_it(stage: Stage) -> None:
    collector = Recorder()
    stage.collectors = (collector,)
    stage.answer(writes(stage, "new.xml"))
    (stage.root / "old.xml").write_text("<old/>")
    commands = (
        stage.command("pytest", "--junitxml=old.xml"),
        stage.command("pytest", "--junitxml", "new.xml"),
    )
    stage.run(stage.cell("tests", *commands))
    assert collector.files == [["2.xml"]]
    assert (junit_folder(stage) / "2.xml").read_text() == "<new/>"


def test_a_file_that_the_projects_settings_name_is_taken(stage: Stage) -> None:
    (stage.root / "pytest.ini").write_text("[pytest]\naddopts = -ra --junitxml='new.xml'\n")
    stage.answer(writes(stage, "new.xml"))
    stage.run(stage.cell("tests", stage.command("pytest")))
    assert (junit_folder(stage) / "1.xml").read_text() == "<new/>"


def test_tests_go_into_the_attempt_with_files_relative_to_the_root(stage: Stage, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    absolute = TestResult(id="t", outcome="passed", duration=1, file=str(copy / "tests" / "test_x.py"))
    elsewhere = TestResult(id="u", outcome="passed", duration=1, file="/other/test_y.py")
    stage.collectors = (Recorder(Collected(tests=(absolute,))), Recorder(Collected(tests=(elsewhere,))))
    cell = stage.cell("tests", stage.command(cwd=str(copy)), source="copy", root=copy)
    result = stage.run(cell)["tests"]
    files = [test.file for test in result.attempts[0].tests]
    assert files == ["tests/test_x.py", "/other/test_y.py"]
    assert result.attempts[0].steps[-1].phase == "collect"


def test_collectors_see_the_attempt_as_it_ended(stage: Stage) -> None:
    collector = Recorder()
    stage.collectors = (collector,)
    stage.answer(lambda _spawn: Exited(1))
    stage.run(stage.cell("tests", stage.command("pytest")))
    cell, attempt, folder = collector.given[0]
    assert (cell.id, attempt.outcome, folder) == ("tests", "failed", junit_folder(stage))
    assert [step.phase for step in attempt.steps] == ["python", "create", "command"]


def test_collectors_are_not_asked_when_nothing_ran(stage: Stage) -> None:
    collector = Recorder()
    stage.collectors = (collector,)
    stage.run(stage.cell("tests", stage.command("nothing-there")))
    assert collector.given == []


class Broken:
    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        raise KeyError("spam")


class Careless:
    def collect(self, cell: ReadyCell, result: Attempt, folder: Path) -> Collected:
        test = TestResult(id="t", outcome="exploded", duration=0)  # type: ignore[arg-type]  # that is the point
        return Collected(tests=(test,))


@pytest.mark.parametrize(
    ("collector", "says"),
    [
        (Broken(), "plugin broken: its collector failed: "),
        (Careless(), "plugin careless: its collector returned no Collected: Invalid enum value 'exploded'"),
    ],
)
def test_a_collector_that_breaks_is_a_warning_and_changes_nothing(
    stage: Stage, collector: Broken | Careless, says: str
) -> None:
    good = Recorder(Collected(tests=(TestResult(id="t", outcome="passed", duration=0),), warnings=("hm",)))
    stage.collectors = (collector, good)
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert result.outcome == "passed"
    assert [test.id for test in result.attempts[0].tests] == ["t"]
    assert result.warnings[0].startswith(says)
    assert result.warnings[1:] == ("hm",)
    assert ("Traceback" in stage.log()) == isinstance(collector, Broken)


def kept(stage: Stage, *globs: str) -> CellResult:
    return stage.run(stage.cell("tests", stage.command(), artifacts=globs))["tests"]


def write(path: Path, text: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_artifacts_keep_their_place_below_the_root(stage: Stage) -> None:
    for name in ("dist/a.whl", "dist/deep/b.whl", "htmlcov/index.html", "htmlcov/css/x.css", "c.whl"):
        write(stage.root / name, name)
    result = kept(stage, "dist/*.whl", "htmlcov", "./**/*.css")
    assert result.artifacts == (
        "artifacts/tests/dist/a.whl",
        "artifacts/tests/htmlcov/css/x.css",
        "artifacts/tests/htmlcov/index.html",
    )
    folder = stage.work / "runs" / "run1"
    assert (folder / "artifacts/tests/htmlcov/css/x.css").read_text() == "htmlcov/css/x.css"


def test_two_stars_match_at_any_depth_but_not_in_runners_own_folder(stage: Stage) -> None:
    for name in ("a.xml", "x/b.xml", "x/y/c.xml", ".runner/envs/other/d.xml"):
        write(stage.root / name)
    names = [Path(name).name for name in kept(stage, "**/*.xml").artifacts]
    assert names == ["a.xml", "b.xml", "c.xml"]


@pytest.mark.parametrize("glob", ["../*", "/etc/hostname", "x/../../y"])
def test_globs_that_lead_out_are_a_warning(stage: Stage, glob: str) -> None:
    write(stage.root.parent / "secret")
    result = kept(stage, glob)
    assert result.artifacts == ()
    assert result.warnings == (f"artifacts: {glob} leads out of the project, so nothing is kept for it",)


def test_links_that_lead_out_are_not_followed(stage: Stage) -> None:
    write(stage.root.parent / "outside" / "secret")
    write(stage.root / "real")
    (stage.root / "file").symlink_to(stage.root.parent / "outside" / "secret")
    (stage.root / "folder").symlink_to(stage.root.parent / "outside")
    (stage.root / "inner").symlink_to(stage.root / "real")
    result = kept(stage, "file", "folder/*", "inner", "folder")
    assert result.artifacts == ("artifacts/tests/inner",)
    assert ["link that leads out" in line for line in result.warnings] == [True]


def test_links_in_a_circle_and_pipes_are_no_files(stage: Stage) -> None:
    write(stage.root / "a.txt")
    (stage.root / "circle").symlink_to("circle")
    os.mkfifo(stage.root / "pipe")
    result = kept(stage, "*")
    assert (result.outcome, result.artifacts) == ("passed", ("artifacts/tests/a.txt",))


def test_two_stars_twice_are_as_good_as_once(stage: Stage) -> None:
    write(stage.root / "a" / "b.txt")
    assert kept(stage, "**/**/a/**/**/b.txt").artifacts == ("artifacts/tests/a/b.txt",)


def test_many_stars_in_a_deep_tree_look_into_each_folder_once(stage: Stage) -> None:
    write(stage.root / "/".join("d" * 60) / "b.txt")
    assert kept(stage, "**/d/" * 12 + "*.none").artifacts == ()


def test_a_tree_deeper_than_the_stack_is_no_error(stage: Stage) -> None:
    folder = stage.root
    try:
        for _ in range(sys.getrecursionlimit() + 100):
            folder /= "d"
            folder.mkdir()
        assert kept(stage, "**/*.none").outcome == "passed"
    finally:
        delete(stage.root / "d")  # pytest could not


def test_artifacts_are_taken_from_the_copy_of_the_source(stage: Stage) -> None:
    copy = stage.work / "envs" / "tests" / "src"

    def build(_spawn: Spawn) -> Exit:
        write(copy / "dist" / "a.whl")
        return Exited(0)

    stage.answer(build)
    cell = stage.cell("tests", stage.command(), source="copy", root=copy, artifacts=("dist/*",))
    assert stage.run(cell)["tests"].artifacts == ("artifacts/tests/dist/a.whl",)


def test_a_failed_cell_keeps_its_artifacts(stage: Stage) -> None:
    write(stage.root / "core.dump")
    stage.answer(lambda _spawn: Exited(1))
    assert kept(stage, "*.dump").artifacts == ("artifacts/tests/core.dump",)


def test_attachments_are_kept_with_the_run(stage: Stage) -> None:
    inside, outside = stage.root / "shots" / "a.png", stage.root.parent / "b.png"
    tmp = stage.work / "envs" / "tests" / "tmp" / "c.png"
    own = junit_folder(stage) / "d.txt"
    for path in (inside, outside, tmp, own):
        write(path)
    stage.collectors = (Recorder(Collected(attachments=tuple(map(str, (inside, outside, tmp, own))))),)
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert result.artifacts == (
        "artifacts/tests/shots/a.png",
        "artifacts/tests/tmp/c.png",
        "junit/tests/1/d.txt",
    )
    assert result.warnings == (f"{outside} is not kept: it is outside of the project",)


def test_an_attachment_is_kept_below_the_runs_folder_however_it_is_named(stage: Stage) -> None:
    """A way out of the project and in again ends inside, but read as text it leads out of the target."""
    write(stage.root / "a.png")
    up_and_down = f"{stage.root}/../{stage.root.name}/a.png"
    stage.collectors = (Recorder(Collected(attachments=(up_and_down,))),)
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert result.artifacts == ("artifacts/tests/a.png",)
    folder = stage.work / "runs" / "run1"
    assert sorted(path.name for path in (folder / "artifacts").iterdir()) == ["tests"]


def test_an_attachment_that_is_not_there_is_a_warning(stage: Stage) -> None:
    missing = str(junit_folder(stage) / "gone.png")
    stage.collectors = (Recorder(Collected(attachments=(missing,))),)
    result = stage.run(stage.cell("tests", stage.command()))["tests"]
    assert result.artifacts == ()
    assert result.warnings == (f"{missing} is not kept: there is no such file",)
