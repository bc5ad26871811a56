"""What a wheel was built with, interpreters and locks of build environments, and whether that still holds."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.env.package.tree import few
from runner.env.package.wheel import python_name
from runner.model.environment import Lock, Pin
from runner.model.errors import CellError, first_line
from runner.model.plan import EnvSpec
from runner.model.ports import Stop
from runner.model.python import Interpreter

LockOf = Callable[[tuple[str, ...], EnvSpec, Stop], Lock | None]
"""The lock of the build environment with these requirements, for the interpreter of the spec."""


class BuildLock(Struct, frozen=True):
    """What a build environment was filled with: requirement lines, and the lock that came of them.

    `sha256` is the lock's; empty where there was nothing to install.
    """

    lines: tuple[str, ...]
    sha256: str
    pins: tuple[Pin, ...]


class Builder(Struct, frozen=True):
    """An interpreter, and the build environments made for it."""

    interpreter: Interpreter
    locks: tuple[BuildLock, ...]


class Verdict(Struct, frozen=True):
    """Whether the same would be built again: not with an `objection`, and unless `sure` that is not known."""

    objection: str = ""
    sure: bool = True


def build_lock(lines: tuple[str, ...], spec: EnvSpec, lock_of: LockOf, stop: Stop) -> BuildLock:
    """Return what a build environment with these requirements is filled with. Raises CellError, Cancelled."""
    lock = lock_of(lines, spec, stop)
    return BuildLock(lines, "", ()) if lock is None else BuildLock(lines, lock.sha256, lock.pins)


def judge(builders: tuple[Builder, ...], spec: EnvSpec, lock_of: LockOf, stop: Stop) -> Verdict:
    """Say whether the builders are there unchanged, and what they asked for resolves to the same.

    `spec` is that of a cell that would take their wheel. Raises Cancelled.
    """
    verdicts = [_judge(builder, spec, lock_of, stop) for builder in builders]
    return _first_objection(verdicts)


def _judge(builder: Builder, spec: EnvSpec, lock_of: LockOf, stop: Stop) -> Verdict:
    if builder.interpreter != spec.interpreter and (why := _no_longer_there(builder.interpreter)):
        return Verdict(why)
    theirs = replace(spec, interpreter=builder.interpreter)
    return _first_objection([_judge_lock(known, theirs, lock_of, stop) for known in builder.locks])


def _first_objection(verdicts: list[Verdict]) -> Verdict:
    objection = next((verdict.objection for verdict in verdicts if verdict.objection), "")
    return Verdict(objection, all(verdict.sure for verdict in verdicts))


def _no_longer_there(interpreter: Interpreter) -> str:
    which = f"{python_name(interpreter)}, which built the stored wheel,"
    try:
        state = Path(interpreter.executable).stat()
    except OSError:
        return f"{which} is gone"
    same = (state.st_size, state.st_mtime_ns) == (interpreter.size, interpreter.mtime)
    return "" if same else f"{which} changed"


def _judge_lock(known: BuildLock, spec: EnvSpec, lock_of: LockOf, stop: Stop) -> Verdict:
    try:
        now = build_lock(known.lines, spec, lock_of, stop)
    except CellError as error:
        # If it matters here, the build meets the same error, and tells it whole.
        return Verdict(f"the build requirements do not resolve any more: {first_line(error.message)}")
    if now.sha256 == known.sha256:
        return Verdict()
    if not now.sha256:
        return Verdict(sure=False)
    return Verdict(", ".join(_pin_words(known.pins, now.pins)))


def _pin_words(old: tuple[Pin, ...], new: tuple[Pin, ...]) -> tuple[str, ...]:
    before = {pin.name: pin.version for pin in old}
    after = {pin.name: pin.version for pin in new}
    words = tuple(
        f"build requirement {name} {_change(before.get(name), after.get(name))}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )
    return few(words) or ("other files for the same build requirements",)


def _change(before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return f"{after} added" if before is None else f"{before} removed"
    return f"{before} -> {after}"
