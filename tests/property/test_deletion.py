"""Whatever names, links and mounts there are: runner deletes and writes nothing that is not its own.

Around each project stands a canary: a tree with everything in it that could be taken for runner's. It must be
the same, by content, modes and times, whatever was done.
"""

import json
import os
import resource
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.effort import effort, some

from runner.env import deleting
from runner.env.deleting import delete
from runner.env.folders import MARKER, mark, prepare_work_dir
from runner.env.trash import Trash
from runner.model.errors import CellError
from runner.testing import Project, python_command

LONGEST = "n" * 255
OLD = 1_000_000_000.0
RUN_ID = "20010101T000000Z-abcd"
USAGE = 2
IN_THE_WORK_DIR = (
    *("envs", "trash", "runs", "logs", "mutex", "scratch", MARKER, ".gitignore", "durations.json"),
    *("envs/tests", "envs/tests/tmp", "envs/tests/source", "envs/tests/.installed"),
    *("envs/tests/.environment.json", f"envs/tests/{MARKER}", "envs/tests/lib", "trash/tests"),
    *(f"runs/{RUN_ID}", f"logs/{RUN_ID}", f"scratch/{RUN_ID}", "scratch/.lock", "mutex/tests.lock"),
    *("mutex/tests.json", "envs/copied/source", "envs/copied/source/data"),
)
IN_THE_USER_CACHE = (
    *("locks", "wheels", "bytecode", "imported", "interpreters", "mutex", MARKER, "CACHEDIR.TAG", ".pruned"),
    *("interpreters/answers", "interpreters/blanks", "wheels/project", "locks/0123456789abcdef", "own"),
)

Sight = tuple[int, float, bytes]
"""Of a file, link or folder: mode, mtime, and its content, target or names."""


class Canary:
    """A tree that nobody may touch, and what it looked like."""

    def __init__(self, folder: Path, *, marked: bool = True) -> None:
        self.folder = folder
        for name in ("", "tests", "empty", "lib/deep", RUN_ID, "wheels/project", "own", "tmp", "source"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("tests", "lib", RUN_ID, "own", "wheels", *([""] if marked else [])):
            mark(folder / name)
        for name in (
            "file",
            "lib/deep/file",
            "tests/pyvenv.cfg",
            "tests/.installed",
            f"{RUN_ID}/result.json",
        ):
            (folder / name).write_text("precious")
        for path in sorted(folder.rglob("*"), reverse=True):
            os.utime(path, (OLD, OLD))
        self._before = self.look()

    def look(self) -> dict[str, Sight]:
        """Return what is there, by path."""
        return {str(path.relative_to(self.folder)): sight(path) for path in (self.folder, *walk(self.folder))}

    def check(self) -> None:
        """Check that nothing was touched."""
        assert self.look() == self._before


def walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from walk(path)


def sight(path: Path) -> Sight:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(os.fsencode(path))  # noqa: PTH115 - as bytes
    elif stat.S_ISDIR(status.st_mode):
        content = b"\0".join(sorted(os.listdir(os.fsencode(path))))  # noqa: PTH208 - as bytes
    else:
        content = path.read_bytes()
    return (status.st_mode, status.st_mtime, content)


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return Canary(tmp_path / "canary")


# --- one tree ---------------------------------------------------------------------------------------------

names = st.one_of(
    st.sampled_from(
        ["-rf", "*", "...", " ", "a\nb", "ä", "\udcff", LONGEST, MARKER, "tmp", "source", "A", "a"]
    ),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20),
).filter(lambda name: name not in {".", ".."} and len(os.fsencode(name)) <= 255)

Node = str | dict[str, "Node"]

leaves = st.sampled_from(
    ["file", "link", "link to a folder", "link up", "link to itself", "hard link", "pipe", "locked"]
)
trees: st.SearchStrategy[dict[str, Node]] = st.recursive(
    st.dictionaries(names, leaves, max_size=4),
    lambda below: st.dictionaries(names, st.one_of(leaves, below), max_size=4),
    max_leaves=25,
)


