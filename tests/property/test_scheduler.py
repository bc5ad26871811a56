"""Random runs through the scheduler: every cell ends exactly once, and no rule is ever broken.

The rules are written down here once more, slowly and obviously, on plain sets.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.effort import effort

from runner.run.scheduler import (
    Action,
    Begin,
    CellEnded,
    Drop,
    Message,
    Start,
    State,
    Stopped,
    Want,
    initial,
    step,
)

ENDINGS = (
    ("passed", False, False),
    ("passed", False, False),
    ("passed", False, False),
    ("failed", False, False),
    ("failed", True, False),
    ("error", False, False),
    ("error", True, False),
    ("skipped", False, True),
    ("cancelled", False, False),
)


Choose = Callable[[int], int]


@dataclass(frozen=True)
class Run:
    """A random plan, and dice: what happens next is decided by the next number."""

    wants: tuple[Want, ...]
    slots: int
    limits: dict[str, int]
    fail_fast: bool
    stop_at: int | None
    dice: tuple[int, ...]


def build(choose: Choose) -> Run:
    """Make a run of choices: `choose(n)` returns a number below n."""
    count = choose(15)
    order: list[int] = []
    for at in range(count):
        order.insert(choose(at + 1), at)
    wants: dict[int, Want] = {}
    for rank, at in enumerate(order):
        # Edges lead to cells of lower rank, so there is no circle, while starting order is another one.
        edges = [{f"c{order[choose(rank)]}" for _ in range(choose(4))} if rank else set() for _ in range(2)]
        wants[at] = Want(
            id=f"c{at}",
            cpus=(1, 1, 1, 2, 3, 8)[choose(6)],
            limits=tuple("xyz"[choose(3)] for _ in range(max(0, choose(6) - 2))),
            exclusive=choose(8) == 7,
            needs=tuple(sorted(edges[0])) if choose(2) else (),
            after=tuple(sorted(edges[1])) if choose(2) else (),
        )
    return Run(
        wants=tuple(wants[at] for at in range(count)),
        slots=1 + choose(5),
        limits={name: 1 + choose(3) for name in "xy" if choose(2)},
        fail_fast=choose(3) == 2,
        stop_at=choose(count) if count and choose(4) == 3 else None,
        dice=tuple(choose(10**6) for _ in range(2 * count)),
    )


@st.composite
def runs(draw: st.DrawFn) -> Run:
    return build(lambda below: draw(st.integers(0, below - 1)))


@dataclass
class Referee:
    """Watches a run and knows the rules."""

    run: Run
    wants: dict[str, Want]
    running: set[str] = field(default_factory=set)
    ended: dict[str, CellEnded] = field(default_factory=dict)
    closed: bool = False
    head: str = ""
    overtaken: int = 0

    def take(self, message: Message) -> None:
        if isinstance(message, Stopped):
            self.closed = True
        elif isinstance(message, CellEnded):
            self.running.remove(message.id)
            self.ended[message.id] = message
            bad = message.outcome in {"failed", "error"} and not message.allowed
            self.closed = self.closed or (self.run.fail_fast and bad)

    def see(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if isinstance(action, Start):
                self.see_start(self.wants[action.id])
            elif isinstance(action, Drop):
                self.see_drop(action)
        if not self.closed:
            self.check_nobody_idles()

    def see_start(self, want: Want) -> None:
        assert not self.closed, "something started after the run was closed"
        assert want.id not in self.running | self.ended.keys(), "a cell started twice"
        assert all(id_ in self.ended for id_ in (*want.needs, *want.after)), "started too early"
        assert self.are_met(want), "started although its needs are not met"
        assert self.fits(want), "started although it does not fit"
        self.count_overtaking(want)
        self.running.add(want.id)

    def see_drop(self, drop: Drop) -> None:
        want = self.wants[drop.id]
        assert want.id not in self.running | self.ended.keys(), "dropped what ran or had ended"
        assert drop.reason, "dropped without a reason"
        if drop.outcome == "cancelled":
            assert self.closed, "cancelled although the run goes on"
        else:
            assert all(id_ in self.ended for id_ in (*want.needs, *want.after)), "skipped too early"
            assert not self.are_met(want), "skipped although its needs are met"
        self.ended[drop.id] = CellEnded(drop.id, drop.outcome)

    def fits(self, want: Want) -> bool:
        alone = any(self.wants[id_].exclusive for id_ in self.running)
        if alone or (want.exclusive and self.running):
            return False
        used = sum(min(self.wants[id_].cpus, self.run.slots) for id_ in self.running)
        if used + min(want.cpus, self.run.slots) > self.run.slots:
            return False
        return all(
            sum(name in self.wants[id_].limits for id_ in self.running) < self.run.limits.get(name, 1)
            for name in want.limits
        )

    def are_met(self, want: Want) -> bool:
        ends = [self.ended[id_] for id_ in want.needs]
        good = [end.outcome == "passed" or end.allowed for end in ends]
        return not ends or (any(good) and all(g or end.absent for g, end in zip(good, ends, strict=True)))

    def ready(self) -> list[Want]:
        return [
            want
            for want in self.wants.values()
            if want.id not in self.running | self.ended.keys()
            and all(id_ in self.ended for id_ in (*want.needs, *want.after))
        ]

    def count_overtaking(self, started: Want) -> None:
        """The first ready cell that asks for more than one slot or limit is passed `slots` times at most."""
        demanding = [
            want
            for want in self.ready()
            if min(want.cpus, self.run.slots) > 1
            or len(set(want.limits)) > 1
            or (want.exclusive and self.run.slots > 1)
        ]
        first = demanding[0].id if demanding else ""
        self.overtaken = self.overtaken if first == self.head else 0
        self.head = first
        order = list(self.wants)
        if first and order.index(started.id) > order.index(first):
            self.overtaken += 1
            assert self.overtaken <= self.run.slots or self.is_harmless(started), "a wide cell is kept out"

    def is_harmless(self, want: Want) -> bool:
        """Whether the head waits for a limit, and `want` takes none that it needs."""
        head = self.wants[self.head]
        return any(
            sum(name in self.wants[id_].limits for id_ in self.running) >= self.run.limits.get(name, 1)
            for name in head.limits
        ) and not set(head.limits) & set(want.limits)

    def check_nobody_idles(self) -> None:
        """Who is ready and fits waits only for the head, before it, that was overtaken often enough."""
        order = list(self.wants)
        for want in self.ready():
            if self.fits(want):
                assert self.overtaken >= self.run.slots, "a cell waits for nothing"
                assert order.index(want.id) > order.index(self.head), "a cell waits for one behind it"
                assert not self.is_harmless(want), "a cell waits for one that it could not harm"


def play(run: Run) -> tuple[Referee, list[tuple[State, tuple[Action, ...]]]]:
    """Run to the end: the dice say which running cell ends next, and how."""
    referee = Referee(run, {want.id: want for want in run.wants})
    state = initial(run.wants, slots=run.slots, limits=run.limits, fail_fast=run.fail_fast)
    message: Message = Begin()
    history: list[tuple[State, tuple[Action, ...]]] = []
    dice = iter(run.dice)
    stop_at = run.stop_at
    while not state.done:
        assert len(history) <= len(run.wants) + 2, "the run does not end"
        referee.take(message)
        state, actions = step(state, message)
        history.append((state, actions))
        referee.see(actions)
        if state.done:
            break
        if stop_at is not None and len(referee.ended) >= stop_at:
            message, stop_at = Stopped("cancelled", "the run was stopped by INT"), None
            continue
        assert referee.running, "nothing runs, and the run is not done"
        ending: Any = ENDINGS[next(dice) % len(ENDINGS)]
        running = sorted(referee.running)
        message = CellEnded(
            running[next(dice) % len(running)], ending[0], allowed=ending[1], absent=ending[2]
        )
    return referee, history


@pytest.mark.parametrize("seed", range(10))
def test_no_rule_is_broken_in_thousands_of_runs(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secrets
    for _ in range(1000):
        check(build(dice.randrange))


@given(runs())
@effort(200)
def test_no_rule_is_broken_in_the_runs_that_hypothesis_finds(run: Run) -> None:
    check(run)


def check(run: Run) -> None:
    """Each cell ends exactly once, and the referee, who watches every step, has nothing to say."""
    referee, history = play(run)
    assert referee.ended.keys() == referee.wants.keys()
    assert not referee.running
    started = [action.id for _, actions in history for action in actions if isinstance(action, Start)]
    dropped = [action.id for _, actions in history for action in actions if isinstance(action, Drop)]
    assert sorted(started + dropped) == sorted(referee.wants)


@given(runs())
@effort(200)
def test_equal_messages_give_equal_states_and_actions(run: Run) -> None:
    assert play(run)[1] == play(run)[1]


@given(st.integers(1, 4), st.integers(1, 12))
@effort(100)
def test_cells_that_ask_for_nothing_start_in_order(slots: int, count: int) -> None:
    wants = tuple(Want(id=str(at)) for at in range(count))
    run = Run(wants, slots, {}, fail_fast=False, stop_at=None, dice=(0, 0) * count)
    _, history = play(run)
    started = [action.id for _, actions in history for action in actions if isinstance(action, Start)]
    assert started == [want.id for want in wants]
