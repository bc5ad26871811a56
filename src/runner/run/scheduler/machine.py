"""The rules by which cells start: a pure function from state and message to state and actions.

Cells start in the order of the plan, as far as they fit: a cell that waits for slots or for a limit does not
block those behind it. So that it is not kept out for ever, the first waiting cell that asks for more than
one slot or limit may be overtaken by as many cells as there are slots; then those behind it are held back:
all of them when it waits for slots, else those that would take a limit that it needs.

A step looks at gates, widths and held limits, never at every cell, so a run of ten thousand cells is cheap.
"""

from typing import Literal, Union

from msgspec import Struct
from msgspec.structs import replace

from runner.model.results import Outcome
from runner.run.scheduler.board import Board, Want, lay_out
from runner.run.scheduler.cellset import indexes, lowest, mask

_NAMED = 3
_NOBODY = -1

Ending = Literal["met", "absent", "failed", "error", "skipped", "cancelled"]


class Begin(Struct, frozen=True):
    """The run begins."""


class CellEnded(Struct, frozen=True):
    """A cell that was started ended. `absent`: it was skipped for want of interpreter or platform."""

    id: str
    outcome: Outcome
    allowed: bool = False
    absent: bool = False


class Stopped(Struct, frozen=True):
    """The run is to stop, for that reason; what has not started ends with that outcome."""

    outcome: Literal["cancelled", "failed"]
    reason: str


Message = Union[Begin, CellEnded, Stopped]  # noqa: UP007 - beside the other unions, one spelling for 3.10


class Start(Struct, frozen=True):
    """Run this cell now."""

    id: str


class Drop(Struct, frozen=True):
    """This cell ends without having run."""

    id: str
    outcome: Literal["skipped", "cancelled", "failed"]
    reason: str


class Done(Struct, frozen=True):
    """Every cell ended."""


Action = Union[Start, Drop, Done]  # noqa: UP007 - beside the other unions, one spelling for 3.10


class State(Struct, frozen=True, kw_only=True):
    """Where a run stands. A cell is in one of `pending` (gate closed), `ready`, `running`, or has ended.

    `ends` are the ended cells by how they ended, `held` counts how many cells hold a limit, `head` is the
    demanding cell that was last seen waiting, `overtaken` how many started past it.
    """

    board: Board
    pending: int
    free: int
    ready: int = 0
    running: int = 0
    ends: dict[Ending, int] = {}
    held: dict[str, int] = {}
    head: int = _NOBODY
    overtaken: int = 0
    done: bool = False


Step = tuple[State, tuple[Action, ...]]


def initial(wants: tuple[Want, ...], *, slots: int, limits: dict[str, int], fail_fast: bool) -> State:
    """Return the state before `Begin`. Raises what `lay_out` raises."""
    board = lay_out(wants, slots=slots, sizes=limits, fail_fast=fail_fast)
    return State(board=board, pending=mask(range(len(wants)), len(wants)), free=slots)


def step(state: State, message: Message) -> Step:
    """Take in `message`. Raises ValueError when a cell ends that does not run, or cells wait in a circle."""
    drops: tuple[Drop, ...] = ()
    if isinstance(message, Begin):
        state, drops = _open(state, tuple(range(len(state.board.gates))))
    elif isinstance(message, Stopped):
        state, drops = _close(state, message.outcome, message.reason)
    else:
        state, drops = _end(state, message)
    state, starts = _fill(state)
    if state.done or state.running:
        return state, (*drops, *starts)
    if state.pending:
        waiting = ", ".join(state.board.ids[at] for at in indexes(state.pending))
        raise ValueError(f"these cells wait for each other: {waiting}")
    return replace(state, done=True), (*drops, Done())


def _end(state: State, message: CellEnded) -> tuple[State, tuple[Drop, ...]]:
    board = state.board
    at = board.index[message.id]
    if not state.running >> at & 1:
        raise ValueError(f"{message.id} ended, but it was not running")
    held = dict(state.held)
    for name in board.limits[at]:
        held[name] -= 1
        if not held[name]:
            del held[name]
    state = replace(
        state,
        running=state.running ^ 1 << at,
        free=state.free + board.widths[at],
        held=held,
        ends=_with(state.ends, _ending(message), 1 << at),
    )
    if board.fail_fast and message.outcome in {"failed", "error"} and not message.allowed:
        return _close(state, "cancelled", f"--fail-fast: {message.id} {_WORDS[message.outcome]}")
    return _open(state, board.behind.get(at, ()))


