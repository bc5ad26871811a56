"""Dependency groups of a pyproject.toml (PEP 735), resolved to requirement lines."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from runner.model.errors import CellError
from runner.model.toml import tomllib

Groups = Mapping[str, object]


def group_lines(root: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the requirements of these groups of `root`'s pyproject.toml. Raises CellError."""
    if not names:
        return ()
    file = root / "pyproject.toml"
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CellError("lock", f"groups = {list(names)} needs {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CellError("lock", f"{file} cannot be read: {error}") from error
    table = document.get("dependency-groups", {})
    if not isinstance(table, dict):
        raise CellError("lock", f"{file}: [dependency-groups] must be a table of lists")
    groups: Groups = _by_normalized_name(table, file)
    return tuple(dict.fromkeys(line for name in names for line in _lines(name, groups, file, ())))


def _by_normalized_name(table: Mapping[str, object], file: Path) -> Groups:
    groups: dict[str, object] = {}
    for name, members in table.items():
        if canonicalize_name(name) in groups:
            raise CellError("lock", f"{file}: dependency group {name} is there twice, spelled differently")
        groups[canonicalize_name(name)] = members
    return groups


def _lines(name: str, groups: Groups, file: Path, above: tuple[str, ...]) -> tuple[str, ...]:
    key = canonicalize_name(name)
    if key in above:
        cycle = " -> ".join((*above[above.index(key) :], key))
        raise CellError("lock", f"{file}: dependency groups include each other: {cycle}")
    if key not in groups:
        near = get_close_matches(key, groups, n=1)
        there = f"did you mean {near[0]}?" if near else f"there are: {', '.join(groups) or 'none'}"
        raise CellError("lock", f"{file} has no dependency group {name}; {there}")
    members = groups[key]
    if not isinstance(members, list):
        raise CellError("lock", f"{file}: dependency group {name} must be a list")
    lines: list[str] = []
    for member in members:
        if isinstance(member, str):
            lines.append(_checked(member, name, file))
        elif isinstance(member, dict) and isinstance(included := member.get("include-group"), str):
            lines += _lines(included, groups, file, (*above, key))
        else:
            expected = 'a requirement or { include-group = "NAME" }'
            raise CellError("lock", f"{file}: dependency group {name} holds {member!r}, expected {expected}")
    return tuple(lines)


def _checked(line: str, group: str, file: Path) -> str:
    try:
        Requirement(line)
    except InvalidRequirement as error:
        message = f"{file}: dependency group {group}: {line!r} is no requirement: {error}"
        raise CellError("lock", message) from error
    return line
