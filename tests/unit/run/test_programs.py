"""Which program a command means, and whether it may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runner.model.results import Exited

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.run.conftest import Stage

    from runner.model.ports import Spawn
    from runner.model.results import Exit


def add_program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def refusal(stage: Stage, *argv: str, **settings: Any) -> str:
    """Run one command that is refused, and return why."""
    result = stage.run(stage.cell("tests", stage.command(*argv), **settings))["tests"]
    assert (result.outcome, stage.processes.spawns) == ("error", [])
    assert result.attempts[0].steps[-1].phase == "command"
    return result.reason


def started(stage: Stage, *argv: str, **settings: Any) -> str:
    """Run one command and return the program that was started."""
    result = stage.run(stage.cell("tests", stage.command(*argv), **settings))["tests"]
    assert result.outcome == "passed", result.reason
    return stage.processes.spawns[0].argv[0]


def test_the_environment_comes_before_path(stage: Stage) -> None:
    add_program(stage.outer / "pytest")
    assert started(stage, "pytest") == str(stage.work / "envs" / "tests" / "bin" / "pytest")


def test_a_program_outside_says_how_to_allow_it(stage: Stage) -> None:
    make = add_program(stage.outer / "make")
    reason = refusal(stage, "make", "all")
    assert reason == (
        f"`make all` was not started: make is not in the environment, only outside of it ({make}): "
        'install it with deps, or, if it is no part of the environment, set allow-external = ["make"]'
    )


@pytest.mark.parametrize("glob", ["{}/make", "{}/*", "*/bin/mak?"])
def test_a_glob_may_also_match_the_path_that_path_leads_to(stage: Stage, glob: str) -> None:
    make = add_program(stage.outer / "make")
    assert started(stage, "make", allow_external=(glob.format(stage.outer),)) == make


def test_a_glob_of_another_path_allows_nothing(stage: Stage) -> None:
    add_program(stage.outer / "make")
    assert "set allow-external" in refusal(stage, "make", allow_external=("/elsewhere/make",))


def test_a_path_as_written_may_lead_to_what_a_glob_matches(stage: Stage) -> None:
    make = add_program(stage.outer / "make")
    assert started(stage, "../usr/bin/make", allow_external=(make,)) == make


@pytest.mark.parametrize("glob", ["make", "ma*", "*"])
def test_an_allowed_program_is_taken_from_the_outer_path(stage: Stage, glob: str) -> None:
    make = add_program(stage.outer / "make")
    assert started(stage, "make", allow_external=(glob,)) == make


def test_a_command_may_allow_its_own(stage: Stage) -> None:
    make = add_program(stage.outer / "make")
    stage.run(stage.cell("tests", stage.command("make", allow_external=("make",))))
    assert stage.processes.spawns[0].argv[0] == make


def test_globs_match_the_name_as_written(stage: Stage) -> None:
    make = add_program(stage.outer / "make")
    assert "outside of the project" in refusal(stage, make, allow_external=("make",))
    assert started(stage, make, allow_external=(make,)) == make


def test_an_allowed_program_that_is_nowhere_is_named(stage: Stage) -> None:
    reason = refusal(stage, "make", allow_external=("make",))
    assert reason == "`make` was not started: make was not found, neither in the environment nor on PATH"


@pytest.mark.parametrize("pip", ["pip", "pip3", "pip3.12"])
def test_a_missing_pip_says_seed(stage: Stage, pip: str) -> None:
    add_program(stage.outer / pip)
    assert refusal(stage, pip, "list").endswith('which is bare; to have it, set seed = ["pip"]')


def test_a_program_that_is_nowhere_says_what_is_near(stage: Stage) -> None:
    assert "pytset was not found in the environment (nearest there: pytest)" in refusal(stage, "pytset")


def test_a_whole_command_in_one_word_is_seen(stage: Stage) -> None:
    assert "it holds blanks" in refusal(stage, "pytest -x")


def test_a_file_of_the_project_needs_its_path(stage: Stage) -> None:
    script = add_program(stage.root / "check.sh")
    assert "write ./check.sh" in refusal(stage, "check.sh")
    assert started(stage, "./check.sh") == script


def test_a_path_is_meant_from_the_folder_of_the_command(stage: Stage) -> None:
    script = add_program(stage.root / "ci" / "check.sh")
    (stage.root / "src").mkdir()
    stage.run(stage.cell("tests", stage.command("../ci/check.sh", cwd=str(stage.root / "src"))))
    assert stage.processes.spawns[0].argv[0] == script


def test_a_path_that_leads_out_of_the_project_is_refused(stage: Stage) -> None:
    add_program(stage.root.parent / "other.sh")
    assert 'allow-external = ["../other.sh"]' in refusal(stage, "../other.sh")


def test_a_link_in_the_project_may_lead_anywhere(stage: Stage) -> None:
    (stage.root / "link").symlink_to(add_program(stage.outer / "make"))
    assert started(stage, "./link") == str(stage.root / "link")


def test_a_path_to_nothing_and_one_that_is_not_executable_are_told_apart(stage: Stage) -> None:
    assert "there is no file" in refusal(stage, "./check.sh")
    (stage.root / "check.sh").write_text("")
    assert "chmod +x" in refusal(stage, "./check.sh")


def test_the_environments_own_python_may_be_named_by_its_path(stage: Stage) -> None:
    python = str(stage.work / "envs" / "tests" / "bin" / "python")
    assert started(stage, python) == python


def test_without_an_environment_any_program_on_path_will_do(stage: Stage) -> None:
    make = add_program(stage.outer / "make")
    assert started(stage, "make", spec={"backend": "none"}) == make


def test_the_commands_own_path_variable_is_searched(stage: Stage) -> None:
    tool = add_program(stage.root.parent / "tools" / "tool")
    command = stage.command("tool", env={"PATH": str(stage.root.parent / "tools")}, allow_external=("tool",))
    stage.run(stage.cell("tests", command))
    spawn = stage.processes.spawns[0]
    programs = stage.work / "envs" / "tests" / "bin"
    assert (spawn.argv[0], spawn.env["PATH"]) == (tool, f"{programs}:{stage.root.parent / 'tools'}")


def test_a_program_is_looked_up_when_its_step_starts(stage: Stage) -> None:
    def build(spawn: Spawn) -> Exit:
        if spawn.argv[1:] == ("build",):
            add_program(stage.root / "built")
        return Exited(0)

    stage.answer(build)
    result = stage.run(stage.cell("tests", stage.command("python", "build"), stage.command("./built")))
    assert result["tests"].outcome == "passed"
