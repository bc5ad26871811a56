"""What a Pipfile.lock pins, as requirement lines, and the index that each comes from."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from runner.env.given.pipfile import blaming, read_pipfile_lock
from runner.env.given.pipfile_lock import Entry, Source
from runner.env.requirements.index import Index

_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_SCP = re.compile(r"(?P<host>[\w.-]+@[\w.-]+):(?P<path>[^/].*)")
_REVISION = re.compile(r"(?<=[^/])@[^/@]*$")
"""What the address of a repository may end with: the ref that was locked counts."""


class Batch(Struct, frozen=True):
    """Requirement lines for packages that come from one index; None: from where uv looks by itself."""

    index: Index | None
    lines: tuple[str, ...]


def batches(
    entries: tuple[Entry, ...], sources: tuple[Source, ...], folder: Path, environ: Mapping[str, str]
) -> tuple[Batch, ...]:
    """Return what is pinned index by index, as pipenv installs it; paths start at `folder`.

    Raises ValueError.
    """
    lines: dict[Index | None, list[str]] = {}
    for entry in entries:
        index = None if is_direct(entry) else _index(entry, sources, environ)
        lines.setdefault(index, []).append(_line(entry, folder))
    return tuple(Batch(index, tuple(sorted(found))) for index, found in lines.items())


def indexes(sources: tuple[Source, ...], environ: Mapping[str, str]) -> tuple[Index, ...]:
    """Return the indexes that sources name, but for PyPI: where that is, uv is told. Raises ValueError."""
    found = (_of(source, environ) for source in sources)
    return tuple(index for index in dict.fromkeys(found) if index is not None)


def indexes_of(file: Path, environ: Mapping[str, str]) -> tuple[Index, ...]:
    """Return the indexes that a Pipfile.lock names. Raises CellError."""
    with blaming(file):
        return indexes(read_pipfile_lock(file).sources, environ)


def is_direct(entry: Entry) -> bool:
    """Say whether an entry names its own place, and comes from no index."""
    return bool(entry.vcs or entry.path or entry.file)


def _index(entry: Entry, sources: tuple[Source, ...], environ: Mapping[str, str]) -> Index | None:
    """Return the one index that an entry comes from: the first unless it says so."""
    if not sources:
        return None
    if not entry.index:
        return _of(sources[0], environ)
    for source in sources:
        if source.name == entry.index:
            return _of(source, environ)
    raise ValueError(f"{entry.name} comes from the index {entry.index}, which is not among its sources")


def _of(source: Source, environ: Mapping[str, str]) -> Index | None:
    """Return a source with the variables in its address filled in; None for PyPI."""
    if source.is_public:
        mirror = environ.get("PIPENV_PYPI_MIRROR")
        return Index(mirror) if mirror else None

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in environ:
            raise ValueError(f"its source {source.name} refers to the variable {name}, which is not set")
        return environ[name]

    return Index(_VARIABLE.sub(value, source.url), source.verify_ssl)


def _line(entry: Entry, folder: Path) -> str:
    """Return the requirement, with its hashes."""
    if entry.vcs:
        return f"{entry.name} @ {_repository(entry)}"
    hashes = "".join(f" --hash={hash_}" for hash_ in entry.hashes)
    place = entry.file or entry.path
    if not place:
        return f"{entry.name}{entry.version}{hashes}"
    if "://" not in place:
        path = Path(os.path.normpath(folder / place))
        if path.is_dir() or not place.endswith(_ARCHIVES):
            return f"-e {path}" if entry.editable else path.as_uri()
        place = path.as_uri()
    return f"{entry.name} @ {place}{hashes}"


def _repository(entry: Entry) -> str:
    """Return the address of a repository, with its ref, as requirements have it. Raises ValueError."""
    if entry.vcs != "git":
        raise ValueError(
            f"{entry.name} comes from a repository of {entry.vcs}, and uv knows git alone: use the plugin"
            ' runner-pipenv with backend = "pipenv"'
        )
    url = entry.git.removeprefix("git+")
    short = _SCP.fullmatch(url)
    if short:
        url = f"ssh://{short['host']}/{short['path']}"
    if "://" not in url:
        raise ValueError(f"{entry.name}: {entry.git} is no address of a repository")
    if entry.ref:
        url = f"{_REVISION.sub('', url)}@{entry.ref}"
    below = f"#subdirectory={entry.subdirectory}" if entry.subdirectory else ""
    return f"git+{url}{below}"
