"""Files of this machine that a requirement line installs from."""

import os.path
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

_NAMED = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\]\s*)?@\s*(?P<where>\S.*)")
_OPTION = re.compile(r"\s--[a-z].*")
_MARKER = re.compile(r"(?<!\s)\s+;.*|;\s.*")
_EXTRAS = re.compile(r"(?<=[^/\s])\[[^\[\]/]*\]$")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")

_DECIDING = ("pyproject.toml", "setup.py", "setup.cfg")
_NAMED_THERE = ("*requirements*.txt", "requirements/*.txt")
"""What decides the metadata of a source folder, also where backends read dependencies from files; the rest of
it is taken as it is at each install."""


def of_home(path: str) -> Path:
    """Return the path with a `~` at its beginning expanded, unless it is of a user who is not there."""
    with suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)


def local_files(text: str, root: Path) -> Iterator[Path]:
    """Yield the files that decide what a requirement resolves to: an archive, or some of a folder's.

    `text` is a requirement line, or what follows `-e` in one; relative paths start at `root`.
    """
    where = _place(text)
    if where is None:
        return
    path = root / of_home(where.replace("${PROJECT_ROOT}", str(root)))
    if os.path.isfile(path):  # noqa: PTH113 - Path.is_file() raises for a name that is too long
        yield path
    elif os.path.isdir(path):  # noqa: PTH112 - as above
        yield from (file for name in _DECIDING if (file := path / name).is_file())
        yield from sorted(file for pattern in _NAMED_THERE for file in path.glob(pattern) if file.is_file())


def _place(text: str) -> str | None:
    """Return the path in a requirement, None when it has none."""
    named = _NAMED.fullmatch(text)
    bare = _MARKER.sub("", _OPTION.sub("", named["where"] if named else text)).strip()
    if bare.startswith("file:"):
        with suppress(ValueError):  # the installer says what is wrong with it
            return unquote(urlsplit(bare).path)
        return None
    if "://" in bare or not (named or "/" in bare or bare.startswith((".", "~")) or bare.endswith(_ARCHIVES)):
        return None
    return _EXTRAS.sub("", bare)
