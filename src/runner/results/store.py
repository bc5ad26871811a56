"""Where runs are kept: `runs/<run>` and `logs/<run>` below the work-dir, and which of them stay."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from secrets import token_hex

KEPT_RUNS = 50
KEPT_DAYS = 30
_FORMAT = "%Y%m%dT%H%M%SZ"
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}", re.ASCII)
_GONE = re.compile(r"\.gone-[0-9a-f]{12}")


def new_run_id(now: float) -> str:
    """Return an id for a run that starts at `now` (seconds since 1970): UTC time and 4 hex digits."""
    return f"{datetime.fromtimestamp(now, timezone.utc).strftime(_FORMAT)}-{token_hex(2)}"


def prune(work_dir: Path, now: float, delete: Callable[[Path], None]) -> tuple[Path, ...]:
    """Remove folders of old runs: what is neither among the newest 50 nor of the last 30 days.

    Only folders named as runs are touched. `delete` takes away a whole folder, or raises OSError. Returns
    those removed; one that cannot be removed stays.
    """
    removed = []
    oldest_kept = datetime.fromtimestamp(now, timezone.utc) - timedelta(days=KEPT_DAYS)
    for kind in ("runs", "logs"):
        folder = work_dir / kind
        runs = sorted(_folders(folder, _ID))
        for run in runs[:-KEPT_RUNS]:
            if run < oldest_kept.strftime(_FORMAT):  # ids sort by time
                # It is gone at once, so that nobody takes half a run for a whole one.
                with suppress(OSError):
                    (folder / run).rename(folder / f".gone-{token_hex(6)}")
                    removed.append(folder / run)
        for gone in _folders(folder, _GONE):  # also what a run that was killed did not get to
            with suppress(OSError):
                delete(folder / gone)
    return tuple(removed)


def _folders(parent: Path, names: re.Pattern[str]) -> tuple[str, ...]:
    """The folders whose names match."""
    with suppress(FileNotFoundError), os.scandir(parent) as entries:
        return tuple(
            entry.name
            for entry in entries
            if names.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
        )
    return ()
