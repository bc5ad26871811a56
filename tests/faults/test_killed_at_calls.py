"""Runner killed just before any of the changes that it makes to the file system: the next run is right.

`RUNNER_LONG_FAULTS=1` kills it before each of those of a warm and of a cold run, and before many of other
kinds; else before a few, picked by a seeded generator.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.faults.victim import LONG, KilledAtACall, Victim

MOST = 80
"""Of the changes of a run, but a warm or a cold one, so many are picked."""

_MANY = 250
"""About as many changes as a warm run makes."""


class Kind(NamedTuple):
    """Runs of a kind: what comes before each, the command line, and that of the run after it."""

    prepare: Callable[[Victim], object]
    argv: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    package: str = "wheel"


def nothing(victim: Victim) -> None:
    """All is there."""


def with_much_to_delete(victim: Victim) -> None:
    victim.add_old_runs(52)


def with_environments(victim: Victim) -> None:
    victim.check()


def with_nothing_to_lose(victim: Victim) -> None:
    victim.check()
    victim.forget()


def without_locks(victim: Victim) -> None:
    for lock in (victim.project.root / "locks").glob("*"):
        lock.unlink()


KINDS = {
    "warm": Kind(nothing),
    "changed": Kind(Victim.change),
    "cold": Kind(Victim.make_cold),
    "pruning": Kind(with_much_to_delete),
    "reuse": Kind(nothing, ("--reuse",), ("--reuse",)),
    "sdist": Kind(Victim.change, package="sdist"),
    "editable": Kind(Victim.change, package="editable"),
    "lock": Kind(without_locks, ("lock",), ("lock",)),
    "clean": Kind(with_environments, ("clean",)),
    "clean-all": Kind(with_nothing_to_lose, ("clean", "--all")),
    "clean-cache": Kind(nothing, ("clean", "--cache")),
}


@pytest.mark.skipif(not LONG, reason="long; RUNNER_LONG_FAULTS=1 runs it")
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_call_the_next_run_is_right(tmp_path: Path, kind: str) -> None:
    prepare, argv, then, package = KINDS[kind]
    victim = Victim(tmp_path, package)
    victim.check(*then)
    victim.check()
    killed = KilledAtACall(victim)
    prepare(victim)
    numbers: Sequence[int] = range(1, killed.count(*argv) + 1)
    victim.check(*then)
    if kind not in {"warm", "cold"} and len(numbers) > MOST:
        numbers = sorted(random.Random(kind).sample(numbers, MOST))  # noqa: S311 - no secret
    for number in numbers:
        prepare(victim)
        print(killed.run(number, *argv) or f"{number}: it ended before")
        victim.check(*then)
    victim.check()
    victim.check_that_nothing_stays()


def test_killed_at_some_call_the_next_run_is_right(tmp_path: Path) -> None:
    numbers = random.Random(4)  # noqa: S311 - no secret
    victim = Victim(tmp_path)
    victim.check()
    killed = KilledAtACall(victim)
    for kind in ("cold", "pruning", "reuse", "lock", "clean-all"):
        prepare, argv, then, _ = KINDS[kind]
        prepare(victim)
        killed.run(numbers.randint(1, _MANY), *argv)
        victim.check(*then)
    victim.check_that_nothing_stays()
