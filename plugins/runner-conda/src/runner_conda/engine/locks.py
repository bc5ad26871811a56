"""Locks as text: rattler's own format, with the names that packages have on PyPI."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct
from rattler import LockChannel, LockFile, LockPlatform, PackageRecord, RepoDataRecord

from runner import CellError
from runner_conda.channels import Channel
from runner_conda.engine.calls import explained
from runner_conda.engine.network import address

_ENVIRONMENT = "default"
_ROOT = "$ROOT"
_PURL = re.compile(r"pkg:pypi/(?P<name>[^@?#]+)@(?P<version>[^?#]+)")


class Package(Struct, frozen=True, kw_only=True):
    """One package of a lock. `channel` and `url` have no credentials; `sha256` is in hex digits.

    `site` is where a Python puts modules, relative to its prefix, empty for other packages; `distributions`
    maps names of Python distributions in the package, as on PyPI, to their versions.
    """

    name: str
    version: str
    build: str
    file_name: str
    url: str
    channel: str
    sha256: str
    depends: tuple[str, ...]
    site: str
    distributions: dict[str, str]

    @property
    def stem(self) -> str:
        """What the folder of the package in the cache is called."""
        return f"{self.name}-{self.version}-{self.build}"


def written(records: Iterable[RepoDataRecord], channels: Iterable[Channel], platform: str, root: Path) -> str:
    """Return the text of a lock; equal arguments give equal text.

    Paths below `root`, and those of channels that the config names relative to it, start there.
    """
    channels = tuple(channels)
    place = LockPlatform(platform)
    lock = LockFile([place])
    lock.set_channels(_ENVIRONMENT, [LockChannel(address(each)) for each in channels])
    for record in sorted(records, key=lambda record: record.url):
        lock.add_conda_package(_ENVIRONMENT, place, record)
    with TemporaryDirectory(prefix="runner-") as folder:
        file = Path(folder, "conda.lock")
        lock.to_path(file)
        text = file.read_text(encoding="utf-8")
    return _anywhere(text, root, channels)


def records_of(text: str, root: Path) -> list[RepoDataRecord]:
    """Return what a lock pins. Raises CellError for a text that is no lock of one platform."""
    text = text.replace(f"file://{_ROOT}", root.as_uri()).replace(_ROOT, str(root))
    with explained("lock", "reading the lock"), TemporaryDirectory(prefix="runner-") as folder:
        file = Path(folder, "conda.lock")
        file.write_text(text, encoding="utf-8")
        environment = LockFile.from_path(file).environment(_ENVIRONMENT)
        platforms = environment.platforms() if environment else []
        # Only a platform that came from the lock may be asked for: rattler panics at others.
        records = (
            environment.conda_repodata_records_for_platform(platforms[0])
            if environment and platforms
            else None
        )
    if not records:
        raise CellError("lock", "the lock has no conda packages: `runner lock --upgrade` makes it anew")
    return records


def package_of(record: RepoDataRecord) -> Package:
    """Return what is to be known of a record."""
    purls = json.loads(record.to_json()).get("purls") or ()
    found = (_PURL.fullmatch(purl) for purl in purls)
    return Package(
        name=record.name.normalized,
        version=str(record.version),
        build=str(record.build),
        file_name=record.file_name,
        url=record.url,
        channel=record.channel,
        sha256=record.sha256.hex() if record.sha256 else "",
        depends=tuple(record.depends),
        site=record.python_site_packages_path or "",
        distributions={match["name"]: unquote(match["version"]) for match in found if match},
    )


@lru_cache(maxsize=16)  # each cell asks several times, and often for the same text
def packages_of(text: str, root: Path) -> tuple[Package, ...]:
    """Return the packages that a lock pins. Raises CellError."""
    return tuple(package_of(record) for record in records_of(text, root))


def with_distributions(record: RepoDataRecord, distributions: Mapping[str, str]) -> RepoDataRecord:
    """Return the record with the distributions in the package, and without when somebody indexed it."""
    about: dict[str, object] = json.loads(record.to_json())
    about["purls"] = [
        f"pkg:pypi/{name}@{quote(distributions[name], safe='')}" for name in sorted(distributions)
    ]
    with TemporaryDirectory(prefix="runner-") as folder:
        file = Path(folder, "index.json")
        file.write_text(json.dumps(about), encoding="utf-8")
        plain = PackageRecord.from_index_json(
            file,
            size=record.size,
            sha256=record.sha256.hex() if record.sha256 else None,
            md5=record.md5.hex() if record.md5 else None,
        )
    return RepoDataRecord(plain, record.file_name, record.url, record.channel)


def _anywhere(text: str, root: Path, channels: Iterable[Channel]) -> str:
    """Return the text with the project's root, and what the config says from there, by another name."""
    near = (unquote(urlsplit(each.address).path) for each in channels if each.shown.startswith("."))
    folders = {folder: f"{_ROOT}/{os.path.relpath(folder, root)}" for folder in near}
    for ours, there in {**folders, str(root): _ROOT}.items():
        if ours != os.sep:
            text = _renamed(text, Path(ours).as_uri(), f"file://{there}")
            text = _renamed(text, ours, there)
    return text


def _renamed(text: str, old: str, new: str) -> str:
    """Replace a path that is all of a value, or all before a slash."""
    return re.sub(rf"(?m)(?<![\w/]){re.escape(old)}(?=/|$)", lambda _: new, text)
