"""Where runs are kept: `runs/<run>` and `logs/<run>` below the work-dir, and which of them stay."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from secrets import token_hex

KEPT_RUNS = 50
KEPT_DAYS = 30
_FORMAT = "%Y%m%dT%H%M%SZ"
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}", re.ASCII)


def new_run_id(now: float) -> str:
    """Return an id for a run that starts at `now` (seconds since 1970): UTC time and 4 hex digits."""
    return f"{datetime.fromtimestamp(now, timezone.utc).strftime(_FORMAT)}-{token_hex(2)}"


def prune(work_dir: Path, now: float) -> tuple[Path, ...]:
    """Remove folders of old runs: what is neither among the newest 50 nor of the last 30 days.

    Only folders named as runs are touched. Returns those removed; one that cannot be removed stays.
    """
    removed = []
    oldest_kept = datetime.fromtimestamp(now, timezone.utc) - timedelta(days=KEPT_DAYS)
    for kind in ("runs", "logs"):
        runs = sorted(_runs(work_dir / kind))
        for run in runs[:-KEPT_RUNS]:
            if run < oldest_kept.strftime(_FORMAT):  # ids sort by time
                shutil.rmtree(work_dir / kind / run, ignore_errors=True)
                removed.append(work_dir / kind / run)
    return tuple(removed)


def _runs(parent: Path) -> Iterator[str]:
    """The names of folders that are run ids."""
    with suppress(FileNotFoundError), os.scandir(parent) as entries:
        yield from (
            entry.name
            for entry in entries
            if _ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
        )
