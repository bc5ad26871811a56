"""Sdists from the index, by name, version and hash, unpacked: none is kept in this repository."""

import hashlib
import ssl
import tarfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

from filelock import FileLock
from msgspec import Struct
from tests.differential.reach import UnreachableError, reaching, run_uv

from runner.model.toml import tomllib

_TIMEOUT = 120.0


class Sdist(Struct, frozen=True):
    """A released source distribution."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"


def fetch(sdist: Sdist, cache: Path) -> Path:
    """Return the archive, downloaded once into `cache`. Raises UnreachableError, also on another hash."""
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / f"{sdist}.tar.gz"
    with FileLock(f"{archive}.lock"):
        if not archive.exists():
            content = _download(_address(sdist, cache), cache)
            found = hashlib.sha256(content).hexdigest()
            if found != sdist.sha256:
                raise UnreachableError(f"the index's {sdist} has another sha256 than it should: {found}")
            partial = archive.with_suffix(".partial")
            partial.write_bytes(content)
            partial.replace(archive)
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Put what is below the archive's one top folder into `folder`, which must not be there yet."""
    beside = folder.with_name(f"{folder.name}.unpacking")
    with tarfile.open(archive) as opened:
        opened.extractall(beside, filter="data")
    (top,) = beside.iterdir()
    top.rename(folder)
    beside.rmdir()


def _address(sdist: Sdist, cache: Path) -> str:
    """Ask the installer where the index has it: a lock names the files without fetching or building any."""
    wanted = cache / f"{sdist}.txt"
    wanted.write_text(f"{sdist.name}=={sdist.version}\n", encoding="utf-8")
    lock = run_uv(
        *("pip", "compile", "--no-deps", "--universal", "--no-binary", sdist.name),
        *("--no-header", "--format", "pylock.toml", str(wanted)),
        folder=cache,
    )
    (package,) = tomllib.loads(lock)["packages"]
    if "sdist" not in package:
        raise UnreachableError(f"the index has no sdist of {sdist}")
    place = package["sdist"]
    return str(place["url"] if "url" in place else urljoin(wanted.as_uri(), place["path"]))


def _download(address: str, folder: Path) -> bytes:
    trusted = ssl.create_default_context(cafile=reaching(folder).get("SSL_CERT_FILE"))
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT, context=trusted) as response:  # noqa: S310 - the index's own address
            return bytes(response.read())
    except OSError as error:
        raise UnreachableError(f"{address.rpartition('/')[2]} could not be downloaded: {error}") from error