def _ending(message: CellEnded) -> Ending:
    if message.outcome == "passed" or message.allowed:
        return "met"
    return "absent" if message.absent else message.outcome


def _with(ends: dict[Ending, int], ending: Ending, cells: int) -> dict[Ending, int]:
    return {**ends, ending: ends.get(ending, 0) | cells}


def _close(
    state: State, outcome: Literal["cancelled", "failed"], reason: str
) -> tuple[State, tuple[Drop, ...]]:
    """Let nothing more start: all that has not started ends so."""
    rest = state.pending | state.ready
    drops = tuple(Drop(state.board.ids[at], outcome, reason) for at in indexes(rest))
    return replace(state, pending=0, ready=0, ends=_with(state.ends, outcome, rest)), drops


def _open(state: State, gates: tuple[int, ...]) -> tuple[State, tuple[Drop, ...]]:
    """Open those of `gates` whose cells all ended; where a need is not met, drop them."""
    board = state.board
    drops: list[Drop] = []
    todo = list(reversed(gates))
    while todo:
        gate = board.gates[todo.pop()]
        if gate.waits & (state.pending | state.ready | state.running) or not gate.cells & state.pending:
            continue
        reason = _unmet(state, gate.needs)
        state = replace(state, pending=state.pending & ~gate.cells)
        if not reason:
            state = replace(state, ready=state.ready | gate.cells)
            continue
        state = replace(state, ends=_with(state.ends, "skipped", gate.cells))
        for at in indexes(gate.cells):
            drops.append(Drop(board.ids[at], "skipped", reason))
            todo.extend(reversed(board.behind.get(at, ())))
    return state, tuple(drops)


_WORDS: dict[str, str] = {
    "failed": "failed",
    "error": "could not run",
    "skipped": "was skipped",
    "cancelled": "was cancelled",
    "absent": "was skipped",
}


def _unmet(state: State, needs: int) -> str:
    """Return why `needs` are not met, empty when they are."""
    met, absent = state.ends.get("met", 0), state.ends.get("absent", 0)
    bad = needs & ~met & ~absent
    if not needs or (needs & met and not bad):
        return ""
    causes = bad or needs
    named = [
        f"{state.board.ids[at]}, which {_WORDS[ending]}"
        for at, _ in zip(indexes(causes), range(_NAMED), strict=False)
        for ending, members in state.ends.items()
        if members >> at & 1
    ]
    more = causes.bit_count() - len(named)
    return f"needs {'; '.join(named)}" + (f"; and {more} more" if more else "")


def _fill(state: State) -> tuple[State, tuple[Start, ...]]:
    starts: list[Start] = []
    while (at := _next(state)) is not None:
        state = _started(state, at)
        starts.append(Start(state.board.ids[at]))
    return state, tuple(starts)


def _next(state: State) -> int | None:
    """Return the first ready cell that fits and is not held back."""
    board = state.board
    if not state.free or not state.ready:
        return None
    limited = 0
    for name, count in state.held.items():
        if count >= board.sizes[name]:
            limited |= board.limited[name]
    too_wide = next((members for width, members in board.wide if width > state.free), 0)
    fitting = state.ready & ~limited & ~too_wide
    waiting = state.ready & board.demanding
    if waiting and state.overtaken >= board.slots and lowest(waiting) == state.head:
        head = 1 << state.head
        if not fitting & head:
            before = head - 1
            fitting &= before | _harmless(board, state.head) if limited & head else before
    return lowest(fitting) if fitting else None


def _harmless(board: Board, head: int) -> int:
    """Return the cells that take no limit that `head` needs."""
    rivals = 0
    for name in board.limits[head]:
        rivals |= board.limited[name]
    return ~rivals


def _started(state: State, at: int) -> State:
    board = state.board
    waiting = state.ready & board.demanding
    head = lowest(waiting) if waiting else _NOBODY
    overtaken = state.overtaken if head == state.head else 0
    held = dict(state.held)
    for name in board.limits[at]:
        held[name] = held.get(name, 0) + 1
    return replace(
        state,
        ready=state.ready ^ 1 << at,
        running=state.running | 1 << at,
        free=state.free - board.widths[at],
        held=held,
        head=_NOBODY if at == head else head,
        overtaken=overtaken + 1 if _NOBODY < head < at else 0 if at == head else overtaken,
    )
