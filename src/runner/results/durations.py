"""How long each cell took the last time it ran: what the next run is ordered by."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from runner.model.results import CellResult

MOST_ENTRIES = 20_000
"""Entries kept, the latest ones; a project's cells come and go as its config changes."""


def read_durations(path: Path) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return seconds by cell id, the least recent first, and warnings; nothing when there is no file yet.

    Durations only order cells: a file that cannot be used counts as empty.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except FileNotFoundError:
        return {}, ()
    except (OSError, ValueError, RecursionError) as error:
        return {}, (f"{path}: {error}: cells start in the order of the config, and the file is written anew",)
    return {id_: seconds for id_, seconds in found.items() if seconds >= 0}, ()


def write_durations(path: Path, cells: Iterable[CellResult]) -> tuple[str, ...]:
    """Update the file with the cells that ran to their end, and return warnings.

    What it holds of other cells stays. It appears whole or not at all; failing to write it fails no run.
    """
    durations, _ = read_durations(path)
    for cell in cells:
        if cell.outcome in {"passed", "failed"} and not cell.cached:
            durations.pop(cell.id, None)  # the latest go last
            durations[cell.id] = round(cell.duration, 3)
    latest = dict(list(durations.items())[-MOST_ENTRIES:])
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(latest)) + b"\n")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        return (f"{path}: {error.strerror or error}: the next run cannot start its longest cells first",)
    return ()
