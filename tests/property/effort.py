"""How long hostile input is looked for: seconds in a normal run, minutes behind RUNNER_LONG_FAULTS=1."""

import os

from hypothesis import HealthCheck, settings

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))


def effort(examples: int) -> settings:
    """Return settings for so many examples in a normal run. Time is never asserted: machines are noisy."""
    return settings(
        max_examples=examples * 30 if LONG else examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
