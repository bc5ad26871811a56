"""A project to kill runner in, and all that must be true of it after that."""

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from runner.testing import Invocation, Project, python_command
from runner.testing.process import Started

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
"""Whether the long loops run."""

_USES = """
import base64, hashlib, importlib.metadata, importlib.util, marshal, os, pathlib, sys
import attrs, greeter, six

for dist in importlib.metadata.distributions():
    for file in dist.files or ():
        path = pathlib.Path(str(dist.locate_file(file)))
        assert path.is_file(), f"{path} of {dist.name} is not there"
        if file.hash is not None and file.suffix != ".pyc":
            digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, path.read_bytes()).digest())
            assert digest.rstrip(b"=").decode() == file.hash.value, f"{path} is not as recorded"
for module in (attrs, greeter, six):
    compiled = pathlib.Path(importlib.util.cache_from_source(module.__file__))
    if compiled.exists():
        text = pathlib.Path(module.__file__).read_bytes()
        expected = compile(text, module.__file__, "exec", dont_inherit=True)
        assert marshal.loads(compiled.read_bytes()[16:]).co_code == expected.co_code, f"{compiled} is another"
pathlib.Path("kept").mkdir(exist_ok=True)
pathlib.Path("kept", sys.argv[1]).write_text(greeter.VERSION)
pathlib.Path(os.environ["RUNNER_JUNIT_DIR"], "results.xml").write_text(
    '<testsuite><testcase classname="a" name="b"/></testsuite>'
)
print("greeter", greeter.VERSION)
"""
"""Checks all that is installed against what was recorded of it, and bytecode against its source."""

_HALF_MADE = re.compile(r"\.(part|gone)-[0-9a-f]{12}|\..+\.[0-9a-f]{8}|\.durations\.json\.\w+")
"""The names of what is still being written, or deleted."""

_LONG_AGO = 2 * 24 * 3600.0
_PATIENCE = 30.0


