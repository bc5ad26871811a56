"""Installing what a lock pins into a prefix: exactly that, verified, or an error."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from rattler import (
    Client,
    Config,
    MatchSpec,
    PackageCache,
    PackageRecord,
    RepoDataRecord,
    ValidationMode,
    install,
)
from rattler.exceptions import InstallerError

from runner import CellError, Stop
from runner_conda.channels import Channel
from runner_conda.engine.calls import explained, waited, words
from runner_conda.engine.locks import Package, package_of, records_of
from runner_conda.engine.network import client, only_fetched
from runner_conda.engine.solving import virtual_packages
from runner_conda.places import Places

_LINKS = ("hard", "ref", "symbolic")
_KINDS = {"hardlink": "hard", "clone": "ref", "symlink": "symbolic", "copy": ""}
_MISMATCH = re.compile(r"hash mismatch .*expected (?P<expected>[0-9a-f]+), got (?P<got>[0-9a-f]+)", re.DOTALL)
_TOO_LONG = "longer than the placeholder prefix"
"""What rattler says of a prefix whose path does not fit into programs that hold it."""


class Installing(Struct, frozen=True, kw_only=True):
    """One installation of the packages of `lock`, or `only` of those with these names, into the new `folder`.

    Files say that they are in `final`, where the folder is to be moved, if that is given.
    """

    lock: str
    root: Path
    channels: tuple[Channel, ...]
    places: Places
    folder: Path
    final: Path | None = None
    only: frozenset[str] | None = None
    offline: bool = False
    link_mode: str | None = None


def installed(installing: Installing, stop: Stop) -> None:
    """Install. Raises CellError and Cancelled, which leave half a folder behind."""
    with explained("create", "installing the conda packages"):
        records = _records(installing)
        fetching = client(installing.channels, offline=installing.offline)
        installing.places.use(package_of(record).stem for record in records)  # before others prune them
        try:
            waited(lambda: _install(installing, records, fetching), stop)
        except InstallerError as error:
            raise CellError("create", _told(error, records)) from error


def unmet(packages: Iterable[Package], overrides: dict[str, str]) -> tuple[str, ...]:
    """Return what packages need of the machine, and it lacks, such as `gpu needs __cuda >=12`."""
    with explained("create", "looking at what the conda packages need of this machine"):
        there = [
            PackageRecord(str(each.name.normalized), str(each.version), each.build_string, 0, "noarch")
            for each in virtual_packages(overrides)
        ]
        return tuple(
            f"{package.name} needs {need}"
            for package in packages
            for need in package.depends
            if need.startswith("__") and not any(MatchSpec(need).matches(each) for each in there)
        )


async def _install(installing: Installing, records: list[RepoDataRecord], fetching: Client) -> None:
    folder = installing.places.packages
    folder.mkdir(parents=True, exist_ok=True)
    index = await PackageCache(folder).index()
    cached = [record for record in records if index.contains_record(record)]
    _check_others([record for record in records if record not in cached], offline=installing.offline)
    changed = any(_is_changed(folder / package_of(record).stem) for record in cached)
    validation = ValidationMode.full() if changed else ValidationMode.fast()
    await install(
        records,
        installing.folder,
        client=fetching,
        config=_linking(installing.link_mode),
        package_cache=PackageCache.new_layered([folder], validation_mode=validation),
        alternative_target_prefix=installing.final,
        installed_packages=[],
        execute_link_scripts=False,
        show_progress=False,
    )


def _records(installing: Installing) -> list[RepoDataRecord]:
    only = installing.only
    records = records_of(installing.lock, installing.root)
    return [record for record in records if only is None or record.name.normalized in only]


def _check_others(records: Iterable[RepoDataRecord], *, offline: bool) -> None:
    """Look at what is not in the cache: is it what was locked, can it be fetched. Raises CellError.

    rattler verifies what it downloads, but not what it reads from channels that are folders.
    """
    missing = []
    for record in records:
        parts = urlsplit(record.url)
        if parts.scheme == "file":
            _verify(record, Path(unquote(parts.path)))
        elif offline:
            missing.append(record.file_name)
    if missing:
        raise only_fetched("create", missing)


def _verify(record: RepoDataRecord, file: Path) -> None:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise CellError("create", f"{record.file_name} cannot be read: {file}: {error.strerror}") from error
    if digest.digest() != record.sha256:
        raise CellError("create", _lie(record, package_of(record).sha256, digest.hexdigest()))


def _is_changed(folder: Path) -> bool:
    """Whether a file was changed since the package was unpacked: environments share files with the cache."""
    unpacked = (folder / "info").stat().st_mtime_ns
    return any(entry.stat(follow_symlinks=False).st_mtime_ns > unpacked for entry in _files(str(folder)))


def _files(folder: str) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry


def _linking(link_mode: str | None) -> Config | None:
    if link_mode is None:
        return None
    return Config.from_toml(
        "".join(f"allow-{each}-links = {str(each == _KINDS[link_mode]).lower()}\n" for each in _LINKS)
    )


def _told(error: InstallerError, records: Iterable[RepoDataRecord]) -> str:
    said = words(error)
    guilty = next((record for record in records if record.file_name in said), None)
    mismatch = _MISMATCH.search(said)
    if guilty is not None and mismatch is not None:
        return _lie(guilty, mismatch["expected"], mismatch["got"])
    if guilty is not None:
        return f"{guilty.file_name} cannot be taken from the channel {guilty.channel}:\n{said}"
    advice = "\nset work-dir to a folder with a shorter path" if _TOO_LONG in said else ""
    return f"the conda packages cannot be installed:\n{said}{advice}"


def _lie(record: RepoDataRecord, expected: str, found: str) -> str:
    return (
        f"{record.file_name} of the channel {record.channel} is not the file that was locked: expected sha256"
        f" {expected}, found {found}\nthe channel's file or its index was changed, and nothing of it is"
        " installed; if that is right, --upgrade makes the lock anew"
    )
