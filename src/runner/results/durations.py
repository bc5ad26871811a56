"""How long each cell took the last time it ran: what the next run is ordered by."""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

import msgspec

from runner.model.encode import decoded
from runner.model.results import CellResult

MOST_ENTRIES = 20_000
"""Entries kept, the latest ones; a project's cells come and go as its config changes."""

_LONGEST = 1e9
"""Seconds; no cell ever took as long, and what says so is not believed."""

_PATIENCE = 2.0
"""Seconds to wait for another run that updates the file."""


def read_durations(path: Path) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return seconds by cell id, the least recent first, and warnings; nothing when there is no file yet.

    Durations only order cells: a file that cannot be used counts as empty.
    """
    try:
        found = decoded(path.read_bytes(), dict[str, float])
    except FileNotFoundError:
        return {}, ()
    except (OSError, ValueError) as error:
        return {}, (f"{path}: {error}: cells start in the order of the config, and the file is written anew",)
    return {id_: seconds for id_, seconds in found.items() if 0 <= seconds <= _LONGEST}, ()


def write_durations(path: Path, cells: Iterable[CellResult]) -> tuple[str, ...]:
    """Update the file with the cells that ran to their end, and return warnings.

    What it holds of other cells stays, also when another run updates it. It appears whole or not at all;
    failing to write it fails no run.
    """
    ran = {
        cell.id: round(cell.duration, 3)
        for cell in cells
        if cell.outcome in {"passed", "failed"} and not cell.cached
    }
    try:
        with _alone(path.parent):
            _update(path, ran)
    except OSError as error:
        return (f"{path}: {error.strerror or error}: the next run cannot start its longest cells first",)
    return ()


def _update(path: Path, ran: dict[str, float]) -> None:
    before, _ = read_durations(path)
    # The latest go last.
    durations = {id_: seconds for id_, seconds in before.items() if id_ not in ran} | ran
    latest = dict(list(durations.items())[-MOST_ENTRIES:])
    for left in path.parent.glob(f"{_part(path, '')}*"):  # by a run that was killed
        left.unlink(missing_ok=True)
    temporary = path.with_name(_part(path, token_hex(4)))
    try:
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(latest)) + b"\n")
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def _part(path: Path, token: str) -> str:
    return f".{path.name}.part-{token}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs from updating the file in this folder; one that is stuck is not waited for for long.

    Raises OSError.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    until = time.monotonic() + _PATIENCE
    try:
        while _is_locked_elsewhere(lock) and time.monotonic() < until:
            time.sleep(0.005)
        yield
    finally:
        os.close(lock)


def _is_locked_elsewhere(file: int) -> bool:
    """Lock it, unless somebody else has."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks: two runs that end at the same moment may forget durations
        return False
    return False
