"""Where runs are kept: `runs/<run>` and `logs/<run>` below the work-dir, and which of them stay."""

import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from secrets import token_hex

KEPT_RUNS = 50
KEPT_DAYS = 30
_FORMAT = "%Y%m%dT%H%M%SZ"


def new_run_id(now: float) -> str:
    """Return an id for a run that starts at `now` (seconds since 1970): UTC time and 4 hex digits."""
    return f"{datetime.fromtimestamp(now, timezone.utc).strftime(_FORMAT)}-{token_hex(2)}"


def prune(work_dir: Path, now: float) -> tuple[Path, ...]:
    """Remove folders of old runs: what is neither among the newest 50 nor of the last 30 days.

    Only folders named as runs are touched. Returns those removed; one that cannot be removed stays.
    """
    removed = []
    for kind in ("runs", "logs"):
        named = {folder: _started(folder.name) for folder in _folders(work_dir / kind)}
        runs = sorted((folder for folder in named if named[folder]), key=lambda folder: folder.name)
        oldest_kept = datetime.fromtimestamp(now, timezone.utc) - timedelta(days=KEPT_DAYS)
        for folder in runs[:-KEPT_RUNS]:
            started = named[folder]
            if started is not None and started < oldest_kept:
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
    return tuple(removed)


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return [folder for folder in parent.iterdir() if folder.is_dir() and not folder.is_symlink()]


def _started(name: str) -> datetime | None:
    stamp, dash, token = name.partition("-")
    if not dash or len(token) != len(token_hex(2)):
        return None
    try:
        return datetime.strptime(stamp, _FORMAT).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
