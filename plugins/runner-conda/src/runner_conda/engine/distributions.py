"""Which Python distributions a package holds: their names on PyPI are not always the package's."""

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name
from rattler import Client, PackageCache, RepoDataRecord
from rattler.package_streaming import PackageArchive

from runner_conda.engine.network import only_fetched

_PYTHONS = frozenset(("python", "python_abi", "pypy"))
_METADATA = re.compile(
    r"(?:lib/(?:python|pypy)\d[^/]*/|lib/pypy/)?site-packages/"
    r"(?P<name>[^/]+?)-(?P<version>\d[^/-]*)(?:-py\d[^/]*)?\.(?:dist|egg)-info(?:/.*)?"
)
_AT_ONCE = 16


async def distributions(
    records: Sequence[RepoDataRecord], packages: Path, client: Client, *, offline: bool
) -> list[dict[str, str]]:
    """Map, for each record, the names on PyPI of the distributions in it to their versions.

    What is unpacked in `packages` is read there, of other packages only the list of their files is fetched.
    Raises CellError when that is needed, and `offline`.
    """
    cached = await PackageCache(packages).index()
    turns = asyncio.Semaphore(_AT_ONCE)
    unknown = [each for each in records if _may_hold(each) and not cached.contains_record(each)]
    if offline and (far := [each.file_name for each in unknown if not each.url.startswith("file:")]):
        raise only_fetched("lock", far)

    async def of(record: RepoDataRecord) -> dict[str, str]:
        if not _may_hold(record):
            return {}
        if record not in unknown:
            info = packages / f"{record.name.normalized}-{record.version}-{record.build}" / "info"
            return named(_files_in(info))
        async with turns:
            return named(await _files_of(record, client))

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


def named(files: Iterable[str]) -> dict[str, str]:
    """Map the names of distributions whose metadata is among these files of a package to their versions."""
    found = (_METADATA.fullmatch(file) for file in files)
    return {canonicalize_name(match["name"]): match["version"].replace("_", "-") for match in found if match}
