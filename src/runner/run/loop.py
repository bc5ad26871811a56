"""The run's loop, on the main thread: the one place whose state changes.

Workers and signals only put into one queue; the loop takes from it, asks the scheduler what follows, and
tells everything that happens in one order.
"""

import math
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from runner.model.events import (
    Body,
    CellFinished,
    CellStarted,
    Interrupted,
    Notice,
    PlannedCell,
    RunStarted,
)
from runner.model.plan import ReadyCell
from runner.model.plugins import Collector
from runner.model.ports import RUN_TIMEOUT, Clock, Processes, Stop, Workshop
from runner.model.results import CellResult
from runner.model.secrets import NO_SECRETS, Concealer
from runner.run.cell import cell_log, log_path, result_of, run_cell, with_log
from runner.run.elsewhere import run_elsewhere
from runner.run.job import Announce, Elsewhere, Job, Tools
from runner.run.late_stop import LateStop
from runner.run.overdue import Overdue, whereabouts
from runner.run.progress import cut_short
from runner.run.scheduler import Action, Begin, CellEnded, Drop, Message, Start, Stopped, Want, initial, step
from runner.run.slow import Slow

_CALM, _KILL = 1, 2
_LOOK_UP = 1.0
"""Seconds: a signal that comes in the instant before the queue is waited on does not wake that wait."""

_JOIN = 10.0
"""Seconds for the workers when the run broke: what plugins block is not waited for for ever."""

Tell = Callable[[Body], None]
Signals = Callable[[Callable[[str], None]], AbstractContextManager[None]]


class Switch(Stop, Protocol):
    """A `Stop` that can be raised."""

    def rise(self, level: int, signal: str = "") -> None: ...


class _Ended(Struct, frozen=True):
    result: CellResult


class _Signal(Struct, frozen=True):
    name: str


_Mail = Body | _Ended | _Signal


def to_stderr(text: str) -> None:
    """Write a line for people beside the output of a command that has the terminal."""
    with suppress(OSError):  # the terminal was closed; the log has the line too, and teardown still runs
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def run(
    job: Job,
    *,
    workshop: Workshop,
    processes: Processes,
    collectors: tuple[tuple[str, Collector], ...],
    clock: Clock,
    switch: Switch,
    signals: Signals,
    tell: Tell,
    announce: Announce = to_stderr,
    concealer: Concealer = NO_SECRETS,
    elsewhere: Elsewhere | None = None,
) -> None:
    """Run every cell of `job` to its end and `tell` what happens, from RunStarted to the last CellFinished.

    `tell` is called on the thread that calls this, which is the main one when `signals` routes real signals.
    `announce` gets the lines that belong between the output of commands in passthrough. Whatever is raised
    here is a bug, or came from `tell`: then everything is killed first.
    """
    Path(job.logs).mkdir(parents=True, exist_ok=True)
    job = _with_real_folders(job)
    inbox: SimpleQueue[_Mail] = SimpleQueue()
    late = LateStop(switch)
    tools = Tools(
        job=job,
        workshop=workshop,
        processes=processes,
        collectors=collectors,
        clock=clock,
        stop=switch,
        late_stop=late,
        emit=inbox.put,
        announce=announce,
        concealer=concealer,
        elsewhere=elsewhere,
    )
    loop = _Loop(tools, switch, inbox, tell)
    try:
        with signals(lambda name: inbox.put(_Signal(name))):
            loop.drive()
    except BaseException:
        switch.rise(_KILL)
        loop.join(_JOIN)
        raise
    finally:
        late.close()


