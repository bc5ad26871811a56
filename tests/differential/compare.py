"""Two tools' answers about one config, compared key by key."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from tests.differential.answers import Answer, Table
from tests.differential.known import reason_for
from tests.differential.normal import is_error, normal, normal_core

LISTS = "(lists)"
"""Stands in place of an env's name for what is said of the config as a whole."""

CORE = "(core)"
ABSENT = "(absent)"
PACKAGER = ".pkg"
"""The env that packages; where it has nothing to package, tox runs its commands."""

_TOX_ALONE = frozenset(("type", "runner"))
"""Keys that name a class of tox, or who makes the env: nothing that a user asked of the other tool."""


class Difference(Struct, frozen=True):
    """A field that the two say differently; `reason` is why it may be so, empty when it may not."""

    env: str
    key: str
    tox: object
    runner: object
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.env}: {self.key}\n    tox:    {self.tox!r}\n    runner: {self.runner!r}"


class Comparison(Struct, frozen=True):
    """How many fields were compared, and which were not equal. Comparisons add up."""

    fields: int = 0
    differences: tuple[Difference, ...] = ()

    def __add__(self, other: "Comparison") -> "Comparison":
        return Comparison(self.fields + other.fields, self.differences + other.differences)

    @property
    def unknown(self) -> tuple[Difference, ...]:
        return tuple(difference for difference in self.differences if not difference.reason)

    @property
    def equal(self) -> int:
        return self.fields - len(self.differences)

    def __str__(self) -> str:
        known = len(self.differences) - len(self.unknown)
        share = 1 - len(self.unknown) / self.fields if self.fields else 1.0
        counts = (
            f"{self.fields} fields, {self.equal} equal, {known} differ as known, {len(self.unknown)} differ"
        )
        return "\n".join((f"{counts}: {share:.2%} equal or known", *map(str, self.unknown)))


def compare(tox: Answer, runner: Answer, root: str) -> Comparison:
    """Compare what the tools say of the project in `root`, a folder as both write it.

    An env that one of them does not show is one unequal field, as is a config that only one refuses.
    """
    if tox.refused or runner.refused:
        return _verdicts(tox, runner)
    pairs = [
        (LISTS, "default", tox.default, runner.default),
        (LISTS, "additional", _running(tox.additional), _running(runner.additional)),
        *_core(normal_core(tox, root), normal_core(runner, root)),
        *_envs(normal(tox, root), normal(runner, root)),
    ]
    return _compared(pairs)


def _running(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, sorted, less the one that tox takes for an env to run where it packages nothing."""
    return tuple(sorted(name for name in names if name != PACKAGER))


def _verdicts(tox: Answer, runner: Answer) -> Comparison:
    agree = bool(tox.refused) == bool(runner.refused)
    reason = reason_for("refused", tox.refused, runner.refused)
    difference = Difference(LISTS, "refused", tox.refused, runner.refused, reason)
    return Comparison(1, () if agree else (difference,))


_Pair = tuple[str, str, object, object]


def _core(tox: Table, runner: Table) -> Iterator[_Pair]:
    """Core keys count only when runner shows any."""
    if runner:
        yield from _keys(CORE, tox, runner)


def _envs(tox: dict[str, Table], runner: dict[str, Table]) -> Iterator[_Pair]:
    for name in [*tox, *(name for name in runner if name not in tox)]:
        if name == PACKAGER:
            continue
        if name in tox and name in runner:
            yield from _keys(name, tox[name], runner[name])
        else:
            yield name, "(shown)", name in tox, name in runner


def _keys(name: str, tox: Table, runner: Table) -> Iterator[_Pair]:
    for key in [*tox, *(key for key in runner if key not in tox)]:
        if key not in _TOX_ALONE:
            yield name, key, tox.get(key, ABSENT), runner.get(key, ABSENT)


def _compared(pairs: Iterable[_Pair]) -> Comparison:
    fields = 0
    differences = []
    for name, key, tox, runner in pairs:
        fields += 1
        if not same(tox, runner):
            differences.append(Difference(name, key, tox, runner, reason_for(key, tox, runner)))
    return Comparison(fields, tuple(differences))


def same(left: object, right: object) -> bool:
    """Say whether two JSON values are the same: as `==`, but true is not 1 and all errors are one."""
    if is_error(left) or is_error(right):
        return is_error(left) and is_error(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right
