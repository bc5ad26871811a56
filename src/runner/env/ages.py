"""How old something is, for people."""

_UNITS = ((2 * 24 * 3600, 24 * 3600, "d"), (2 * 3600, 3600, "h"), (2 * 60, 60, "min"))
"""From how many seconds on a unit is used, its seconds, its name: one of a unit says too little."""


def age(seconds: float) -> str:
    """Return an age in the largest unit that still tells: `40 s`, `12 min`, `26 h`, `5 d`."""
    for least, unit, name in _UNITS:
        if seconds >= least:
            return f"{int(seconds // unit)} {name}"
    return f"{max(0, int(seconds))} s"
