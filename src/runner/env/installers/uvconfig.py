"""What uv is told beside its arguments, in one folder: variables, settings files, files that those name."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from runner.env.installers.indexes import Translation, translated, with_indexes
from runner.env.installers.uvsettings import UvFile, refuse_elsewhere, uv_files
from runner.env.requirements.index import Index
from runner.env.requirements.wanted import referred_contents

_LIFELESS = (
    *("UV_CACHE_DIR", "UV_LINK_MODE", "UV_NO_PROGRESS", "UV_NO_WRAP", "UV_CONCURRENT_", "UV_HTTP_"),
    "UV_OFFLINE",
)
"""Beginnings of the names of uv's variables that change no resolution."""

_LISTS = ("UV_CONSTRAINT", "UV_OVERRIDE", "UV_BUILD_CONSTRAINT", "UV_EXCLUDE")
"""Variables that name requirements files, with spaces between them."""

_OF_INDEXES = ("index", "index-url", "extra-index-url", "find-links", "no-index", "index-strategy")
"""Settings that say where packages come from, which may differ between machines that share a lock."""


class UvConfig(Struct, frozen=True, kw_only=True):
    """What files and variables tell uv when it runs in one folder.

    `environ` is all that uv sees. `settings` maps what is set, by the name of a file or variable, to a hash
    of it; `shared` are those of files that belong to the project, less the indexes. `pip` are the names of
    the settings for `uv pip` alone. `unheeded` are indexes that uv is told of, and does not ask for
    passwords, beside a setting `no-index`.
    """

    environ: dict[str, str]
    arguments: tuple[str, ...]
    notes: tuple[str, ...]
    settings: dict[str, str]
    shared: dict[str, str]
    pip: frozenset[str]
    unheeded: tuple[Index, ...]


def read_uv_config(
    environ: Mapping[str, str], root: Path, only: Index | None = None, first: tuple[Index, ...] = ()
) -> UvConfig:
    """Return what uv is told when it runs in `root`. Raises CellError for settings that cannot be.

    It looks into no other index than `only`, if there is one, and into those of `first` before others.
    """
    translation = translated(environ, root)
    seen = with_indexes({**environ, **translation.variables}, only, first)
    files = uv_files(seen, root)
    refuse_elsewhere(files)
    return UvConfig(
        environ=seen,
        arguments=() if only else translation.arguments,
        notes=() if only else _notes(translation),
        settings={
            **{file.path: _hash_of(file.table) for file in files},
            **{name: _hash_of(value) for name, value in seen.items() if _matters(name)},
            **_contents(seen, root),
        },
        shared={
            Path(file.path).name: _hash_of(table)
            for file in files
            if Path(file.path).parent == root and (table := _without_indexes(file))
        },
        pip=frozenset(key for file in files for key in file.pip),
        unheeded=first if _no_index(translation, files) else (),
    )


def _matters(name: str) -> bool:
    return name.startswith("UV_") and not name.startswith(_LIFELESS)


def _contents(environ: Mapping[str, str], root: Path) -> dict[str, str]:
    """Map the files that uv's variables name, and all that those refer to, to their sha256."""
    named = [(file, variable) for variable in _LISTS for file in environ.get(variable, "").split()]
    found: dict[str, str] = {}
    for file, variable in named:
        found |= referred_contents(file, root, variable)
    return found


def _without_indexes(file: UvFile) -> dict[str, object]:
    pip = {key: value for key, value in file.pip.items() if key not in _OF_INDEXES}
    table = {key: value for key, value in file.table.items() if key not in (*_OF_INDEXES, "pip")}
    return table | ({"pip": pip} if pip else {})


def _no_index(translation: Translation, files: tuple[UvFile, ...]) -> bool:
    said = [table["no-index"] for file in files for table in (file.pip, file.table) if "no-index" in table]
    return "--no-index" in translation.arguments or True in said


def _notes(translation: Translation) -> tuple[str, ...]:
    if not translation.settings:
        return ()
    return (f"uv uses pip's settings: {', '.join(translation.settings)}",)


def _hash_of(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
