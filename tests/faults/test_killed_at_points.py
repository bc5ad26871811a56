"""Runner killed at named points of a run, and at any moment: whatever happened, the next run is right.

A point is seen by the events, each of which is written at once, or by what appears and goes on disk. Moments
are chosen by a seeded generator: how far a run got by then depends on the machine. `RUNNER_LONG_FAULTS=1`
takes more than 200 of them.
"""

import random
import shutil
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.faults.victim import LONG, Victim, is_running, kill

ROUNDS = 24 if LONG else 1
POINT_ROUNDS = 5 if LONG else 1

Reached = Callable[[Victim, str], bool]
"""Says whether a run got to a point, by its victim and by its events so far."""

_MANY = 2000


def told(text: str) -> Reached:
    return lambda _victim, events: text in events


def compiles(victim: Victim, _events: str) -> bool:
    return any(victim.work_dir.glob("scratch/*/bytecode/*"))


def prunes(victim: Victim, _events: str) -> bool:
    return len(list(victim.work_dir.glob("*/2020*"))) < 2 * 60


def deletes(victim: Victim, _events: str) -> bool:
    return len(list(victim.work_dir.glob("trash/much/*"))) < _MANY


def writes_a_lock(victim: Victim, _events: str) -> bool:
    return any(victim.project.root.glob("locks/*"))


def cleans(victim: Victim, _events: str) -> bool:
    return len(list(victim.work_dir.glob("envs/*"))) < 2


def ready(_victim: Victim) -> None:
    """All is there."""


def without_bytecode(victim: Victim) -> None:
    shutil.rmtree(victim.cache / "bytecode")


def with_old_runs(victim: Victim) -> None:
    victim.add_old_runs(60)


def with_much_trash(victim: Victim) -> None:
    much = victim.work_dir / "trash" / "much"
    much.mkdir(parents=True)
    for number in range(_MANY):
        (much / str(number)).touch()


def without_locks(victim: Victim) -> None:
    shutil.rmtree(victim.project.root / "locks", ignore_errors=True)


class Point(NamedTuple):
    """A point of a run: what comes before it, and how it is seen."""

    prepare: Callable[[Victim], object]
    reached: Reached
    argv: tuple[str, ...] = ()


POINTS = {
    "resolving": Point(Victim.make_cold, told('"phase":"lock"')),
    "building": Point(Victim.change, told('"phase":"package"')),
    "compiling": Point(without_bytecode, compiles),
    "creating": Point(ready, told('"phase":"create"')),
    "installing": Point(ready, told('"phase":"install"')),
    "running": Point(ready, told('"phase":"command"')),
    "running-kept": Point(ready, told('"phase":"command"'), ("--reuse",)),
    "collecting": Point(ready, told('"phase":"collect"')),
    "writing-results": Point(ready, told('"run-finished"')),
    "pruning": Point(with_old_runs, prunes),
    "emptying-trash": Point(with_much_trash, deletes),
    "locking": Point(without_locks, writes_a_lock, ("lock",)),
    "cleaning": Point(ready, cleans, ("clean",)),
}


def kill_at(point: Point, victim: Victim, events: Path) -> bool:
    """Kill runner when it gets to the point; return whether it did so before its end."""
    events.unlink(missing_ok=True)
    verb = point.argv[:1] if point.argv and not point.argv[0].startswith("-") else ()
    where = () if verb else ("--events", str(events))
    with victim.start(*point.argv, *where) as started:
        while is_running(started) and not point.reached(victim, _text(events)):
            time.sleep(0.0005)
        reached = is_running(started)
        kill(started)
    return reached


def _text(events: Path) -> str:
    return events.read_text("utf-8", errors="replace") if events.exists() else ""


def test_killed_at_each_point_the_next_run_is_right(tmp_path: Path) -> None:
    victim = Victim(tmp_path)
    victim.check()
    victim.check()
    for _, (name, point) in product(range(POINT_ROUNDS), POINTS.items()):
        point.prepare(victim)
        reached = kill_at(point, victim, tmp_path / "events.jsonl")
        print(name, "killed there" if reached else "it ended before")
        then = ("--reuse",) if "--reuse" in point.argv else ()
        victim.check(*then)
        if "lock" in point.argv:
            victim.check("lock")
            without_locks(victim)
    victim.check_that_nothing_stays()


LONGEST = {"cold": 2.0, "changed": 0.8, "warm": 0.5, "reuse": 0.4, "lock": 0.8, "clean": 0.2}
"""Seconds within which a run of that kind is killed: about as long as it takes."""


@pytest.mark.parametrize("package", ["wheel", "sdist", "editable"])
def test_killed_at_any_moment_the_next_run_is_right(tmp_path: Path, package: str) -> None:
    if not LONG and package != "wheel":
        pytest.skip("long; RUNNER_LONG_FAULTS=1 runs it")
    moments = random.Random(package)  # noqa: S311 - no secret
    victim = Victim(tmp_path, package)
    victim.check()
    for _, kind in product(range(ROUNDS), LONGEST if LONG else ("cold", "changed")):
        if kind == "cold":
            victim.make_cold()
        if kind == "changed":
            victim.change()
        if kind == "lock":
            without_locks(victim)
        argv = {"reuse": ("--reuse",), "lock": ("lock",), "clean": ("clean",)}.get(kind, ())
        with victim.start(*argv) as started:
            time.sleep(moments.random() * LONGEST[kind])
            kill(started)
        if kind == "lock":
            victim.check("lock")
            without_locks(victim)
        victim.check(*(argv if kind == "reuse" else ()))
    victim.check_that_nothing_stays()
