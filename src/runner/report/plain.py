"""Plain text for pipes, CI and terminals: lines in completion order, then the summary."""

import shutil

from runner.model.events import (
    AttemptStarted,
    CellFinished,
    CellStarted,
    Event,
    Interrupted,
    Notice,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
)
from runner.model.options import Options
from runner.model.plugins import Stream
from runner.model.results import CellResult, StepResult
from runner.model.visible import line, visible
from runner.model.words import exit_words
from runner.report.cells import cell_line, counts, failure_lines, is_bad, marker, output_block
from runner.report.follow import Follower
from runner.report.logs import tail
from runner.report.style import Style
from runner.report.summary import failing_tests, next_step, table, totals, why
from runner.report.words import duration, first_line, plural

_WIDEST_ID = 60


class PlainReporter:
    """Shows a run to people. It reads the log files that events name, and nothing else."""

    def __init__(self, stream: Stream, options: Options) -> None:
        self._stream = stream
        self._quiet = options.quiet
        self._verbose = options.verbose > 0
        self._rerun = options.rerun
        self._style = Style(colour=options.colour)
        self._run = RunStarted(version="", root="", folder="", jobs=1, cells=())
        self._width = 0
        self._results: dict[str, CellResult] = {}
        self._started: set[str] = set()
        self._details: dict[str, str] = {}
        self._followers: dict[str, Follower] = {}
        self._warned: set[tuple[str, str]] = set()

    def handle(self, event: Event) -> None:
        """Show one event, and what came out of running cells before it."""
        self.tick()
        body = event.body
        if isinstance(body, RunStarted):
            self._on_run_started(body)
        elif isinstance(body, Notice):
            self._on_notice(body)
        elif isinstance(body, Interrupted):
            self._say(self._style.paint(_interruption(body), "yellow"))
        elif isinstance(body, RunFinished):
            self._on_run_finished(body)
        else:
            self._on_cell(body)
        self._stream.flush()

    def tick(self) -> None:
        """Copy what running cells wrote since the last time."""
        for follower in self._followers.values():
            follower.poll()
        if self._followers:
            self._stream.flush()

    def close(self) -> None:
        """End a run that had no end: what its cells wrote is shown."""
        for follower in self._followers.values():
            follower.finish()
        self._followers.clear()
        self._stream.flush()

    def _on_run_started(self, body: RunStarted) -> None:
        self._run = body
        self._width = min(_WIDEST_ID, max((len(cell.id) for cell in body.cells), default=0))
        if not self._quiet:
            jobs = "" if self._is_alone else f", {plural(body.jobs, 'job')}"
            self._say(f"{plural(len(body.cells), 'cell')}{jobs}")

    def _on_cell(
        self, body: CellStarted | AttemptStarted | StepStarted | StepFinished | CellFinished
    ) -> None:
        if isinstance(body, CellStarted):
            self._on_cell_started(body)
        elif isinstance(body, CellFinished):
            self._on_cell_finished(body.result)
        elif isinstance(body, StepStarted):
            self._details[body.cell] = body.detail
        elif self._quiet:
            return
        elif isinstance(body, StepFinished):
            if self._verbose:
                self._say(self._style.paint(self._step_line(body.cell, body.result), "dim"))
        elif body.attempt > 1 and body.cell not in self._followers:
            self._say(f"{line(body.cell)}: attempt {body.attempt} of {body.of}")

    def _on_cell_started(self, body: CellStarted) -> None:
        self._started.add(body.cell)
        if not self._run.live or self._run.passthrough or self._quiet:
            return
        several_at_once = self._run.jobs > 1 and len(self._run.cells) > 1
        prefix = self._style.paint(f"{line(body.cell)} | ", "dim") if several_at_once else ""
        if not prefix and len(self._run.cells) > 1:
            self._say(marker(body.cell, self._style))
        self._followers[body.cell] = Follower(body.log, self._write, prefix=prefix, colour=self._style.colour)

    def _on_cell_finished(self, result: CellResult) -> None:
        self._results[result.id] = result
        self._details.pop(result.id, None)
        follower = self._followers.pop(result.id, None)
        if follower is not None:
            follower.finish()
        never_ran = result.outcome == "cancelled" and result.id not in self._started
        if (self._quiet and not counts(result)) or (never_ran and not self._is_alone):
            return
        shown = self._show_output(result, followed=follower is not None) if is_bad(result) else None
        self._say(cell_line(result, self._style, width=self._width, alone=self._is_alone))
        for warning in result.warnings:
            self._warn(result.id, warning, f"  warning: {visible(warning)}")
        if is_bad(result):
            self._say(*failure_lines(result, shown))

    def _show_output(self, result: CellResult, *, followed: bool) -> str | None:
        """Show what a failed cell wrote, unless that was seen, and return what stands there now."""
        if self._run.passthrough or result.log is None:
            return None
        end = tail(result.log)
        if not followed:
            self._say(*output_block(result, end, self._style))
        return end.text

    def _on_notice(self, body: Notice) -> None:
        about = f"{line(body.cell)}: " if body.cell else ""
        if body.level == "warning":
            self._warn(body.cell, body.message, f"warning: {about}{visible(body.message)}")
        elif not self._quiet:
            self._say(f"note: {about}{visible(body.message)}")

    def _on_run_finished(self, body: RunFinished) -> None:
        order = {cell.id: at for at, cell in enumerate(self._run.cells)}
        results = sorted(self._results.values(), key=lambda result: order.get(result.id, len(order)))
        listed = [result for result in results if counts(result) or not self._quiet]
        lines: list[str] = []
        if listed and not self._is_alone and not (self._quiet and len(listed) == 1):
            width = shutil.get_terminal_size().columns if self._stream.isatty() else None
            lines += ["", *table(listed, self._style, width), ""]
            tests = failing_tests(results)
            lines += [*tests, ""] if tests else []
        if body.exit_code or not self._quiet:
            lines.append(totals(results, body, self._style))
            lines += [visible(each) for each in body.lines]
            lines += filter(None, [why(body), next_step(results, self._rerun)])
        self._say(*lines)

    @property
    def _is_alone(self) -> bool:
        return len(self._run.cells) == 1

    def _step_line(self, cell: str, step: StepResult) -> str:
        about = first_line(step.reason) or first_line(self._details.get(cell, ""))
        if not about and step.argv and not step.ok:
            about = line(exit_words(step.exit))
        where = "" if self._is_alone else f"{line(cell)}: "
        return f"{where}{step.phase} {duration(step.duration)}" + (f": {about}" if about else "")

    def _warn(self, cell: str, message: str, shown: str) -> None:
        if not self._quiet and (cell, message) not in self._warned:
            self._warned.add((cell, message))
            self._say(self._style.paint(shown, "yellow"))

    def _say(self, *lines: str) -> None:
        for follower in self._followers.values():
            follower.break_line()
        for each in lines:
            self._write(f"{each}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)


def _interruption(body: Interrupted) -> str:
    if body.again:
        return f"interrupted again ({line(body.signal)}): killing what still runs"
    return f"interrupted ({line(body.signal)}): stopping the running cells; once more kills them"
