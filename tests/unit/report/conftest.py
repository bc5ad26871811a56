"""A run told to a plain reporter, event by event."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runner.model.events import Body, CellFinished, CellStarted, Event, PlannedCell, RunFinished, RunStarted
from runner.model.options import Options
from runner.model.results import Attempt, CellResult, Exited, Outcome, StepResult, TestResult
from runner.report import PlainReporter


class Screen(io.StringIO):
    """A stream that is, or is not, a terminal."""

    def __init__(self, *, tty: bool = False) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


class Story:
    """Tells events to a reporter, and has what it showed."""

    def __init__(self, folder: Path, options: Options, *, tty: bool) -> None:
        self.folder = folder
        self.screen = Screen(tty=tty)
        self.reporter = PlainReporter(self.screen, options)
        self._count = 0

    def tell(self, *bodies: Body) -> None:
        for body in bodies:
            self._count += 1
            self.reporter.handle(Event("r", self._count, float(self._count), body))

    def start(self, *ids: str, jobs: int = 1, live: bool = False, passthrough: bool = False) -> None:
        cells = tuple(PlannedCell(id_, "s", {}) for id_ in ids)
        self.tell(
            RunStarted(
                version="1",
                root="/p",
                folder=str(self.folder),
                jobs=jobs,
                cells=cells,
                live=live,
                passthrough=passthrough,
            )
        )

    def start_cell(self, id_: str) -> Path:
        """Start a cell and return its log."""
        log = self.log(id_)
        self.tell(CellStarted(cell=id_, log=str(log)))
        return log

    def log(self, id_: str) -> Path:
        return self.folder / f"{id_}.log"

    def cell(
        self,
        id_: str,
        outcome: Outcome = "passed",
        *,
        output: str | None = None,
        **settings: object,
    ) -> CellResult:
        """Return a cell's result; a failed one ran `pytest -q`, which exited with 1."""
        if output is not None:
            self.log(id_).write_text(output)
        bad = outcome == "failed"
        step = StepResult(
            phase="command",
            attempt=1,
            argv=("pytest", "-q"),
            exit=Exited(int(bad)),
            ok=not bad,
            duration=1.0,
            reason="exited with code 1" if bad else "",
        )
        tests = settings.pop("tests", ())
        assert isinstance(tests, tuple)
        attempt = Attempt(number=1, outcome=outcome, duration=1.0, steps=(step,), tests=tests)
        values: dict[str, object] = {
            "reason": "`pytest -q` exited with code 1" if bad else "",
            "duration": 1.2,
            "python": "3.11.9",
            "attempts": (attempt,),
            "log": str(self.log(id_)) if self.log(id_).exists() else None,
        }
        return CellResult(id=id_, session="s", axes={}, outcome=outcome, **(values | settings))  # type: ignore[arg-type] # names are checked by msgspec

    def finish_cells(self, *cells: CellResult) -> None:
        self.tell(*(CellFinished(result=cell) for cell in cells))

    def finish(self, outcome: Outcome = "passed", exit_code: int = 0, lines: tuple[str, ...] = ()) -> None:
        self.tell(RunFinished(outcome=outcome, exit_code=exit_code, duration=8.1, lines=lines))
        self.reporter.close()

    @property
    def shown(self) -> str:
        return self.screen.getvalue()

    @property
    def lines(self) -> list[str]:
        return self.shown.splitlines()

    @staticmethod
    def failed_test(id_: str, message: str = "boom") -> TestResult:
        return TestResult(id=id_, outcome="failed", duration=0.1, message=message)


NewStory = Callable[..., Story]


@pytest.fixture
def new_story(tmp_path: Path) -> Iterator[NewStory]:
    """Make a story with options of the command line, such as `quiet=True`."""
    with ExitStack() as at_the_end:

        def new_story(
            *,
            tty: bool = False,
            verbose: int = 0,
            quiet: bool = False,
            colour: bool = False,
            rerun: tuple[str, ...] = (),
        ) -> Story:
            options = Options(
                root="/project",
                run_folder=str(tmp_path),
                verbose=verbose,
                quiet=quiet,
                colour=colour,
                rerun=rerun,
            )
            story = Story(tmp_path, options, tty=tty)
            at_the_end.callback(story.reporter.close)
            return story

        yield new_story


@pytest.fixture
def story(new_story: NewStory) -> Story:
    """A story for a pipe."""
    return new_story()
