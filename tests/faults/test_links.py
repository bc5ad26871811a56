"""Links that a command plants where runner is going to write: what they lead to stays as it was."""

from pathlib import Path

import pytest

from runner.testing import Project

# Plants one link, to the folder argv[2] or the file in it, which only runner could write to.
PLANTS = """
import os, sys
from pathlib import Path

kind, outside, how = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
given = Path(os.environ["RUNNER_JUNIT_DIR"])
name = given.parts[-4]
work_dir = Path(os.environ["RUNNER_ROOT"], ".runner")
run, logs, scratch = (work_dir / each / name for each in ("runs", "logs", "scratch"))


def plant(place, target):
    if os.path.lexists(place):
        place.rename(f"{place}.away")
    place.symlink_to(target)


Path("own.xml").write_text('<testsuite><testcase name="test_one"/></testsuite>')
{
    "results": lambda: plant(given / "1.xml", outside / "precious"),
    "hard results": lambda: os.link(outside / "precious", given / "1.xml"),
    "folder of results": lambda: plant(run / "junit", outside),
    "run": lambda: plant(run, outside),
    "runs": lambda: plant(run.parent, outside),
    "log": lambda: plant(logs / "tests.log", outside / "precious"),
    "logs": lambda: plant(logs, outside),
    "scratch": lambda: plant(scratch, outside),
}[kind]()
print("planted")
sys.exit(how)
"""

HARMLESS = ("results", "hard results")
"""Those are replaced."""

KINDS = ("results", "hard results", "folder of results", "run", "runs", "log", "logs", "scratch")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.mark.parametrize(("code", "secret"), [(0, False), (7, True)], ids=["open", "with a secret"])
@pytest.mark.parametrize("kind", KINDS)
def test_where_a_planted_link_leads_nothing_is_written(
    project: Project, tmp_path: Path, kind: str, code: int, *, secret: bool
) -> None:
    outside = tmp_path / "outside"
    for inner in ("tests", "private"):
        (outside / inner).mkdir(parents=True)
    (outside / "precious").write_text("precious")
    (outside / "tests.log").write_text("precious")
    before = contents(outside)
    project.file("plants.py", PLANTS)
    project.file("kept.txt", "kept")
    more = 'env.MY_TOKEN = "very secret"' if secret else ""
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        {more}
        retries = 1
        commands = [["python", "plants.py", "{kind}", "{outside}", "{code}", "--junitxml=own.xml"]]
        teardown = ["python -c 1"]
        artifacts = ["kept.txt"]
        """
    )
    ran = project.run_process()
    assert contents(outside) == before
    ran.assert_exit(_exit_code(kind, code, secret=secret))
    if kind not in HARMLESS and not (kind == "scratch" and not secret):
        ran.assert_said("in this path is a link, and where it leads is not runner's to write")


def _exit_code(kind: str, code: int, *, secret: bool) -> int:
    """A failure stays one; without a log, or a private file, the teardown cannot be run."""
    if code:
        return 1
    return 4 if kind in {"log", "logs"} or (kind == "scratch" and secret) else 0
