"""How long is looked for a counterexample.

Minutes behind RUNNER_LONG_FAULTS=1, seconds in a normal run; a glance behind RUNNER_BRIEF=1, for the Pythons
that come after one with a normal run.
"""

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, settings

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
_BRIEF = bool(os.environ.get("RUNNER_BRIEF"))
_TIMES = 30 if LONG else 0.1 if _BRIEF else 1


def some(cases: Sequence[str]) -> Sequence[str]:
    """Return all `cases` in a normal run, every fourth behind RUNNER_BRIEF=1."""
    return cases[::4] if _BRIEF else cases


def effort(examples: int) -> settings:
    """Return settings for so many examples in a normal run. Time is never asserted: machines are noisy."""
    return settings(
        max_examples=max(10, int(examples * _TIMES)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
