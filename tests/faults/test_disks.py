"""Disks that are full or read-only, at any moment of a run.

The run does without, or says in one error what could not be written and why; when there is room again, the
next run works without anything done by hand. The disks are mounts that only runner sees.
"""

import subprocess
from itertools import product
from pathlib import Path

import pytest
from tests.faults.places import LONG, Mounts, check, fill, needs_mounts, read_only, small

from runner.testing import Invocation, Project, python_command
from runner.testing.process import RUNNER

ROOMY = 200_000
"""KiB: more than runs need."""

FLOODS = python_command("while True: print('x' * 1000)")


def place_of(project: Project, kind: str) -> Path:
    return {
        "work-dir": project.root / ".runner",
        "cache": project.folder / "cache",
        "uv's cache": project.folder / "uv-cache",
        "tmp": project.folder / "tmp",
        "home": project.folder / "home",
        "project": project.root,
    }[kind]


def shrink(mounts: Mounts, folder: Path, room: int) -> None:
    """Leave so many KiB, and 4 more, on the disk that is mounted there: none would mean no limit."""
    mounts.shell(
        f"cd '{folder}'; used=$(df -k . | awk 'NR == 2 {{print $3}}');"
        f" mount -o remount,size=$((used + {room} + 4))k '{folder}'"
    )


def widen(mounts: Mounts, folder: Path) -> None:
    mounts.shell(f"mount -o remount,size={ROOMY}k '{folder}'")


def is_clear(outcome: Invocation, said: str) -> None:
    """Check that the run did all of its work, or that each thing that it could not do says why."""
    if outcome.exit_code == 0:
        outcome.assert_exit(0).assert_cells({"tests": "passed", "copied": "passed"})
        return
    assert outcome.exit_code in {1, 2, 4}, outcome
    outcome.assert_exit(outcome.exit_code).assert_said(said)
    for cell in outcome.cells.values() if outcome.result else ():
        assert cell.outcome in {"passed", "failed", "error"}, outcome
        assert "bug" not in cell.reason


SHORT = (
    *(("work-dir", room, False) for room in (0, 68, 180)),
    *(("work-dir", room, True) for room in (0,)),
    *((kind, 0, False) for kind in ("cache", "uv's cache", "tmp")),
)
ALL = tuple(
    (kind, room, warm)
    for kind in ("work-dir", "cache", "uv's cache", "tmp")
    for room in (*range(0, 320, 8), 400, 800)
    for warm in (False, True)
)


@needs_mounts
@pytest.mark.parametrize(("kind", "room", "warm"), ALL if LONG else SHORT)
def test_a_disk_that_fills_up(project: Project, kind: str, room: int, *, warm: bool) -> None:
    folder = place_of(fill(project), kind)
    env = {"TMPDIR": str(folder)} if kind == "tmp" else None
    with Mounts(small(folder, ROOMY)) as mounts:
        if warm:
            mounts.run(project, "-j2", env=env).assert_exit(0)
        shrink(mounts, folder, room)
        outcome = mounts.run(project, "-j2", env=env)
        is_clear(outcome, "No space left on device")
        widen(mounts, folder)
        mounts.run(project, "-j2", env=env).assert_exit(0)


@needs_mounts
def test_a_disk_that_fills_up_by_a_log(project: Project) -> None:
    folder = place_of(fill(project), "work-dir")
    good = (project.root / "runner.toml").read_text()
    with Mounts(small(folder, 2000)) as mounts:
        for more in ("", 'env.MY_TOKEN = "very secret"\n'):  # then it is copied to the log
            project.config(f'[sessions.flood]\npackage = "none"\n{more}commands = [{FLOODS}]\n')
            outcome = mounts.run(project, "-q")
            assert outcome.cell("flood").outcome == "failed"
            outcome.assert_exit(1).assert_said("No space left on device")
            mounts.shell(f"rm -r '{folder}/logs'")
        project.config(good)
        mounts.run(project).assert_exit(0)


@pytest.mark.parametrize("blocks", [0, 8, 64] if LONG else [8])
def test_a_limit_on_the_size_of_files(project: Project, blocks: int) -> None:
    program = ("sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *RUNNER)
    outputs = subprocess.run(
        (*program, "--color", "never"),
        cwd=fill(project).root,
        env=project.environ,
        capture_output=True,
        check=False,
    )
    said = outputs.stderr + outputs.stdout
    assert outputs.returncode in {0, 2, 4}, said
    assert b"Traceback" not in outputs.stderr, said
    assert outputs.returncode == 0 or b"File too large" in said or b"signal" in said, said
    check(project.run_process())


@needs_mounts
@pytest.mark.parametrize(
    ("kind", "warm"),
    list(product(("work-dir", "cache", "uv's cache", "tmp", "home", "project"), (False, True)))
    if LONG
    else [("work-dir", True), ("cache", False), ("uv's cache", False), ("project", False)],
)
def test_a_place_that_is_read_only(project: Project, kind: str, *, warm: bool) -> None:
    folder = place_of(fill(project), kind)
    env = {"TMPDIR": str(folder)} if kind == "tmp" else None
    if warm:
        check(project.run_process(env=env))
    with Mounts(read_only(folder)) as mounts:
        mounts.run(project, "plan", env=env).assert_exit(0)
        is_clear(mounts.run(project, "--reuse", env=env), "Read-only file system")
    check(project.run_process(env=env))


@needs_mounts
def test_a_read_only_project_whose_work_dir_is_elsewhere(project: Project, tmp_path: Path) -> None:
    fill(project)
    project.file(
        "runner.toml", f'work-dir = "{tmp_path}/work"\n' + (project.root / "runner.toml").read_text()
    )
    with Mounts(read_only(project.root)) as mounts:
        for _ in range(2):
            check(mounts.run(project, "-j2"))
        mounts.run(project, "lock").assert_exit(4).assert_said("Read-only file system")


@needs_mounts
def test_what_is_mounted_in_an_environment_is_left_alone(project: Project) -> None:
    folder = place_of(fill(project), "work-dir") / "envs" / "copied" / "tmp" / "a b"
    precious = project.folder / "precious"
    (precious / "deep").mkdir(parents=True)
    (precious / "deep" / "file").touch()
    check(project.run_process())
    folder.mkdir()
    with Mounts(f"mount --bind '{precious}' '{folder}'") as mounts:
        check(mounts.run(project))
        mounts.run(project, "clean").assert_exit(4).assert_said("something is mounted there, unmount it")
        check(mounts.run(project))
        assert (precious / "deep" / "file").exists()
    project.run_process("clean").assert_exit(0)
    assert not (project.root / ".runner" / "trash").exists()
    assert (precious / "deep" / "file").exists()
