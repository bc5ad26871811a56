"""Durations as people write them."""

import math
import re

from runner.config.walk import described

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)\s*")
EXPECTED = 'a duration: seconds, or text such as "90s", "10m", "2h" or "1d"'
PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*[smhd]?\s*$"


def parse_duration(value: str | float) -> float:
    """Return seconds, for a number of them or text such as `10m`. Raises ValueError, in words for people."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        seconds = float(match[1]) * _UNITS[match[2]]
    else:
        seconds = -1.0 if isinstance(value, str) else _seconds(value)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"expected {EXPECTED}; got {described(value)}")
    return seconds


def _seconds(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf
