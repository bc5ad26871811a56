"""Dependency groups of a pyproject.toml (PEP 735), resolved to requirement lines."""

from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from runner.model.errors import CellError
from runner.model.nearest import closest, enumerated
from runner.model.toml import parse

Groups = Mapping[str, object]

DEEPEST = 100
"""Groups that include each other, one in the other."""


def group_lines(root: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the requirements of these groups of `root`'s pyproject.toml. Raises CellError."""
    if not names:
        return ()
    file = root / "pyproject.toml"
    try:
        document = parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CellError("lock", f"groups = {list(names)} needs {file}: {error.strerror}") from error
    except ValueError as error:
        raise CellError("lock", f"{file} cannot be read: {error}") from error
    table = document.get("dependency-groups", {})
    if not isinstance(table, dict):
        raise CellError("lock", f"{file}: [dependency-groups] must be a table of lists")
    groups: Groups = _by_normalized_name(table, file)
    reader = _Reader(groups, file)
    return tuple(dict.fromkeys(line for name in names for line in reader.lines(name, ())))


def _by_normalized_name(table: Mapping[str, object], file: Path) -> Groups:
    groups: dict[str, object] = {}
    for name, members in table.items():
        if canonicalize_name(name) in groups:
            raise CellError("lock", f"{file}: dependency group {name} is there twice, spelled differently")
        groups[canonicalize_name(name)] = members
    return groups


class _Reader:
    """Reads groups, each once: they may include each other so that the whole is larger than any memory."""

    def __init__(self, groups: Groups, file: Path) -> None:
        self._groups = groups
        self._file = file
        self._read: dict[str, tuple[str, ...]] = {}

    def lines(self, name: str, above: tuple[str, ...]) -> tuple[str, ...]:
        """Return the requirements of a group, each once; the groups `above` include it. Raises CellError."""
        key = canonicalize_name(name)
        if key in above:
            cycle = " -> ".join((*above[above.index(key) :], key))
            raise CellError("lock", f"{self._file}: dependency groups include each other: {cycle}")
        if len(above) == DEEPEST:
            raise CellError("lock", f"{self._file}: dependency groups are nested more than {DEEPEST} deep")
        if key not in self._read:
            members = (self._member(member, name, (*above, key)) for member in self._members(key, name))
            self._read[key] = tuple(dict.fromkeys(line for lines in members for line in lines))
        return self._read[key]

    def _members(self, key: str, name: str) -> list[object]:
        if key not in self._groups:
            near = closest(key, self._groups)
            there = f"did you mean {near[0]}?" if near else f"there are: {enumerated(self._groups) or 'none'}"
            raise CellError("lock", f"{self._file} has no dependency group {name}; {there}")
        members = self._groups[key]
        if not isinstance(members, list):
            raise CellError("lock", f"{self._file}: dependency group {name} must be a list")
        return members

    def _member(self, member: object, name: str, above: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(member, str):
            return (_checked(member, name, self._file),)
        if isinstance(member, dict) and isinstance(included := member.get("include-group"), str):
            return self.lines(included, above)
        expected = 'a requirement or { include-group = "NAME" }'
        raise CellError(
            "lock", f"{self._file}: dependency group {name} holds {member!r}, expected {expected}"
        )


def _checked(line: str, group: str, file: Path) -> str:
    try:
        Requirement(line)
    except (ValueError, RecursionError) as error:
        message = f"{file}: dependency group {group}: {line!r} is no requirement: {error}"
        raise CellError("lock", message) from error
    return line
