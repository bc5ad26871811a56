"""From a path as a cell recorded it to the file of this project. Pure."""

import re
from collections.abc import Callable

from runner_coverage.record import Record

_INSTALLED = ("site-packages", "dist-packages")
_SEPARATORS = re.compile(r"[\\/]+")


def local_path(
    path: str, record: Record, root: str, import_roots: tuple[str, ...], exists: Callable[[str], bool]
) -> str:
    """Return the file below `root` that a recorded path stands for, or the path as it is.

    What was installed of the project is looked for below `import_roots`; the rest below the folders that held
    the project there, with either separator.
    """
    parts = _parts(path)
    installed = max((at for at, part in enumerate(parts) if part in _INSTALLED), default=None)
    if installed is not None:
        inner = parts[installed + 1 :]
        places = [_joined(root, *_parts(folder), *inner) for folder in import_roots]
    else:
        places = [_joined(root, *inner) for inner in _below(parts, record.roots)]
    return next(filter(exists, places), path)


def is_foreign(path: str, root: str, environments: tuple[str, ...]) -> bool:
    """Say whether a path is in an environment: code of others, or what a cell made for itself."""
    parts, home = _parts(path), _parts(root)
    inner = parts[len(home) :] if parts[: len(home)] == home else parts
    return any(name in inner for name in _INSTALLED) or any(
        parts[: len(outer)] == outer for outer in map(_parts, environments)
    )


def _below(parts: list[str], roots: tuple[str, ...]) -> list[list[str]]:
    outers = [outer for outer in map(_parts, roots) if len(parts) > len(outer)]
    return [parts[len(outer) :] for outer in outers if _same(parts[: len(outer)], outer)]


def _same(one: list[str], other: list[str]) -> bool:
    """Compare folders, ignoring case where there is a drive: such a system does."""
    drive = bool(other) and other[0].endswith(":")
    return [part.lower() for part in one] == [part.lower() for part in other] if drive else one == other


def _parts(path: str) -> list[str]:
    return [part for part in _SEPARATORS.split(path) if part != "."]


def _joined(*parts: str) -> str:
    return "/".join(part for at, part in enumerate(parts) if part or at == 0)
