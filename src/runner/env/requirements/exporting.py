"""The text of a lock for other tools: requirements with hashes, pylock, `environment.yml`."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from runner.env.requirements.credentials import has_credentials
from runner.env.requirements.packages import Package, below, packages_in
from runner.env.requirements.pylock import relative
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.plugins import WritesEnvironmentFile

Format = Literal["requirements", "pylock", "environment"]
FORMATS: tuple[Format, ...] = get_args(Format)

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=!+-]*")
"""What YAML takes for text without quotes; numbers have no equals signs."""


def exported(
    lock: str, spec: EnvSpec, kind: Format, folder: Path, backend: WritesEnvironmentFile | None = None
) -> str:
    """Return the lock of a cell, its paths absolute and its text empty for nothing, for a file in `folder`.

    `backend` is the cell's, if it has something to say in an environment.yml. Raises CellError for what
    cannot be said in that format, or must not be: passwords.
    """
    if has_credentials(lock):
        raise CellError(
            "lock",
            "an address in the lock holds credentials, and would be written down with them: leave them to a"
            " netrc file or a keyring",
        )
    if kind == "pylock":
        return _head(spec) + (relative(lock, folder, Path(spec.root)) or _EMPTY)
    try:
        packages = packages_in(lock) if lock else ()
    except ValueError as error:
        raise CellError("lock", f"the lock is no pylock file: {error}") from error
    if kind == "environment" and backend is not None:
        pip = tuple(_lines(packages, folder, hashes=False))
        return _head(spec).splitlines(keepends=True)[0] + backend.environment_file(spec, pip)
    if kind == "environment":
        return _head(spec) + _environment(packages, spec, folder)
    return _head(spec) + "".join(f"{line}\n" for line in _lines(packages, folder, hashes=True))


_EMPTY = 'lock-version = "1.0"\ncreated-by = "runner"\npackages = []\n'


def _head(spec: EnvSpec) -> str:
    found = spec.interpreter
    python = f"{found.implementation} {found.version} on {found.platform}" if found else spec.python.text
    pinned = f"# It does not have what {spec.backend} pins.\n" if spec.backend_lock else ""
    return f"# What the cell {spec.cell} installs, for {python}: `runner env export` wrote this.\n{pinned}"


def _environment(packages: tuple[Package, ...], spec: EnvSpec, folder: Path) -> str:
    if spec.backend_lock is not None:
        raise CellError("lock", f"environment.yml is not written for what {spec.backend} pins")
    found = spec.interpreter
    if found is None or found.implementation != "cpython" or found.free_threaded:
        what = f"{found.implementation} {found.version}" if found else "no Python"
        raise CellError("lock", f"environment.yml is written for CPython, and this cell has {what}")
    python = ".".join(found.version.split(".")[:2])
    name = Path(spec.folder).name
    lines = ["name: " + _scalar(name), "dependencies:", f"  - python={python}"]
    pip = [_scalar(line) for line in _lines(packages, folder, hashes=False)]
    if pip:
        lines += ["  - pip", "  - pip:", *(f"      - {line}" for line in pip)]
    return "".join(f"{line}\n" for line in lines)


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and not text.isdigit() else json.dumps(text, ensure_ascii=False)


def _lines(packages: tuple[Package, ...], folder: Path, *, hashes: bool) -> Iterator[str]:
    """Yield a requirement for each package; with its hashes, one more line for each of these."""
    for package in packages:
        line = _requirement(package, folder)
        if package.marker:
            line += f" ; {package.marker}"
        found = _hashes(package) if hashes else ()
        yield " \\\n    ".join((line, *(f"--hash={each}" for each in found)))


def _requirement(package: Package, folder: Path) -> str:
    if package.directory is not None:
        path = _joined(_near(package.directory.path, folder), package.directory.subdirectory)
        return f"-e {path}" if package.directory.editable else path
    if package.vcs is not None:
        return f"{package.name} @ {package.vcs.address}"
    if package.archive is not None:
        archive = package.archive
        where = archive.url or Path(archive.path).as_uri()
        return f"{package.name} @ {where}{below(archive.subdirectory)}"
    return f"{package.name}=={package.version}"


def _hashes(package: Package) -> tuple[str, ...]:
    found = (f"{kind}:{value}" for file in package.files for kind, value in file.hashes.items())
    return tuple(sorted(dict.fromkeys(found)))


def _near(path: str, folder: Path) -> str:
    """Return a path as it is written in a file in `folder`: relative to it where that is below."""
    if not Path(path).is_relative_to(folder):
        return path
    return f"./{os.path.relpath(path, folder)}"


def _joined(path: str, subdirectory: str) -> str:
    return f"{path}/{subdirectory}" if subdirectory else path
