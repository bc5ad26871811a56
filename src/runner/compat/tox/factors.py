"""Lines that hold for some environments only: `py311-django{42,52},!lint: pytest`.

The rules are those of tox 4, the heuristic for continued lines among them, seen by running it.
"""

import platform
import re
import sys
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from runner.compat.tox.errors import ToxError
from runner.model.braces import MOST_NAMES, expand

_MARK = re.compile(r":(?:\s|$)")
_FACTOR = re.compile(r"(?:!?(?:\[!?|[\w.*?\]])(?:\[!?|[\w.*?\]-])*)?")

_MACHINES = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "i386": "x86",
    "i586": "x86",
    "i686": "x86",
    "aarch64": "arm64",
}
_KNOWN_MACHINES = frozenset(
    ("arm64", "i686", "loongarch64", "ppc64", "ppc64le", "riscv64", "s390x", "sparc64", "x86", "x86_64")
)

Group = tuple[tuple[str, bool], ...]
"""Factors that must all hold, each with whether it is negated."""


class Line(Struct, frozen=True):
    """A line of a value: the groups of which one must hold, None without a condition, and its content."""

    groups: tuple[Group, ...] | None
    content: str


class NotFactorsError(ValueError):
    """The text names no environments."""


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[str, ...]:
    """Expand `py{311,312}-{a,b},lint` into names, in order; negations stay.

    Raises NotFactorsError when it is something else, and ToxError for more names than anybody can want.
    """
    try:
        found = expand(text)
    except ValueError as error:
        raise ToxError(str(error)) from error
    for name in found:
        if not all(map(_FACTOR.fullmatch, name.split("-"))):
            raise NotFactorsError(name)
    return found


def _group(name: str) -> Group:
    return tuple((factor.removeprefix("!"), factor.startswith("!")) for factor in name.split("-"))


@lru_cache(maxsize=512)
def lines_of(value: str) -> tuple[Line, ...]:
    """Return the lines of a value, each with the condition that stands before it. Raises ToxError."""
    lines = []
    groups = 0
    for text in value.split("\n"):
        line = _line(text)
        groups += len(line.groups or ())
        if groups > MOST_NAMES:
            raise ToxError(f"the conditions of one value name more than {MOST_NAMES:,} environments")
        lines.append(line)
    return tuple(lines)


def _line(line: str) -> Line:
    mark = _MARK.search(line)
    if mark is not None:
        try:
            groups = tuple(_group(name) for name in names(line[: mark.start()].strip()))
        except NotFactorsError:
            pass  # what stands before the colon is content
        else:
            return Line(groups, line[mark.start() + 1 :].strip())
    return Line(None, line)


def conditioned(value: str) -> Iterator[str]:
    """Yield the names of environments that the conditions in a value make, negations dropped."""
    if ":" not in value:
        return
    seen = set()
    for line in lines_of(value):
        for group in line.groups or ():
            name = "-".join(factor for factor, _ in group)
            if name not in seen:
                seen.add(name)
                yield name


@lru_cache(maxsize=4096)
def active(name: str | None) -> frozenset[str]:
    """Return the factors that hold in an environment: of its name, the platform, and the machine."""
    own = _own(name) if name else frozenset()
    factors = own | {sys.platform}
    machine = _machine(platform.machine().lower())
    named = {_machine(factor) for factor in own}
    return factors if not machine or named & _KNOWN_MACHINES else factors | {machine}


def _own(name: str) -> frozenset[str]:
    try:
        return frozenset(factor for variant in names(name) for factor, _ in _group(variant))
    except NotFactorsError:
        return frozenset()


def _machine(name: str) -> str:
    return _MACHINES.get(name, name)


def _hold(groups: tuple[Group, ...], factors: frozenset[str]) -> bool:
    for group in groups:
        for factor, negated in group:
            if (factor in factors) is negated:
                break
        else:
            return True
    return False


def filtered(value: str, name: str | None) -> str:
    r"""Return the lines that hold in an environment, without their conditions.

    After a line that does not hold and ends with a backslash, the lines without a condition that continue it
    are dropped too, up to the first that does not end with one; unless a line that holds came between.
    """
    if ":" not in value and "\\" not in value:
        return "\n".join(line for line in value.split("\n") if line)
    factors = active(name)
    kept: list[str] = []
    continued = dropped = False
    for line in lines_of(value):
        ends_open = line.content.endswith("\\")
        if line.groups is None:
            if dropped and not continued and not ends_open:
                dropped = False
                continue
            if line.content:
                kept.append(line.content)
                continued = ends_open
            dropped = False
        elif _hold(line.groups, factors):
            kept.append(line.content)
            continued = ends_open
            dropped = False
        else:
            dropped = ends_open
    return "\n".join(kept)
