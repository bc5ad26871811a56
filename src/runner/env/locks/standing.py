"""How a cell's committed lock stands against what the cell asks for now, and what the policy makes of it."""

import os
from pathlib import Path
from typing import Literal

from msgspec import Struct

from runner.env.locks.changes import pin_changes
from runner.env.locks.files import write_committed
from runner.model.environment import LockPolicy, Pin
from runner.model.errors import CellError
from runner.model.plan import EnvSpec

Change = Literal["written", "updated", "unchanged", "fresh", "missing", "stale", "nothing"]


class Committed(Struct, frozen=True):
    """What came of writing a committed lock (written, updated, unchanged), or of checking it.

    `nothing` says that the cell installs nothing to lock. `differences` are those in what the lock follows
    from, and the versions that moved, in words. `absent` are packages to upgrade that the lock does not have.
    """

    path: Path
    change: Change
    differences: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


class CommittedFile(Struct, frozen=True, kw_only=True):
    """A committed lock that is there.

    `content` is all of the file, `text` the lock in it as runs use it, `pins` what that pins. `differences`
    are those in what it follows from, `damage` is what is wrong with the file, both in words.
    """

    path: Path
    content: str
    text: str
    pins: tuple[Pin, ...] = ()
    differences: tuple[str, ...] = ()
    damage: str = ""

    @property
    def fresh(self) -> bool:
        return not self.differences and not self.damage

    def serves(self, policy: LockPolicy) -> bool:
        """Whether it is fresh, and the policy lets none of its versions move."""
        return self.fresh and not policy.upgrade and not moving(self.pins, policy)

    def kept(self, policy: LockPolicy) -> str:
        """Return the text whose versions stay in a new lock where they can; empty when none are to."""
        return "" if self.damage or policy.upgrade else self.text


def moving(pins: tuple[Pin, ...], policy: LockPolicy) -> tuple[str, ...]:
    """Return the packages of a lock that the policy lets move, one by one."""
    return tuple(pin.name for pin in pins if pin.name in policy.upgrade_packages)


def missing_from(pins: tuple[Pin, ...], policy: LockPolicy) -> tuple[str, ...]:
    """Return the packages that the policy lets move, one by one, and that are not there."""
    names = {pin.name for pin in pins}
    return tuple(name for name in policy.upgrade_packages if name not in names)


def check_usable(there: CommittedFile | None, path: Path, cell: str, policy: LockPolicy) -> None:
    """Raise CellError for a committed lock that a run under this policy does not take as it is."""
    update = f"`runner lock -e {cell}`"
    if there is None:
        if policy.locked:
            raise CellError("lock", f"there is no committed lock {path}: {update} writes it")
    elif there.damage:
        raise CellError("lock", f"{path} is damaged: {there.damage}; {update} writes it anew")
    elif there.differences and (policy.locked or policy.strict):
        what = "; ".join(there.differences)
        raise CellError("lock", f"{path} is stale ({what}): {update} updates it")


def left_alone(there: CommittedFile, spec: EnvSpec) -> str:
    """Say why versions are resolved though the cell has a committed lock."""
    path = os.path.relpath(there.path, spec.root)
    if there.fresh:
        return f"{path} is left as it is: `runner lock -e {spec.cell} --upgrade` moves it"
    what = "; ".join(there.differences)
    return f"{path} is stale ({what}), other versions are used: `runner lock -e {spec.cell}` updates it"


def verdict(there: CommittedFile | None, path: Path) -> Committed:
    """Return whether the lock of that path is fresh, stale or missing."""
    if there is None:
        return Committed(path, "missing")
    if there.damage:
        return Committed(path, "stale", (f"it is damaged: {there.damage}",))
    return Committed(path, "fresh" if there.fresh else "stale", there.differences)


def written(
    path: Path,
    content: str,
    pins: tuple[Pin, ...],
    there: CommittedFile | None,
    *,
    policy: LockPolicy,
    own: Path,
) -> Committed:
    """Write a lock instead of the one that is there unless they are equal, and say what changed.

    `own` is the run's folder. Raises CellError.
    """
    absent = missing_from(pins, policy)
    if there is not None and content == there.content:
        return Committed(path, "unchanged", absent=absent)
    write_committed(path, content, own)
    if there is None:
        return Committed(path, "written", absent=absent)
    moved = ("it was damaged",) if there.damage else pin_changes(there.pins, pins)
    return Committed(path, "updated", (*there.differences, *moved), absent)
