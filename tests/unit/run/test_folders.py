"""What the config of another tool asks for around a cell's commands: folders, and a name for the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from runner.model.config import Foreign
from runner.model.environment import Built
from runner.model.results import Exited

if TYPE_CHECKING:
    from tests.unit.run.conftest import Stage

    from runner.model.plan import ReadyCell
    from runner.model.ports import Spawn
    from runner.model.results import Exit

WHEEL = Built(path="/dist/demo-1.0-py3-none-any.whl", sha256="", name="demo", version="1.0", kind="wheel")


def foreign(cell: ReadyCell, said: Foreign) -> ReadyCell:
    return replace(cell, cell=replace(cell.cell, foreign=said))


def test_folders_are_there_when_setup_begins(stage: Stage) -> None:
    folder = stage.work / "envs" / "tests" / "log" / "deep"

    def begins(_spawn: Spawn) -> Exit:
        return Exited(0 if folder.is_dir() else 1)

    stage.answer(begins)
    cell = stage.cell("tests", setup=(stage.command(),))
    again = foreign(cell, Foreign(folders=(str(folder), str(folder))))
    assert stage.run(again)["tests"].outcome == "passed"
    assert stage.run(again)["tests"].outcome == "passed"
    assert stage.workshop.calls[-1] == "install"


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(stage: Stage) -> None:
    (stage.root / "file").touch()
    cell = foreign(stage.cell("tests", stage.command()), Foreign(folders=(str(stage.root / "file" / "x"),)))
    result = stage.run(cell)["tests"]
    assert (result.outcome, stage.processes.spawns) == ("error", [])
    assert result.reason == f"the folder {stage.root}/file/x cannot be made: Not a directory"
    assert result.attempts[0].steps[-1].phase == "create"


def test_a_missing_cwd_below_the_work_dir_is_made(stage: Stage) -> None:
    cwd = stage.work / "envs" / "tests" / "tmp" / "a" / "b"
    result = stage.run(stage.cell("tests", stage.command(cwd=str(cwd))))["tests"]
    assert (result.outcome, cwd.is_dir()) == ("passed", True)


def test_a_missing_cwd_elsewhere_is_left_missing(stage: Stage) -> None:
    copy = stage.work / "envs" / "tests" / "source"
    stage.run(stage.cell("tests", stage.command(cwd=str(stage.root / "typo"))))
    stage.run(stage.cell("tests", stage.command(cwd=str(copy / "typo")), source="copy", root=copy))
    assert not (stage.root / "typo").exists()
    assert not (copy / "typo").exists()


def test_a_cwd_that_cannot_be_made_is_an_error_that_names_it(stage: Stage) -> None:
    cwd = stage.work / "envs" / "tests" / "bin" / "python" / "x"
    result = stage.run(stage.cell("tests", stage.command(cwd=str(cwd))))["tests"]
    assert result.outcome == "error"
    assert f"the folder {cwd} cannot be made: Not a directory" in result.reason


def test_commands_are_told_the_file_that_was_installed(stage: Stage) -> None:
    stage.workshop.built = WHEEL
    named = Foreign(package_variable="PACKAGE")
    cell = foreign(
        stage.cell("tests", stage.command(), spec={"package": "wheel"}, variables={"PACKAGE": "mine"}), named
    )
    stage.run(cell)
    assert stage.processes.spawns[0].env["PACKAGE"] == "/dist/demo-1.0-py3-none-any.whl"


def test_where_the_project_is_not_installed_there_is_nothing_to_tell(stage: Stage) -> None:
    stage.workshop.built = WHEEL
    named = Foreign(package_variable="PACKAGE")
    stage.run(foreign(stage.cell("tests", stage.command(), spec={"package": "deps-only"}), named))
    assert "PACKAGE" not in stage.processes.spawns[0].env
