"""Which Python distributions a package holds: their names on PyPI are not always the package's."""

import asyncio
import json
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name
from rattler import Client, PackageCache, RepoDataRecord
from rattler.package_streaming import PackageArchive

_PYTHONS = frozenset(("python", "python_abi", "pypy"))
_METADATA = re.compile(
    r"(?:lib/(?:python|pypy)\d[^/]*/|lib/pypy/)?site-packages/"
    r"(?P<name>[^/]+?)-(?P<version>\d[^/-]*)(?:-py\d[^/]*)?\.(?:dist|egg)-info(?:/.*)?"
)
_AT_ONCE = 16


async def distributions(
    records: Iterable[RepoDataRecord], packages: Path, client: Client
) -> list[dict[str, str]]:
    """Map, for each record, the names on PyPI of the distributions in it to their versions.

    What is unpacked in `packages` is read there, of other packages only the list of their files is fetched.
    """
    cached = await PackageCache(packages).index()
    turns = asyncio.Semaphore(_AT_ONCE)

    async def of(record: RepoDataRecord) -> dict[str, str]:
        if not _may_hold(record):
            return {}
        if cached.contains_record(record):
            info = packages / f"{record.name.normalized}-{record.version}-{record.build}" / "info"
            return _named(_files_in(info))
        async with turns:
            return _named(await _files_of(record, client))

    return await asyncio.gather(*map(of, records))


def _may_hold(record: RepoDataRecord) -> bool:
    return record.noarch.python or any(
        each.split(maxsplit=1)[0] in _PYTHONS for each in record.depends if each
    )


def _files_in(info: Path) -> list[str]:
    paths = info / "paths.json"
    if paths.exists():
        return _paths(paths.read_bytes())
    return (info / "files").read_text(encoding="utf-8").splitlines()


async def _files_of(record: RepoDataRecord, client: Client) -> list[str]:
    parts = urlsplit(record.url)
    if parts.scheme == "file":
        archive = await PackageArchive.from_path(unquote(parts.path))
    else:
        archive = await PackageArchive.from_url(client, record.url)
    paths = await archive.read_file("info/paths.json")
    if paths is not None:
        return _paths(paths)
    old = await archive.read_file("info/files")
    return old.decode().splitlines() if old is not None else []


def _paths(text: bytes) -> list[str]:
    return [entry["_path"] for entry in json.loads(text)["paths"]]


def _named(files: Iterable[str]) -> dict[str, str]:
    found = (_METADATA.fullmatch(file) for file in files)
    return {canonicalize_name(match["name"]): match["version"].replace("_", "-") for match in found if match}