def grow(folder: Path, tree: dict[str, Node], canary: Canary) -> None:
    """Make a tree, with links of all kinds to the canary."""
    folder.mkdir()
    for name, node in tree.items():
        path = folder / name
        if isinstance(node, dict):
            grow(path, node, canary)
        elif node == "file":
            path.touch()
        elif node == "hard link":
            path.hardlink_to(canary.folder / "file")
        elif node == "pipe":
            os.mkfifo(path)
        elif node == "locked":
            path.mkdir()
            (path / "inside").touch()
            path.chmod(0)
        else:
            ends = {"link": "file", "link to a folder": "lib", "link up": ".."}
            path.symlink_to(canary.folder / ends[node] if node in ends else path)


@given(tree=trees)
@effort(40)
def test_a_tree_is_deleted_and_nothing_that_it_links_to(tree: dict[str, Node]) -> None:
    with tempfile.TemporaryDirectory() as place:
        canary = Canary(Path(place, "canary"))
        grow(Path(place, "tree"), tree, canary)
        delete(Path(place, "tree"))
        assert os.listdir(place) == ["canary"]  # noqa: PTH208 - names are all that is wanted
        canary.check()


@pytest.fixture
def top(tmp_path: Path) -> Iterator[Path]:
    """A folder to grow deep in: afterwards it is gone, since pytest could not remove it."""
    folder = tmp_path / "top"
    folder.mkdir()
    yield folder
    delete(folder)


def test_a_tree_deeper_than_paths_and_descriptors_go_is_deleted(top: Path, canary: Canary) -> None:
    place = os.open(top, os.O_RDONLY)
    for _ in range(300):
        os.symlink(canary.folder, "link", dir_fd=place)
        os.mkdir(LONGEST, dir_fd=place)
        outer, place = place, os.open(LONGEST, os.O_RDONLY, dir_fd=place)
        os.close(outer)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (place + 150, hard))
    os.close(place)
    try:
        delete(top)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not top.exists()
    canary.check()


@contextmanager
def meddling(at_call: int, meddle: Callable[[], None]) -> Iterator[Callable[[], int]]:
    """Call `meddle` before the n-th call of the system that `deleting` makes; give how many there were."""
    calls = 0

    def heed(frame: FrameType, event: str, function: object) -> None:
        nonlocal calls
        if event == "c_call" and frame.f_code.co_filename == deleting.__file__ and _is_systems(function):
            calls += 1
            if calls == at_call:
                sys.setprofile(None)
                meddle()
                sys.setprofile(heed)

    sys.setprofile(heed)
    try:
        yield lambda: calls
    finally:
        sys.setprofile(None)


def _is_systems(function: object) -> bool:
    return getattr(function, "__module__", "") == "posix"


@pytest.mark.parametrize("swapped", ["", "lib", "lib/deep", "..", "locked"])
def test_a_link_that_takes_a_folders_place_while_it_is_deleted_is_not_followed(
    tmp_path: Path, canary: Canary, swapped: str
) -> None:
    number, calls = 0, 0
    while calls >= number:
        number += 1
        outer = tmp_path / str(number)
        top = outer / "top"
        for name in ("lib/deep", "lib/other", "locked"):
            (top / name).mkdir(parents=True)
            (top / name / "file").touch()
        (top / "locked").chmod(0)
        place = Path(os.path.normpath(top / swapped))

        def swap(place: Path = place) -> None:
            if place.exists() and not place.is_symlink():
                place.rename(tmp_path / f"aside-{place.name}-{os.urandom(4).hex()}")
                place.symlink_to(canary.folder)

        with meddling(number, swap) as counted:
            with suppress(OSError):  # what it could not delete, a later run will
                delete(top)
            calls = counted()
        canary.check()
    assert number > 5


