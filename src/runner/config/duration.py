"""Durations as people write them."""

import math
import re

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)\s*")
EXPECTED = 'a duration: seconds, or text such as "90s", "10m", "2h" or "1d"'
PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*[smhd]?\s*$"


def parse_duration(value: str | float) -> float:
    """Return seconds, for a number of them or text such as `10m`. Raises ValueError, in words for people."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if match is None:
            raise ValueError(f'expected {EXPECTED}; got "{value}"')
        value = float(match[1]) * _UNITS[match[2]]
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"expected {EXPECTED}; got the number {value}")
    return float(value)
