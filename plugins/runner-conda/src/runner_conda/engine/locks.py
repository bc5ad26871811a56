"""Locks as text: rattler's own format, with the names that packages have on PyPI."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from rattler import LockChannel, LockFile, LockPlatform, PackageRecord, RepoDataRecord

from runner import CellError
from runner_conda.engine.calls import explained

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


def written(records: Iterable[RepoDataRecord], channels: Iterable[str], platform: str, root: Path) -> str:
    """Return the text of a lock; equal arguments give equal text. Paths below `root` are relative to it."""
    place = LockPlatform(platform)
    lock = LockFile([place])
    lock.set_channels(_ENVIRONMENT, [LockChannel(url) for url in channels])
    for record in sorted(records, key=lambda record: record.url):
        lock.add_conda_package(_ENVIRONMENT, place, record)
    with TemporaryDirectory(prefix="runner-") as folder:
        file = Path(folder, "conda.lock")
        lock.to_path(file)
        text = file.read_text(encoding="utf-8")
    for ours, anywhere in _roots(root):
        text = text.replace(ours, anywhere)
    return text


def records_of(text: str, root: Path) -> list[RepoDataRecord]:
    """Return what a lock pins. Raises CellError for a text that is no lock of one platform."""
    for ours, anywhere in reversed(_roots(root)):
        text = text.replace(anywhere, ours)
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
        distributions={match["name"]: match["version"] for match in found if match},
    )


@lru_cache(maxsize=16)  # each cell asks several times, and often for the same text
def packages_of(text: str, root: Path) -> tuple[Package, ...]:
    """Return the packages that a lock pins. Raises CellError."""
    return tuple(package_of(record) for record in records_of(text, root))


def with_distributions(record: RepoDataRecord, distributions: Mapping[str, str]) -> RepoDataRecord:
    """Return the record with the distributions in the package, and without when somebody indexed it."""
    about: dict[str, object] = json.loads(record.to_json())
    about["purls"] = [f"pkg:pypi/{name}@{version}" for name, version in sorted(distributions.items())]
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


def _roots(root: Path) -> tuple[tuple[str, str], ...]:
    """Return how paths below the root begin, here and in a lock that can be anywhere."""
    return (f"{root.as_uri()}/", f"file://{_ROOT}/"), (f"{root}/", f"{_ROOT}/")
