"""What is kept beside the data of a cell: who it is, and where its files were."""

from pathlib import Path

import msgspec
from msgspec import Struct

RECORD = "cell.json"
DATA = "data.sqlite"
FOLDER = "coverage"
"""The names of a cell's two files, and of the folder that holds them."""


class Record(Struct, frozen=True, kw_only=True):
    """A cell that was measured.

    `factors` are those of its id by axis; the axis `session` has the session's name. `roots` are the folders
    that held the project there, the cell's own copy first; `environment` held what was installed.
    """

    cell: str
    factors: dict[str, str]
    roots: tuple[str, ...]
    environment: str


class Measured(Struct, frozen=True):
    """The data of one cell and what is known of it."""

    record: Record
    data: str


def write_record(record: Record, folder: Path) -> Path:
    """Write the record into the folder of the cell's data, and return its path. Raises OSError."""
    file = folder / RECORD
    file.write_bytes(msgspec.json.encode(record))
    return file


def read_record(file: Path) -> Measured:
    """Read a record and find its data. For the main thread only. Raises OSError and ValueError."""
    record = msgspec.json.decode(file.read_bytes(), type=Record)  # noqa: TID251 - in one thread
    return Measured(record, str(file.with_name(DATA)))