@pytest.mark.parametrize("swapped", ["envs", "envs/cell", "trash"])
def test_a_link_that_appears_while_an_environment_is_thrown_away_is_not_followed(
    tmp_path: Path, canary: Canary, swapped: str
) -> None:
    work_dir = tmp_path / ".runner"
    prepare_work_dir(work_dir)
    for name in ("envs/cell/lib", "trash/left"):
        (work_dir / name).mkdir(parents=True)
    mark(work_dir / "envs" / "cell")
    trash = Trash(work_dir)
    (work_dir / swapped).rename(tmp_path / "aside")
    (work_dir / swapped).symlink_to(canary.folder)
    for act in (trash.empty, lambda: trash.fresh(work_dir / "envs" / "cell")):
        with suppress(CellError, OSError):
            act()
    trash.close()
    canary.check()


# --- runs -------------------------------------------------------------------------------------------------

VERBS = (
    *(("run",), ("--reuse",), ("plan",), ("lock",), ("clean", "-e", "tests"), ("clean",)),
    *(("--reuse",), ("clean", "--all"), ("run",), ("clean", "--all", "--cache")),
)

LEAVES_LINKS = """
import os, pathlib, sys
canary, folder = sys.argv[1], pathlib.Path("made")
folder.mkdir(exist_ok=True)
(folder / "file").write_text("an artifact")
for name, end in {"to-file": "/file", "to-folder": "/lib", "up": "/.."}.items():
    if not (folder / name).is_symlink():
        (folder / name).symlink_to(canary + end)
tmp = pathlib.Path(os.environ["RUNNER_TMP"])
(tmp / "canary").symlink_to(canary)
(tmp / "deep" / "er").mkdir(parents=True)
os.chmod(tmp / "deep", 0)
kept = pathlib.Path(os.environ["RUNNER_JUNIT_DIR"]).parents[2] / "artifacts"
if len(sys.argv) > 2 and not kept.exists():
    kept.symlink_to(canary)
"""

CONFIG = f"""
    [sessions.tests]
    package = "none"
    deps = ["six"]
    artifacts = ["made", "**/to-*", "../**", "up/**"]
    retries = 1
    commands = [{python_command(LEAVES_LINKS, "CANARY")}]
    [sessions.copied]
    package = "none"
    source = "copy"
    artifacts = ["made"]
    commands = [{python_command(LEAVES_LINKS, "CANARY", "more")}, {python_command("raise SystemExit(1)")}]
    """


def prepare(folder: Path, canary: Canary) -> Project:
    """Write a project whose cells leave links to the canary wherever they can."""
    project = Project(folder)
    project.index.add("six")
    project.file("data", "text")
    (project.root / "linked").symlink_to(canary.folder)
    project.config(CONFIG.replace("CANARY", str(canary.folder)))
    return project


def check_verbs(project: Project, canary: Canary) -> None:
    """Do everything that writes or deletes, and look at the canary after each."""
    for verb in VERBS:
        outcome = project.run(*verb)
        assert outcome.exit_code in {0, 1, 2, 3, 4}, outcome
        canary.check()


def test_runs_and_cleaning_touch_nothing_outside(tmp_path: Path, canary: Canary) -> None:
    project = prepare(tmp_path / "a", canary)
    project.git()
    check_verbs(project, canary)
    assert sorted(os.listdir(project.root)) == [".git", "data", "linked", "locks", "made", "runner.toml"]  # noqa: PTH208 - names


@pytest.mark.parametrize("planted", some(IN_THE_WORK_DIR))
def test_links_planted_in_the_work_dir_lead_nowhere(tmp_path: Path, canary: Canary, planted: str) -> None:
    project = prepare(tmp_path / "a", canary)
    project.run().assert_exit(1)
    check_planted(project, project.root / ".runner" / planted, canary)


@pytest.mark.parametrize("planted", some(IN_THE_USER_CACHE))
def test_links_planted_in_the_user_cache_lead_nowhere(tmp_path: Path, canary: Canary, planted: str) -> None:
    project = prepare(tmp_path / "a", canary)
    project.run().assert_exit(1)
    (tmp_path / "a" / "cache" / ".pruned").unlink()
    check_planted(project, tmp_path / "a" / "cache" / planted, canary)


