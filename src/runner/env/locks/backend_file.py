"""A committed lock of a backend: its text between lines of ours, which mean nothing to other readers."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from runner.env.locks.files import HEADER, read_committed
from runner.env.locks.standing import CommittedFile
from runner.model.encode import decoded

_TRAILER = "# runner: "


class _Trailer(Struct, frozen=True):
    """What the last line says: what the pins followed from, and the hash of the text without our lines."""

    inputs: dict[str, str]
    sha256: str


def content_of(cell: str, text: str, inputs: Mapping[str, str]) -> str:
    """Return the whole text of a committed lock; equal arguments give equal text."""
    trailer = msgspec.json.encode(_Trailer(dict(inputs), _digest(text)), order="deterministic").decode()
    return f"{HEADER} for the cell {cell}: `runner lock -e {cell}` updates it.\n{text}{_TRAILER}{trailer}\n"


def read_file(path: Path, inputs: Mapping[str, str]) -> CommittedFile | None:
    """Return the committed lock, however it is; None when there is none. Raises CellError for another's."""
    content = read_committed(path, lambda text: f"\n{_TRAILER}" in text)
    if content is None:
        return None
    body, found, trailer = content.rpartition(f"\n{_TRAILER}")
    text = body.partition("\n")[2] + "\n"
    there = CommittedFile(path=path, content=content, text=text)
    if not found:
        return msgspec.structs.replace(there, damage="its end is missing")
    try:
        said = decoded(trailer.encode(), _Trailer)
    except ValueError as error:
        return msgspec.structs.replace(there, damage=f"its last line cannot be read: {error}")
    if said.sha256 != _digest(text):
        return msgspec.structs.replace(there, damage="it was changed by hand")
    return msgspec.structs.replace(there, differences=_differences(said.inputs, inputs))


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    names = dict.fromkeys((*now, *before))
    return tuple(f"{name} changed" for name in names if before.get(name) != now.get(name))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