class _Loop:
    """The state of one run, touched by one thread."""

    def __init__(self, tools: Tools, switch: Switch, inbox: SimpleQueue[_Mail], tell: Tell) -> None:
        self._job = tools.job
        self._tools = tools
        self._switch = switch
        self._inbox = inbox
        self._tell = tell
        self._cells = {cell.id: cell for cell in self._job.cells}
        self._workers: dict[str, threading.Thread] = {}
        # In passthrough people see it themselves, and may be at a debugger's prompt.
        told = () if self._job.passthrough else self._job.cells
        self._slow = Slow({cell.id: cell.settings.slow_after for cell in told})
        self._overdue = Overdue(tools.late_stop, switch, self._job.cells)
        timeout = self._job.timeout
        self._deadline = math.inf if timeout is None else tools.clock.monotonic() + timeout
        self._state = initial(
            tuple(_want(cell, self._job) for cell in self._job.cells),
            slots=self._job.slots,
            limits=self._job.limits,
            fail_fast=self._job.fail_fast,
        )

    def drive(self) -> None:
        self._tell(_opening(self._job))
        for line in self._job.notices:
            self._tell(Notice(level="info", message=line))
        self._step(Begin())
        while not self._state.done:
            with suppress(Empty):
                self._take(self._inbox.get(timeout=_LOOK_UP))
            self._look_at_the_clock()

    def join(self, timeout: float) -> None:
        until = time.monotonic() + timeout
        for worker in self._workers.values():
            worker.join(max(0.0, until - time.monotonic()))

    def _take(self, mail: _Mail) -> None:
        if isinstance(mail, _Signal):
            again = bool(self._switch.level)
            if self._switch.level >= _KILL:
                self._overdue.hurry()
            self._switch.rise(_KILL if again else _CALM, mail.name)
            self._tell(Interrupted(signal=mail.name, again=again))
            self._step(Stopped(*cut_short(self._tools)))
        elif isinstance(mail, _Ended):
            result = mail.result
            worker = self._workers.pop(result.id, None)
            if worker is not None:
                worker.join()
            self._finish(result)
        else:
            self._tell(mail)
            self._slow.heed(mail, self._tools.clock.monotonic())

    def _look_at_the_clock(self) -> None:
        now = self._tools.clock.monotonic()
        for notice in self._slow.due(now):
            self._tell(notice)
        if now >= self._deadline and not self._switch.level:
            self._switch.rise(_CALM, RUN_TIMEOUT)
            outcome, reason = cut_short(self._tools)
            self._tell(Notice(level="warning", message=f"{reason}: stopping the running cells"))
            self._step(Stopped(outcome, f"it was not started: {reason}"))

        if self._overdue.look(now):
            for id_, worker in tuple(self._workers.items()):
                del self._workers[id_]
                self._leave_behind(self._cells[id_], worker)

    def _leave_behind(self, cell: ReadyCell, worker: threading.Thread) -> None:
        place, stack = whereabouts(worker)
        log = cell_log(cell, self._tools)
        outcome, reason = cut_short(self._tools)
        said = f"{reason}, but {place} did not end: left behind"
        with suppress(OSError):
            log.note(f"{stack}\n{said}")
        self._finish(with_log(result_of(cell, outcome, said), log))

    def _finish(self, result: CellResult) -> None:
        self._tell(CellFinished(result=result))
        absent = result.outcome == "skipped"
        self._step(CellEnded(result.id, result.outcome, allowed=result.allowed, absent=absent))

    def _step(self, message: Message) -> None:
        self._state, actions = step(self._state, message)
        for action in actions:
            self._act(action)

    def _act(self, action: Action) -> None:
        if isinstance(action, Start):
            self._start(self._cells[action.id])
        elif isinstance(action, Drop):
            result = result_of(self._cells[action.id], action.outcome, action.reason)
            self._tell(CellFinished(result=result))

    def _start(self, cell: ReadyCell) -> None:
        self._tell(CellStarted(cell=cell.id, log=str(log_path(cell, self._job))))
        worker = threading.Thread(
            target=_work, args=(cell, self._tools, self._inbox), name=f"cell {cell.id}", daemon=True
        )
        try:
            worker.start()
        except RuntimeError as error:  # the system has no thread left for us
            self._inbox.put(_Ended(result_of(cell, "error", f"no worker could be started: {error}")))
        else:
            self._workers[cell.id] = worker


def _work(cell: ReadyCell, tools: Tools, inbox: SimpleQueue[_Mail]) -> None:
    """Run the cell; whatever is raised ends this cell, and no other."""
    try:
        where = tools.elsewhere
        result = run_cell(cell, tools) if where is None else run_elsewhere(cell, tools, where)
    except BaseException as error:  # noqa: BLE001 - a cell that never ended would hang the run
        log = cell_log(cell, tools)
        result = with_log(result_of(cell, "error", log.note_unexpected(error)), log)
    inbox.put(_Ended(result))


def _with_real_folders(job: Job) -> Job:
    """Return the job with what its own folders are now: links in their paths that come later are planted."""
    folder, logs, scratch = map(os.path.realpath, (job.folder, job.logs, job.scratch))
    return replace(job, folder=folder, logs=logs, scratch=scratch)


def _opening(job: Job) -> RunStarted:
    cells = tuple(
        PlannedCell(cell.id, cell.cell.session, cell.cell.axes, job.plan.expected.get(cell.id))
        for cell in job.cells
    )
    return RunStarted(
        version=job.version,
        root=job.root,
        folder=job.folder,
        jobs=job.slots,
        cells=cells,
        live=job.live,
        passthrough=job.passthrough,
    )


def _want(cell: ReadyCell, job: Job) -> Want:
    edges = job.plan.edges[cell.id]
    settings = cell.settings
    return Want(
        id=cell.id,
        cpus=settings.cpus,
        limits=settings.limits,
        exclusive=settings.exclusive,
        needs=edges.needs,
        after=edges.after,
    )
