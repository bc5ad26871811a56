"""Medians, ratios and targets. Pure."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.model import CaseResult, Sample, Series, TargetResult

AS_FLOOR = ("floor", "floor-bytecode")
Cases = dict[str, CaseResult]
Measure = Callable[[Sequence[Sample]], float]


@dataclass(frozen=True)
class Target:
    """A bound: in `case`, the quickest of `against` takes `bound` times as long as runner, or more.

    `less` turns it round: runner takes at most so many times as long. `alone` subtracts the time of the
    commands themselves from both.
    """

    case: str
    against: tuple[str, ...]
    bound: float | None
    less: bool = False
    alone: bool = False


_PEERS = (
    (("nox",), 15.0),
    (("tox-uv",), 8.0),
    (("tox-uv-reuse",), 4.0),
    (("tox-reuse",), 15.0),
    (("nox-tuned",), None),
    (("hatch",), None),
)
TARGETS = (
    Target("version", ("tox",), 4),
    Target("version", ("nox",), 4),
    Target("list-100", ("tox",), 2),
    Target("list-100", ("nox",), 2),
    Target("tox-ini-list", ("tox",), 4),
    Target("tox-ini-config", ("tox",), 10),
    *(Target("warm-trivial", peer, bound) for peer, bound in _PEERS),
    Target("warm-trivial", AS_FLOOR, 1.5, less=True),
    *(Target("warm-pytest", peer, bound, alone=True) for peer, bound in _PEERS),
    Target("warm-pytest", AS_FLOOR, 1.5, less=True, alone=True),
    *(Target("changed-trivial", peer, None) for peer, _ in _PEERS),
    Target("cold-trivial", ("tox-uv",), 1.5),
    Target("cold-trivial", ("nox",), 1.5),
    Target("cold-pytest", ("tox-uv",), 1.5),
    Target("cold-pytest", ("nox",), 1.5),
    Target("big", ("tox-uv",), None),
    Target("big", ("nox",), None),
    Target("big", AS_FLOOR, None, less=True),
)
NOOP = {
    "tox-uv-reuse": 3.0,
    "tox-uv-parallel-reuse": 3.0,
    "nox-reuse": 3.0,
    "nox-parallel-reuse": 3.0,
    "hatch-reuse": None,
}
IN_TURN = ("nox-reuse", "tox-uv-reuse", "hatch-reuse")
"""Who runs no-op cells one at a time, and is compared with children that are."""
CELL_KIB = 20.0
_LESS = ", less the commands' own time"
PACKING = 1.05


def targets(results: Sequence[CaseResult]) -> list[TargetResult]:
    """Hold what was measured against the targets; those whose cases are not there are left out."""
    cases = {case["name"]: case for case in results}
    plain = (judged for target in TARGETS if (judged := _judge(target, cases)))
    return [*plain, *_noops(cases), *_packed(cases)]


def _judge(target: Target, cases: Cases) -> TargetResult | None:
    case = cases.get(target.case)
    medians = _medians(case)
    there = [name for name in target.against if name in medians]
    if case is None or "runner" not in medians or not there:
        return None
    nearest = min(there, key=medians.__getitem__)
    alone = medians.get("children") if target.alone else 0.0
    if alone is None:
        return None
    ours, theirs = medians["runner"] - alone, medians[nearest] - alone
    return _target(
        work=f"{case['title']}{_LESS if target.alone else ''}",
        against=_series(case, nearest)["title"],
        ours=ours,
        theirs=theirs,
        bound=target.bound,
        less=target.less,
    )


def _target(
    *, work: str, against: str, ours: float, theirs: float, bound: float | None, less: bool
) -> TargetResult:
    ratio = _ratio(ours, theirs) if less else _ratio(theirs, ours)
    return {
        "work": work,
        "against": against,
        "runner": duration(ours),
        "other": duration(theirs),
        "value": f"{ratio:.2f}x its time" if less else _faster(ratio),
        "bound": "" if bound is None else f"at most {bound:g}x" if less else f"at least {bound:g}x",
        "met": None if bound is None else ratio <= bound if less else ratio >= bound,
    }


def _noops(cases: Cases) -> Iterable[TargetResult]:
    """Hold a cell's cost beyond its child against the peers', and the memory that a cell takes."""
    ours = _cell_cost(cases, "runner")
    if ours is None:
        return
    for against, bound in NOOP.items():
        theirs = _cell_cost(cases, against)
        if theirs is not None:
            yield _target(
                work="a no-op cell, beyond its child's own time",
                against=_series(cases["noop-some"], against)["title"],
                ours=ours,
                theirs=theirs,
                bound=bound,
                less=False,
            )
    kib = _per_cell(cases, "runner", _peak)
    if kib is not None:
        yield {
            "work": "memory for a cell",
            "against": "",
            "runner": f"{kib:.1f} KiB",
            "other": "",
            "value": f"{kib:.1f} KiB",
            "bound": f"under {CELL_KIB:g} KiB",
            "met": kib < CELL_KIB,
        }


def _packed(cases: Cases) -> Iterable[TargetResult]:
    case = cases.get("packing")
    if case is not None and case["ideal_seconds"]:
        yield _target(
            work=case["title"],
            against="perfect packing",
            ours=_medians(case)["runner"],
            theirs=case["ideal_seconds"],
            bound=PACKING,
            less=True,
        )


def _cell_cost(cases: Cases, contender: str) -> float | None:
    """Return seconds a cell beyond the child's own, by the difference of two sizes: no start-up in it."""
    alone = "children-in-turn" if contender in IN_TURN else "children"
    whole, child = (_per_cell(cases, name, _seconds) for name in (contender, alone))
    return None if whole is None or child is None else whole - child


def _per_cell(cases: Cases, contender: str, measure: Measure) -> float | None:
    """Return what a cell adds, from the smallest and the largest matrix that the contender has run."""
    sizes = [
        (case["cells"], measure(series["samples"]))
        for name in ("noop-few", "noop-some", "noop-many")
        if (case := cases.get(name))
        for series in case["series"]
        if series["contender"] == contender
    ]
    if len(sizes) < 2:  # noqa: PLR2004 - a difference is of two
        return None
    (few, least), (many, most) = sizes[0], sizes[-1]
    return (most - least) / (many - few)


def _seconds(samples: Sequence[Sample]) -> float:
    return statistics.median(sample["seconds"] for sample in samples)


def _peak(samples: Sequence[Sample]) -> float:
    return statistics.median(sample["peak_kib"] for sample in samples)


def _medians(case: CaseResult | None) -> dict[str, float]:
    return {series["contender"]: series["median"] for series in case["series"]} if case else {}


def _series(case: CaseResult, contender: str) -> Series:
    return next(series for series in case["series"] if series["contender"] == contender)


def _ratio(larger: float, smaller: float) -> float:
    """Divide what is no less than a tenth of a millisecond: less cannot be told from nothing."""
    return max(larger, 0.0001) / max(smaller, 0.0001)


def _faster(ratio: float) -> str:
    return f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower"


def duration(seconds: float) -> str:
    """Return a time for people: in milliseconds below a second."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
