"""Whether a Pipfile.lock serves: it follows from the Pipfile beside it, and is for the cell's Python."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from runner.env.given.files import text_of
from runner.env.given.pipfile_lock import PipfileLock, Source, parse_pipfile_lock
from runner.model.errors import CellError
from runner.model.toml import TOMLError, parse

_NO_CATEGORY = ("source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv")
_TAKEN = ("default", "develop")
"""Names in the lock that the two sections above have there."""


def pipfile_sha256(document: Mapping[str, object], sources: Sequence[Source] = ()) -> str:
    """Return the hash that pipenv writes into the lock of this Pipfile. Raises ValueError.

    `sources` are those of the lock: pipenv takes a Pipfile without any to name the public index, and that is
    hashed as it then stands in the lock.
    """
    public = [msgspec.to_builtins(source) for source in sources if source.is_public]
    categories = {name: value for name, value in document.items() if name not in (*_NO_CATEGORY, *_TAKEN)}
    data = {
        "_meta": {
            "sources": document.get("source", public),
            "requires": document.get("requires", {}),
        },
        "default": document.get("packages", {}),
        "develop": document.get("dev-packages", {}),
        **categories,
    }
    try:
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    except TypeError as error:  # a date
        raise ValueError(f"it holds what no lock can: {error}") from error
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Make of a ValueError a CellError that says in which lock that is."""
    try:
        yield
    except ValueError as error:
        raise CellError("lock", f"{path} cannot be used: {error}") from error


def read_pipfile_lock(path: Path) -> PipfileLock:
    """Return what a Pipfile.lock says. Raises CellError."""
    text = text_of(path, "`pipenv lock` writes it")
    with blaming(path):
        return parse_pipfile_lock(text)


def check_fresh(lock: PipfileLock, path: Path) -> tuple[str, ...]:
    """Raise CellError when the Pipfile beside the lock is another than it was made from.

    Returns a line for people where there is none to compare it with.
    """
    pipfile = path.with_name("Pipfile")
    if not os.path.exists(pipfile):  # noqa: PTH110 - Path raises in a locked folder
        return (f"there is no Pipfile beside {path.name}: whether it is stale is not known",)
    text = text_of(pipfile, "pipenv needs it")
    try:
        expected = pipfile_sha256(parse(text), lock.sources)
    except TOMLError as error:
        raise CellError("lock", f"{pipfile} cannot be read: {error}") from error
    except ValueError as error:
        raise CellError("lock", f"{pipfile} cannot be used: {error}") from error
    if lock.sha256 != expected:
        raise CellError(
            "lock", f"{path} is stale: the Pipfile changed since it was made; `pipenv lock` updates it"
        )
    return ()


def check_python(lock: PipfileLock, path: Path, version: str) -> None:
    """Raise CellError when the lock is for another Python than `version`."""
    for key in ("python_full_version", "python_version"):
        wanted = lock.requires.get(key, "")
        if wanted and wanted != "*" and not _is_of(version, wanted):
            raise CellError(
                "lock",
                f"{path} is for Python {wanted} ({key} in the Pipfile's [requires]), and this is {version}"
                f'\nset python = "{wanted}" in the session, or exclude its other Pythons; if the Pipfile is'
                f" meant for more than one, remove {key} from it and run `pipenv lock`",
            )


def _is_of(version: str, wanted: str) -> bool:
    """Whether a version begins as the wanted one does, part by part."""
    parts = wanted.split(".")
    return version.split(".")[: len(parts)] == parts
