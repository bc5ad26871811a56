"""`runner env`: lasting environments are made, kept in step, listed, exported and removed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uv

from runner.process import SystemProcesses
from runner.testing import Project, RecordingProcesses

TESTS = """
    [sessions.tests]
    package = "none"
    deps = ["left<2"]

    [sessions.lint]
    package = "none"
    deps = ["hello"]
    """


@pytest.fixture
def two(project: Project) -> Project:
    """A project of two cells."""
    project.index.add_samples()
    project.config(TESTS)
    return project


def dev(project: Project, name: str) -> Path:
    return project.root / ".runner" / "dev" / name


def listed(project: Project, *argv: str) -> dict[str, dict[str, object]]:
    said = project.run("env", "list", "--format", "json", *argv).assert_exit(0).stdout
    return {row["cell"]: row for row in json.loads(said)["environments"]}


def version(project: Project, name: str, module: str) -> str:
    code = f"import {module}; print({module}.VERSION)"
    return project.run_process("env", "exec", name, "--", "python", "-c", code).assert_exit(0).stdout.strip()


def install_by_hand(project: Project, name: str, requirement: str) -> None:
    """Install something as people do: runner is not told."""
    python = dev(project, name) / "bin" / "python"
    command = [uv.find_uv_bin(), "pip", "install", "--offline", "--python", str(python), requirement]
    subprocess.run(command, cwd=project.root, env=project.environ, check=True, capture_output=True)


def test_one_that_is_in_step_is_kept_and_costs_no_installation(two: Project) -> None:
    two.run("env", "create", "tests", "lint").assert_exit(0).assert_said("tests: made (", "lint: made (")
    processes = RecordingProcesses(SystemProcesses())
    again = two.run("env", "create", "tests", processes=processes).assert_exit(0)
    again.assert_said("tests: in step, made", "1 package)")
    assert not processes.captures
    assert two.run("env", "path", "tests").stdout == f"{dev(two, 'tests')}\n"
    shown = listed(two)
    assert {name: row["state"] for name, row in shown.items()} == {"tests": "in step", "lint": "in step"}
    two.run("env", "create", "--force", "tests").assert_exit(0).assert_said("tests: made anew: --force")


def test_a_changed_lock_makes_it_anew_and_names_what_goes_with_the_old_one(two: Project) -> None:
    two.run("env", "create", "tests").assert_exit(0)
    install_by_hand(two, "tests", "hello")
    install_by_hand(two, "tests", "left==2.0")
    drift = listed(two)["tests"]["drift"]
    assert drift == {"added": ["hello 1.0"], "removed": [], "changed": ["left 1.0 -> 2.0"]}
    two.config(TESTS.replace('"left<2"', '"left<2", "right"'))
    assert listed(two)["tests"]["state"] == "not known"  # nothing is resolved for a list
    made = two.run("env", "create", "tests").assert_exit(0)
    made.assert_said("tests: made anew: the lock changed: + right 1.0", "hello 1.0, left 1.0 -> 2.0")
    assert listed(two)["tests"]["drift"] == {"added": [], "removed": [], "changed": []}
    assert version(two, "tests", "left") == "1.0"


def test_one_that_was_not_finished_is_made_anew(two: Project) -> None:
    two.run("env", "create", "tests").assert_exit(0)
    (dev(two, "tests") / ".lasting.json").unlink()  # it is written when all is done
    assert listed(two)["tests"]["state"] == "not finished"
    two.run("env", "path", "tests").assert_exit(4).assert_said("runner env create tests")
    two.run("env", "create", "tests").assert_exit(0).assert_said("tests: made anew: it was not finished")


def test_runs_and_lasting_environments_leave_each_other_alone(two: Project) -> None:
    two.run("env", "create", "tests").assert_exit(0)
    install_by_hand(two, "tests", "hello")
    ran = two.run("-e", "tests").assert_exit(0)
    assert ran.cell("tests").version("hello") is None
    two.run("clean").assert_exit(0)
    two.run("clean", "--all").assert_exit(0).assert_said("but for dev, where lasting environments are")
    assert listed(two)["tests"]["drift"] == {"added": ["hello 1.0"], "removed": [], "changed": []}


def test_what_is_edited_in_it_is_edited_nowhere_else(two: Project) -> None:
    two.config(TESTS.replace('deps = ["left<2"]', 'deps = ["left<2"]\nlink-mode = "hardlink"'))
    two.run("env", "create", "tests").assert_exit(0)
    (module,) = dev(two, "tests").glob("lib/*/site-packages/left.py")
    with module.open("a") as file:
        file.write("VERSION = 'edited'\n")
    assert version(two, "tests", "left") == "edited"
    (two.root / ".runner" / "dev").rename(two.folder / "elsewhere")
    assert version(two, "tests", "left") == "1.0"


def test_a_moved_project_gets_an_environment_of_its_own(two: Project) -> None:
    two.run("env", "create", "tests").assert_exit(0)
    before = dev(two, "tests")
    install_by_hand(two, "tests", "hello")
    two.root = two.root.rename(two.folder / "moved here")
    row = listed(two)["tests"]
    assert (row["state"], row["why"]) == ("changed", f"it was made for {before}")
    assert row["drift"] == {"added": ["hello 1.0"], "removed": [], "changed": []}
    two.run("env", "path", "tests").assert_exit(4).assert_said(f"was made for {before}", "env create tests")
    made = two.run("env", "create", "tests").assert_exit(0).assert_said(f"it was made for {before}")
    made.assert_said("installed by hand, and gone with the environment before: hello 1.0")
    assert version(two, "tests", "left") == "1.0"
    (two.folder / "link").symlink_to(two.root)
    two.run("env", "create", "tests", "-c", str(two.folder / "link")).assert_exit(0).assert_said("in step")


def test_committed_locks_count_and_offline_and_upgrade_are_as_for_runs(two: Project) -> None:
    two.config(TESTS.replace("left<2", "left"))
    two.run("env", "create", "tests", "--locked").assert_exit(4).assert_said("there is no committed lock")
    two.index.folder.joinpath("left-2.0-py3-none-any.whl").rename(two.folder / "left-2.0-py3-none-any.whl")
    two.run("lock", "-e", "tests").assert_exit(0)
    shutil.move(two.folder / "left-2.0-py3-none-any.whl", two.index.folder)
    two.run("env", "create", "tests", "--locked").assert_exit(0)
    assert version(two, "tests", "left") == "1.0"
    upgraded = two.run("env", "create", "tests", "--upgrade", "left").assert_exit(0)
    upgraded.assert_said("the lock changed: left 1.0 -> 2.0")
    back = two.run("env", "create", "tests", "--offline").assert_exit(0)
    back.assert_said("the lock changed: left 2.0 -> 1.0")


def test_with_pip_it_is_made_anew_when_something_else_is_asked_for(two: Project) -> None:
    two.config(TESTS.replace('deps = ["left<2"]', 'deps = ["left<2"]\ninstaller = "pip"'))
    two.run("env", "create", "tests").assert_exit(0).assert_said("tests: made (")
    two.run("env", "create", "tests").assert_exit(0).assert_said("tests: in step")
    assert listed(two)["tests"]["state"] == "in step"
    two.config(TESTS.replace('deps = ["left<2"]', 'deps = ["left"]\ninstaller = "pip"'))
    assert listed(two)["tests"]["why"] == "what is asked for changed"
    two.run("env", "create", "tests").assert_exit(0).assert_said("what is asked for changed")
    assert version(two, "tests", "left") == "2.0"
    two.run("env", "export", "tests").assert_exit(4).assert_said("there is no lock to export")


def builds(project: Project) -> int:
    return len(project.builds)


def test_the_project_is_editable_and_its_source_builds_nothing(project: Project) -> None:
    project.index.add_samples()
    project.package("ours", requires=("left<2",))
    project.config("[sessions.tests]\ncommands = []\n")
    project.run("env", "create").assert_exit(0)
    project.file("src/ours.py", "VERSION = 'edited'\n")
    assert version(project, "tests", "ours") == "edited"
    assert builds(project) == 1
    assert listed(project)["tests"]["state"] == "in step"
    # What is written there builds it; what is then installed is the same.
    with (project.root / "pyproject.toml").open("a") as file:
        file.write("\n[tool.other]\nanything = 1\n")
    project.run("env", "create").assert_exit(0).assert_said("in step")
    assert builds(project) == 2
    project.run("env", "create").assert_exit(0).assert_said("in step")
    assert builds(project) == 2
    # A dependency more is not.
    project.package("ours", requires=("right",))
    project.run("env", "create").assert_exit(0).assert_said("made anew", "+ right 1.0")
    project.run("env", "create", "--no-editable").assert_exit(0).assert_said("the wheel changed")
    assert "made anew" not in project.run("env", "use").assert_exit(0).stderr
    assert listed(project)["tests"]["state"] == "in step"
    assert project.builds[0] == "editable"
    assert project.builds[-1] == "wheel"


def test_cells_are_named_by_selectors_and_one_alone_need_not_be(two: Project) -> None:
    two.run("env", "path").assert_exit(2).assert_said("which cell?", "there are: tests, lint")
    two.run("env", "create", "nothing").assert_exit(3).assert_said("'nothing' matches no cell")
    two.run("env", "exec", "[tl]*", "--", "true").assert_exit(2).assert_said("matches 2 cells", "tests, lint")
    two.run("env", "exec", "tests", "true").assert_exit(2).assert_said("run what?")
    two.run("env", "exec", "tests", "true", "--", "x").assert_exit(2).assert_said("comes after --")
    two.run("env", "create", "-e", "lint").assert_exit(0)
    assert two.run("env", "path").assert_exit(0).stdout == f"{dev(two, 'lint')}\n"
    two.run("env", "remove").assert_exit(2).assert_said("which one?", "there are: lint")
    two.run("env", "remove", "tests").assert_exit(3).assert_said("no lasting environment of tests")


def test_wrong_words_are_told_with_what_was_meant(two: Project) -> None:
    two.run("env", "crate").assert_exit(2).assert_said("'crate' is not a verb of runner env", "env create")
    two.run("env", "list", "tests").assert_exit(2).assert_said("takes no cells: tests")
    two.run("env", "create", "tests", "--", "x").assert_exit(2).assert_said("takes nothing after --")
    two.run("env", "list", "--upgrade").assert_exit(2).assert_said("runner env list does not take --upgrade")
    two.run("env", "export", "lint", "--format", "pylok").assert_exit(2).assert_said("did you mean pylock?")
    two.run("env", "--help").assert_exit(0).assert_said("activate  print what activates it")


def test_of_several_cells_those_that_have_no_environment_are_left_out_and_named(two: Project) -> None:
    two.config('[sessions.bare]\nbackend = "none"\n[sessions.far]\nplatforms = ["mars"]\n' + TESTS)
    made = two.run("env", "create", "ALL").assert_exit(0).assert_said("tests: made (", "lint: made (")
    made.assert_said('left out: bare has backend = "none"', "left out: far runs on mars")
    two.run("env", "create", "bare", "far").assert_exit(2).assert_said('bare has backend = "none"', "on mars")


def test_one_whose_cell_is_gone_is_an_orphan_and_can_be_removed(two: Project) -> None:
    two.run("env", "create", "{tests,lint}").assert_exit(0)
    two.run("env", "use", "tests").assert_exit(0)
    two.config(TESTS.replace("sessions.tests", "sessions.other"))
    shown = listed(two)
    assert (shown["tests"]["state"], shown["tests"]["in-use"]) == ("orphan", True)
    two.run("env", "list").assert_exit(0).assert_said("orphan: its cell is not in the config", ".venv")
    two.run("env", "remove", "tests").assert_exit(0).assert_said("removed dev/tests, and the link .venv")
    assert not dev(two, "tests").exists()
    assert not (two.root / ".venv").is_symlink()
    two.run("env", "remove", "-e", "lint").assert_exit(0)
    two.run("env").assert_exit(0).assert_said("there are no lasting environments")


def test_a_folder_that_is_not_ours_is_neither_replaced_nor_removed(two: Project) -> None:
    two.run("env", "create", "lint,").assert_exit(0)
    precious = dev(two, "tests") / "precious"
    precious.parent.mkdir()
    precious.write_text("mine")
    two.run("env", "create", "tests").assert_exit(4).assert_said("was not made by runner: move it away")
    two.run("env", "remove", "tests").assert_exit(3)
    assert precious.read_text() == "mine"


def test_an_index_that_fails_takes_nothing_away(two: Project) -> None:
    two.run("env", "create", "tests").assert_exit(0)
    two.config(TESTS.replace("left<2", "nowhere"))
    two.run("env", "create", "tests").assert_exit(4).assert_said("tests: ", "nowhere")
    two.config(TESTS)
    assert listed(two)["tests"]["state"] == "in step"


def test_one_that_cannot_be_made_anew_stays(two: Project) -> None:
    two.run("env", "create", "tests").assert_exit(0)
    install_by_hand(two, "tests", "hello")
    for wheel in two.index.folder.glob("left-1.0-*"):
        wheel.unlink()
    shutil.rmtree(two.folder / "uv-cache")
    two.run("env", "create", "tests", "--force").assert_exit(4).assert_said("left")
    two.run("env", "path", "tests").assert_exit(0)
    subprocess.run([dev(two, "tests") / "bin" / "hello"], check=True, capture_output=True)
    assert listed(two)["tests"]["drift"] == {"added": ["hello 1.0"], "removed": [], "changed": []}


def test_a_lock_is_exported_for_other_tools(two: Project) -> None:
    two.config(TESTS.replace('"hello"', '"right", "hello"'))
    text = two.run("env", "export", "lint").assert_exit(0).stdout
    assert [line.partition(" ")[0] for line in text.splitlines() if line[0] not in "# "] == [
        "hello==1.0",
        "left==2.0",
        "right==1.0",
    ]
    assert text.count("--hash=sha256:") == 3
    two.run("env", "export", "lint", "--format", "environment", "-o", "environment.yml").assert_exit(0)
    lines = (two.root / "environment.yml").read_text().splitlines()
    assert lines[1:3] == ["name: lint", "dependencies:"]
    assert lines[-4:] == ["  - pip:", "      - hello==1.0", "      - left==2.0", "      - right==1.0"]
    two.run("env", "export", "lint", "--format", "pylock", "-o", "pylock.toml").assert_exit(0)
    target = two.folder / "target"
    for file in ("pylock.toml", "requirements.txt"):
        (two.root / "requirements.txt").write_text(text)
        install = [uv.find_uv_bin(), "pip", "install", "--preview", "--python", sys.executable]
        command = [*install, "--target", str(target / file), "-r", file]
        subprocess.run(command, cwd=two.root, env=two.environ, check=True, capture_output=True)
        assert (target / file / "hello.py").is_file()
    assert not dev(two, "lint").exists()
    two.run("env", "export", "lint", "-o", "no/such").assert_exit(2).assert_said("cannot be written")
