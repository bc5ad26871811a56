"""What one attempt did so far, kept and told as it goes."""

from collections.abc import Callable
from typing import Literal, TypeVar

from runner.model.environment import Built, Environment, Lock
from runner.model.errors import Cancelled, CellError, first_line
from runner.model.events import StepFinished, StepStarted
from runner.model.plan import EnvSpec, ReadyCell
from runner.model.ports import RUN_TIMEOUT
from runner.model.results import Exit, Exited, Installed, NotStarted, Outcome, Phase, StepResult
from runner.model.words import chosen_time
from runner.run.job import Tools
from runner.run.log import CellLog

T = TypeVar("T")


class Ended(Exception):  # noqa: N818 - says how an attempt ends, good or bad
    """Leaves the preparation of an attempt: it goes no further."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome: Outcome = outcome
        self.reason = reason


class Progress:
    """One attempt in the making: used by one worker, never shared."""

    def __init__(self, cell: ReadyCell, number: int, tools: Tools, log: CellLog) -> None:
        self.cell = cell
        self.number = number
        self.tools = tools
        self.log = log
        self.steps: list[StepResult] = []
        self.spec: EnvSpec = cell.spec
        self.lock: Lock | None = None
        self.environment: Environment | None = None
        self.packages: tuple[Installed, ...] = ()
        self.installed: Built | None = None
        self.warnings: list[str] = []
        self.commands = 0
        self._since = tools.clock.monotonic()

    @property
    def seconds(self) -> float:
        """How long the attempt took so far."""
        return self.tools.clock.monotonic() - self._since

    def next_command(self) -> int:
        """Return the number of the next command in this attempt, from 1."""
        self.commands += 1
        return self.commands

    def warn(self, message: str) -> None:
        """Keep something that people should know and that does not change the outcome."""
        self.warnings.append(message)

    def begin(self, phase: Phase, argv: tuple[str, ...] = (), detail: str = "") -> float:
        """Tell that a step begins; return its start for `end`."""
        self.tools.emit(
            StepStarted(cell=self.cell.id, attempt=self.number, phase=phase, argv=argv, detail=detail)
        )
        return self.tools.clock.monotonic()

    def end(
        self,
        phase: Phase,
        since: float,
        exit_: Exit,
        *,
        ok: bool,
        reason: str = "",
        argv: tuple[str, ...] = (),
    ) -> StepResult:
        """Keep and tell how a step ended."""
        result = StepResult(
            phase=phase,
            attempt=self.number,
            argv=argv,
            exit=exit_,
            ok=ok,
            duration=self.tools.clock.monotonic() - since,
            reason=reason,
        )
        self.steps.append(result)
        self.tools.emit(StepFinished(cell=self.cell.id, result=result))
        return result

    def phase(self, phase: Phase, work: Callable[[], T], *, busy: bool = True, detail: str = "") -> T:
        """Do the work of a phase in this process. Raises Ended when that ends the attempt.

        One that has nothing to do (`busy` false) is not told of, unless it fails.
        """
        if self.tools.stop.level:
            raise self._cut_short(phase)
        since = self.begin(phase, detail=detail) if busy else self.tools.clock.monotonic()
        try:
            made = work()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            ended = self._ended(phase, error)
        else:
            if busy:
                self.end(phase, since, Exited(0), ok=True)
            return made
        if not busy:
            self.begin(phase, detail=detail)
        self.end(phase, since, NotStarted(ended.reason), ok=False, reason=ended.reason)
        raise ended

    def _ended(self, phase: Phase, error: BaseException) -> Ended:
        """Return how the attempt ends when `phase` raised `error`.

        The level of the stop decides: what was interrupted says so in many ways.
        """
        known = isinstance(error, Cancelled | CellError)
        unexpected = "" if known else self.log.note_unexpected(error)
        if isinstance(error, Cancelled) or self.tools.stop.level:
            return self._cut_short(phase)
        if not isinstance(error, CellError):
            return Ended("error", unexpected)
        if not error.skip:
            self.log.note(error.message)
        return Ended("skipped" if error.skip else "error", first_line(error.message))

    def _cut_short(self, phase: Phase) -> Ended:
        return Ended(*cut_short(self.tools, phase))


def cut_short(tools: Tools, doing: str = "") -> tuple[Literal["failed", "cancelled"], str]:
    """Return how a cell ends that the stop of the run ended, and why, in words.

    `doing` is what it was at, which is worth knowing when the time was used up.
    """
    if tools.stop.signal == RUN_TIMEOUT:
        used_up = f"the run-timeout of {chosen_time(tools.job.timeout or 0.0)} is used up"
        return "failed", f"{doing}: {used_up}" if doing else used_up
    return "cancelled", f"the run was stopped by {tools.stop.signal or 'a request'}"
