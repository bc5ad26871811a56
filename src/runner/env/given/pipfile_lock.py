"""Pipfile.lock, read without pipenv: what it pins, category by category, and where that comes from."""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import astuple, replace
from packaging.markers import (
    Environment,
    InvalidMarker,
    Marker,
    UndefinedComparison,
    UndefinedEnvironmentName,
)
from packaging.utils import canonicalize_name

from runner.model.encode import converted, decoded
from runner.model.nearest import enumerated

SPEC = 6
"""The version of the format that is read: that of every pipenv since 2017."""

_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", re.ASCII)
_EXACT = re.compile(r"={2,3}[^\s*]+")
_PUBLIC = re.compile(r"https?://pypi(?:\.python)?\.org(?:/.*)?")
_UNTELLABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")

_SECTIONS = {"dev": "develop", "dev-packages": "develop", "packages": "default"}
"""Other names that people have for the two sections that every lock has."""

_VARIABLES = (
    *("os_name", "sys_platform", "platform_machine", "platform_python_implementation"),
    *("platform_release", "platform_system", "platform_version", "python_version", "python_full_version"),
    *("implementation_name", "implementation_version"),
)
"""Marker variables that may stand as keys of an entry, beside `markers`."""


class Source(Struct, frozen=True):
    """An index, `url` as written: it may refer to variables."""

    url: str
    name: str = ""
    verify_ssl: bool = True

    @property
    def is_public(self) -> bool:
        """Whether it is the index that Python's tools ask when nothing else is said."""
        return _PUBLIC.fullmatch(self.url) is not None


class _Meta(Struct, frozen=True, rename={"spec": "pipfile-spec"}):
    hash: dict[str, str] = {}
    spec: int = SPEC
    requires: dict[str, str] = {}
    sources: tuple[Source, ...] = ()


class Entry(Struct, frozen=True, kw_only=True):
    """What is locked under one name, as the file has it. `index` names a source; empty, it is the first."""

    name: str = ""
    version: str = ""
    hashes: tuple[str, ...] = ()
    markers: str = ""
    os_markers: str = ""
    index: str = ""
    git: str = ""
    hg: str = ""
    svn: str = ""
    bzr: str = ""
    ref: str = ""
    subdirectory: str = ""
    path: str = ""
    file: str = ""
    editable: bool = False

    @property
    def vcs(self) -> str:
        """What the repository is of that it comes from, if it comes from one."""
        kinds = (("git", self.git), ("hg", self.hg), ("svn", self.svn), ("bzr", self.bzr))
        return next((kind for kind, address in kinds if address), "")


class PipfileLock(Struct, frozen=True, kw_only=True):
    """A Pipfile.lock: by section, what is locked under which name.

    `sha256` is the hash of the Pipfile that it was made from.
    """

    sha256: str
    requires: dict[str, str]
    sources: tuple[Source, ...]
    sections: dict[str, dict[str, object]]

    def chosen(self, groups: tuple[str, ...], environment: Environment) -> tuple[Entry, ...]:
        """Return what `default` and the categories lock for an environment, each thing once.

        Raises ValueError.
        """
        found: dict[str, tuple[str, Entry]] = {}  # by name, with the section it is from
        for section in dict.fromkeys(("default", *(_SECTIONS.get(group, group) for group in groups))):
            if section not in self.sections:
                there = enumerated(sorted({*self.sections, "default"}))
                raise ValueError(f"it has no category {section}; it has: {there}")
            for name, value in self.sections[section].items():
                entry = _entry(name, value, f"{section}.{name}", environment)
                if entry is None:
                    continue
                before, other = found.setdefault(entry.name, (section, entry))
                if _said(other) != _said(entry):
                    raise ValueError(
                        f"it pins {entry.name} twice: {_said(other)} in {before}, {_said(entry)} in"
                        f" {section}; a cell can have one of the two categories"
                    )
        return tuple(entry for _, entry in found.values())


def parse_pipfile_lock(text: str) -> PipfileLock:
    """Return what the text of a Pipfile.lock says. Raises ValueError."""
    document = decoded(text, dict[str, dict[str, object]])
    if "_meta" not in document:
        raise ValueError("it has no `_meta`, as every lock of pipenv has")
    meta = converted(document.pop("_meta"), _Meta)
    if meta.spec != SPEC:
        raise ValueError(f"its format is of version {meta.spec}, and runner reads version {SPEC}")
    return PipfileLock(
        sha256=meta.hash.get("sha256", ""), requires=meta.requires, sources=meta.sources, sections=document
    )


def _entry(name: str, value: object, where: str, environment: Environment) -> Entry | None:
    """Read one entry; None when it is not for this environment. Raises ValueError."""
    table = {"version": value} if isinstance(value, str) else value
    try:
        entry = replace(converted(table, Entry), name=canonicalize_name(name))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if _UNTELLABLE.search("".join(map(str, astuple(entry)))) or not _NAME.fullmatch(name):
        raise ValueError(f"{where} holds characters that no requirement can have")
    if not _holds(entry, table, where, environment):
        return None
    if not (entry.vcs or entry.path or entry.file or _EXACT.fullmatch(entry.version)):
        raise ValueError(
            f"{where} has no version: where pipenv locked it, it was not needed. If this cell needs it, run"
            f" `pipenv lock` on a machine and with a Python that do, as this cell's"
            f" {environment['python_version']}; if not, say when it is needed with `markers` in the Pipfile:"
            " pipenv does not lock other conditions"
        )
    return entry


def _holds(entry: Entry, table: object, where: str, environment: Environment) -> bool:
    """Say whether all conditions of an entry hold. Raises ValueError."""
    values = dict[str, str | frozenset[str]](**environment)
    conditions = (entry.markers, entry.os_markers, *_of_variables(table))
    try:
        return all(Marker(each).evaluate(values) for each in conditions if each)
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName) as error:
        raise ValueError(f"{where} has a marker that is none: {error}") from error


def _of_variables(table: object) -> Iterator[str]:
    if isinstance(table, dict):
        for name in _VARIABLES:
            if isinstance(value := table.get(name), str):
                yield f"{name} {value}"


def _said(entry: Entry) -> str:
    return entry.version.removeprefix("==") or entry.ref or entry.path or entry.file or "another source"