class Victim:
    """A project with a package, dependencies and two cells that check what they get, and that keep files."""

    def __init__(self, folder: Path, package: str = "wheel") -> None:
        self.project = Project(folder)
        self.work_dir = self.project.root / ".runner"
        self.cache = folder / "cache"
        self.version = "1.0"
        self._known: dict[str, bytes] = {}
        self.project.index.add("attrs", "25.1")
        self.project.index.add("six")
        self.project.package("greeter", requires=("attrs",))
        self.project.config(
            f"""
            [sessions.tests]
            package = "{package}"
            deps = ["six"]
            commands = [{python_command(_USES, "{n}")}]
            artifacts = ["kept/*"]
            [sessions.tests.matrix]
            n = ["1", "2"]
            """
        )

    def make_cold(self) -> None:
        """Forget all but what uv has."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def change(self) -> None:
        """Change the package's source."""
        self.version = f"1.{int(self.version.partition('.')[2]) + 1}"
        self.project.file("src/greeter.py", f"VERSION = {self.version!r}\n")

    def forget(self) -> None:
        """Let the history go: `clean --all` may take it away."""
        self._known = {}

    def start(self, *argv: str, env: Mapping[str, str] | None = None) -> Started:
        """Start runner, quietly."""
        return self.project.start(*argv, "-q", env=env)

    def check(self, *argv: str) -> Invocation:
        """Run to the end, and check that the run is right, that nothing was lost and nothing stays.

        `argv` is `run` with options, or another verb.
        """
        options = ("-j2",) if "lock" not in argv and "clean" not in argv else ()
        outcome = self.project.run_process(*argv, *options).assert_exit(0)
        if options:
            self._check_cells(outcome)
        assert self._lost() == []
        assert self.left() == []
        waited_for(lambda: not still_running(self.project.folder))
        self.remember()
        return outcome

    def remember(self) -> None:
        """Take what is in `runs/` for the history that may not be lost from now on."""
        self._known = dict(self._results())

    def left(self) -> list[str]:
        """Return what killed runs left, but for what could belong to one that is alive: that stays a day."""
        places = [path for path in _entries(self.work_dir / "scratch") if (path / "lock").exists()]
        places += _entries(self.work_dir / "trash")
        places += [path for path in _entries(self.project.root) if _HALF_MADE.fullmatch(path.name)]
        places += [path for path in _entries(self.project.root / "locks") if _HALF_MADE.fullmatch(path.name)]
        return [str(path) for path in places]

    def check_that_nothing_stays(self) -> None:
        """Let two days go by for all that is half made, and check that the next run takes it away."""
        for path in self._half_made():
            ago = time.time() - _LONG_AGO
            os.utime(path, (ago, ago), follow_symlinks=False)
        (self.cache / ".pruned").unlink(missing_ok=True)
        self.check()
        assert [str(path) for path in self._half_made()] == []

    def add_old_runs(self, count: int) -> None:
        """Add finished runs that are older than what is kept."""
        for number in range(count):
            run = f"20200101T00{number // 60:02}{number % 60:02}Z-0000"
            for kind in ("runs", "logs"):
                folder = self.work_dir / kind / run / "artifacts"
                folder.mkdir(parents=True, exist_ok=True)
                for name in "abcdef":
                    (folder / name).touch()
            (self.work_dir / "runs" / run / "result.json").write_text("{}")
        self.remember()

    def _check_cells(self, outcome: Invocation) -> None:
        assert {cell.outcome for cell in outcome.cells.values()} == {"passed"}
        assert set(outcome.cells) == {"tests-n1", "tests-n2"}
        for id_, cell in outcome.cells.items():
            lines = outcome.log(id_).splitlines()
            assert [line for line in lines if line.startswith("greeter ")] == [f"greeter {self.version}"]
            assert [test.outcome for test in cell.tests] == ["passed"]
        assert outcome.result is not None
        kept = self.work_dir / "runs" / outcome.result.run.id / "artifacts"
        for n in ("1", "2"):
            assert (kept / f"tests-n{n}" / "kept" / n).read_text() == self.version

    def _results(self) -> Iterator[tuple[str, bytes]]:
        for folder in _entries(self.work_dir / "runs"):
            if (folder / "result.json").is_file():
                yield folder.name, (folder / "result.json").read_bytes()

    def _lost(self) -> list[str]:
        """Return the finished runs that are not as they were; old ones may be gone, but not half."""
        now = dict(self._results())
        there = {folder.name for folder in _entries(self.work_dir / "runs")}
        return [
            name
            for name, content in self._known.items()
            if now.get(name) != content and (name in there or not name.startswith("2020"))
        ]

    def _half_made(self) -> list[Path]:
        skipped = {self.work_dir / name for name in ("envs", "runs", "logs")}
        found = _entries(self.work_dir / "scratch")
        for top in (self.work_dir, self.cache):
            for parent, folders, files in os.walk(top):
                found += [Path(parent, name) for name in (*folders, *files) if _HALF_MADE.fullmatch(name)]
                folders[:] = [name for name in folders if Path(parent, name) not in skipped]
        return found


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def still_running(folder: Path) -> list[str]:
    """Return the processes of steps that were started for a project in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = b"\0" + (process / "environ").read_bytes()
            if b"\0RUNNER_STEP_ID=" in variables and bytes(folder) in variables:
                found.append(f"{process.name}: {(process / 'cmdline').read_bytes()!r}")
        except OSError:  # it is gone
            continue
    return found


def waited_for(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds. Raises AssertionError when it does not for long."""
    until = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.005)


def is_running(started: Started) -> bool:
    """Say whether runner has not ended yet."""
    return started._process.poll() is None


def kill(started: Started) -> None:
    """Kill runner by KILL, and nobody else, unless it has ended by itself."""
    if is_running(started):
        started.send(signal.SIGKILL)
    started.wait()


class KilledAtACall:
    """Runs runner so that it is killed just before its N-th change to the file system."""

    def __init__(self, victim: Victim) -> None:
        self._victim = victim
        self._note = victim.project.folder / "note"

    def run(self, number: int, *argv: str) -> str:
        """Run it; return at which call it was killed, empty when it made fewer and ended by itself."""
        outcome = self._run(number, *argv)
        return self._note.read_text() if outcome.exit_code == -signal.SIGKILL else ""

    def count(self, *argv: str) -> int:
        """Run to the end; return how many changes that made."""
        self._run(0, *argv)
        return int(self._note.read_text())

    def _run(self, number: int, *argv: str) -> Invocation:
        killer = Path(__file__).parent / "killer"
        variables = {"PYTHONPATH": str(killer), "KILL_AT": str(number), "KILL_NOTE": str(self._note)}
        with self._victim.start(*argv, env=variables) as started:
            return started.wait()