def check_planted(project: Project, place: Path, canary: Canary) -> None:
    """Let a link to the canary stand at `place` before each verb; without it a run is as ever."""
    for verb in VERBS:
        _remove(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(canary.folder / "file" if "." in place.name else canary.folder)
        outcome = project.run(*verb)
        assert outcome.exit_code in {0, 1, 2, 3, 4}, outcome
        canary.check()
    _remove(place)
    outcome = project.run().assert_exit(1).assert_cells({"tests": "passed", "copied": "failed"})
    canary.check()


def _remove(place: Path) -> None:
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)


def test_a_run_that_is_killed_and_the_next_touch_nothing_outside(tmp_path: Path, canary: Canary) -> None:
    project = prepare(tmp_path / "a", canary)
    config = (project.root / "runner.toml").read_text()
    wait = python_command("import pathlib, time; pathlib.Path('here').touch(); time.sleep(60)")
    project.config(config.replace("commands = [", f"teardown = [{wait}]\ncommands = ["))
    with project.start("-e", "tests") as started:
        started.wait_for(project.root / "here")
        started.send(signal.SIGKILL)
        started.wait()
    canary.check()
    project.config(config)
    check_verbs(project, canary)


# --- hostile text -----------------------------------------------------------------------------------------

parts = st.sampled_from(
    [
        "..",
        ".",
        "",
        "a",
        "link",
        "canary",
        "*",
        "**",
        "?",
        "~",
        "-rf",
        " ",
        LONGEST,
        "ä",
        "A",
        MARKER,
        ".runner",
        "\\",
    ]
)
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)
texts = st.one_of(paths, st.builds("ABOVE/{}".format, paths), names.filter(str.isprintable))


# A work-dir that is behind a link of the project's is there by the user's own words.
work_dirs = texts.filter(lambda text: not text.startswith("link"))


@given(name=texts, label=texts, artifact=texts, junit=texts, work_dir=work_dirs, cache=texts)
@effort(40)
def test_no_text_of_a_config_leads_out(  # noqa: PLR0917 - hypothesis passes them by name
    name: str, label: str, artifact: str, junit: str, work_dir: str, cache: str
) -> None:
    with tempfile.TemporaryDirectory() as place:
        above = Path(place, "1", "2", "3", "4")  # so many ".." as there may be stay in it
        canary = Canary(above / "canary", marked=False)  # else it is runner's by the user's own words
        project = Project(above)
        (project.root / "link").symlink_to(canary.folder)
        project.config(hostile(name, label, artifact, junit, work_dir).replace("ABOVE", str(above)))
        environ = {"RUNNER_CACHE_DIR": str(project.root / cache.replace("ABOVE", str(above)))}
        codes = []
        for verb in (("run",), ("clean", "--all"), ("--reuse",), ("clean", "--all", "--cache")):
            outcome = project.run(*verb, env=environ)
            codes.append(outcome.exit_code)
            assert outcome.exit_code in {0, 1, 2, 3, 4}, outcome
            canary.check()
        assert (project.root / "runner.toml").is_file()
        assert (project.root / "link").is_symlink()
        assert (project.root / "made" / "file").is_file() or codes[0] == USAGE


def hostile(name: str, label: str, artifact: str, junit: str, work_dir: str) -> str:
    make = "import os; os.makedirs('made', exist_ok=True); open('made/file', 'w').close()"
    return f"""
        work-dir = {json.dumps(work_dir)}
        [sessions.{json.dumps(name)}]
        backend = "none"
        package = "none"
        junit = {json.dumps(junit)}
        artifacts = [{json.dumps(artifact)}]
        commands = [{python_command(make)}]
        [sessions.{json.dumps(name)}.matrix]
        axis.{json.dumps(label)} = {{}}
        """
