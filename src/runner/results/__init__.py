"""What came of a run: the fold of its events, its verdict, test results, and what is kept for later runs."""

from runner.results.collect import JUnitCollector
from runner.results.durations import read_durations, write_durations
from runner.results.fold import Fold, verdict
from runner.results.store import new_run_id, prune

__all__ = [
    "Fold",
    "JUnitCollector",
    "new_run_id",
    "prune",
    "read_durations",
    "verdict",
    "write_durations",
]
