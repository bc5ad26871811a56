"""The variables that `set_env` sets. Values are filled in when they are asked for, so their order is free."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from runner.compat.tox.errors import Budget, TooDeepError, ToxError
from runner.compat.tox.expression import Parts, has_expressions
from runner.compat.tox.files import text_of_file
from runner.compat.tox.lookup import Chain

_EXPORT = re.compile(r"export[ \t]+")
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


class Filling(Protocol):
    """Fills in text of `set_env`; `once`: what is filled in stays as it is."""

    def __call__(self, text: "str | Parts", chain: Chain, /, *, once: bool = False) -> str: ...


class Entry(Struct, frozen=True):
    """A variable as it is written, and the marker (PEP 508) under which it is set, empty for always."""

    value: "str | Parts"
    marker: str = ""


class _File(Struct, frozen=True):
    """A file with variables, and the names of those that stand after it and so win."""

    path: "str | Parts"
    after: set[str]


class SetEnv:
    """`root` is the folder that files are relative to."""

    def __init__(self, fill: Filling, root: str, budget: Budget | None = None) -> None:
        self._fill_in = fill
        self._root = root
        self._entries: dict[str, Entry] = {}
        self._files: list[_File] = []
        self._pasted: list[str] = []
        self._values: dict[str, str] = {}
        self._forced: dict[str, str] = {}
        self._reading = False
        self._budget = budget or Budget()

    def define(self, name: str, entry: Entry) -> None:
        """Set a variable; what was set before by this name is forgotten."""
        if not name:
            raise ToxError("set_env has a variable without a name")
        if entry.marker:
            _marker(entry.marker)
        self._entries[name] = entry
        for file in self._files[-1:]:
            file.after.add(name)

    def add_file(self, path: "str | Parts") -> None:
        """Read a file, where its name is filled in, when first a variable is asked for."""
        self._files.append(_File(path, set()))

    def add_lines(self, text: str, *, pasted: bool = False) -> None:
        """Read lines: `NAME=value`, `file|path`, or what becomes one of these when it is filled in."""
        for line in text.splitlines():
            if line.startswith("file|"):
                self.add_file(line.removeprefix("file|"))
            elif line.strip():
                self._add_line(line, pasted=pasted)

    def _add_line(self, line: str, *, pasted: bool) -> None:
        name, equals, rest = line.partition("=")
        open_ = "{" in name and not (pasted and not has_expressions(line))
        if equals and not open_:
            self.define(name.strip(), Entry(*split_marker(rest.strip())))
        elif has_expressions(line):
            self._pasted.append(line)
        else:
            raise ToxError(f"set_env: expected NAME=value, not {line.strip()!r}")

    def force(self, values: Mapping[str, str]) -> None:
        """Set variables whatever the file says."""
        for name, value in values.items():
            self._entries.pop(name, None)
            self._forced[name] = value

    def default(self, values: Mapping[str, str]) -> None:
        """Set variables that nothing else sets in the file itself."""
        for name, value in values.items():
            if name not in self._entries:
                self._values.setdefault(name, value)

    def names(self) -> tuple[str, ...]:
        """Return the variables that are set, sorted. Raises ToxError."""
        self._read_all(())
        known = [name for name in self._entries if self._holds(name)]
        return tuple(sorted({*known, *self._forced, *(n for n in self._values if n not in self._entries)}))

    def written(self) -> tuple[str, ...]:
        """Return the variables that the file itself sets, sorted. Raises ToxError."""
        self._read_all(())
        return tuple(sorted(name for name in self._entries if self._holds(name)))

    def value(self, name: str, chain: Chain = ()) -> str | None:
        """Return the value of a variable, None when it is not set. Raises ToxError."""
        self._read_all(chain)
        if name in self._forced:
            return self._forced[name]
        if name not in self._entries:
            return self._values.get(name)
        if not self._holds(name):
            return None
        if name not in self._values:
            link = f"env:{name}"
            through = chain if chain[-1:] == (link,) else (*chain, link)
            self._values[name] = self._fill(self._entries[name].value, through)
        return self._values[name]

    def lines(self, chain: Chain = ()) -> str:
        """Return it as it may be written in a file, values as they are written there."""
        self._read_all(chain)
        return "\n".join(
            f"{name}={_semicolons(entry.value)}{'; ' + entry.marker if entry.marker else ''}"
            for name, entry in self._entries.items()
            if isinstance(entry.value, str)
        )

    def _fill(self, text: "str | Parts", chain: Chain, *, once: bool = False) -> str:
        try:
            return self._fill_in(text, chain, once=once)
        except RecursionError as error:
            raise TooDeepError from error

    def _holds(self, name: str) -> bool:
        marker = self._entries[name].marker
        return not marker or _marker(marker)()

    def _read_all(self, chain: Chain) -> None:
        """Read the files, and the lines that had to be filled in; meanwhile what is known is all there is."""
        if self._reading or not (self._files or self._pasted):
            return
        self._reading = True
        try:
            for file in self._files:
                for name, value in self._of_file(file.path, chain):
                    if name not in file.after and name not in self._forced:
                        self._entries[name] = Entry(value)
                        self._values.pop(name, None)
            defined = set(self._entries)
            found: dict[str, Entry] = {}
            for line in self._pasted:
                found.update(self._of_line(line, (), chain))
        finally:
            self._reading = False
        self._files, self._pasted = [], []
        for name, entry in found.items():
            if name not in defined and name not in self._forced:
                self._entries[name] = entry
                self._values.pop(name, None)

    def _of_line(self, line: str, parents: tuple[str, ...], chain: Chain) -> dict[str, Entry]:
        if line in parents:
            raise ToxError(
                f"lines of set_env refer to each other in a circle: {' -> '.join((*parents, line))}"
            )
        name, equals, rest = _at_equals(line)
        if equals:
            filled = self._fill(name.strip(), chain).strip()
            if not filled or "=" in filled or _BREAKS.search(filled):
                raise ToxError(f"set_env: {filled!r}, which {name.strip()} became, cannot name a variable")
            return {filled: Entry(*split_marker(rest.strip()))}
        self._budget.spend(len(line) * len(parents))
        text = self._fill(line, chain, once=True)
        if text == line:
            raise ToxError(f"set_env: expected NAME=value, not {line.strip()!r}")
        block = SetEnv(self._fill_in, self._root, self._budget)
        block.add_lines(text, pasted=True)
        found: dict[str, Entry] = {}
        for nested in block._pasted:
            found.update(block._of_line(nested, (*parents, line), chain))
        block._pasted = []
        block._read_all(chain)
        return found | block._entries

    def _of_file(self, path: "str | Parts", chain: Chain) -> Iterator[tuple[str, str]]:
        file = Path(self._root, self._fill(path, chain))
        try:
            text = text_of_file(file)
        except FileNotFoundError as error:
            raise ToxError(f"set_env: there is no file {file}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise ToxError(f"set_env: {file} cannot be read: {error}") from error
        for number, line in enumerate(text.split("\n"), 1):
            stripped = line.strip()
            if stripped and not stripped.startswith("#"):
                name, equals, value = stripped.partition("=")
                name = _EXPORT.sub("", name.strip(), count=1)
                if not equals or not name or "\x00" in stripped:
                    raise ToxError(f"set_env: {file}:{number}: expected NAME=value")
                yield name, value.strip()


def _at_equals(line: str) -> tuple[str, str, str]:
    """Split at the first `=` that is not within braces."""
    depth = 0
    for at, character in enumerate(line):
        if character == "=" and not depth:
            return line[:at], "=", line[at + 1 :]
        depth += (character == "{") - (character == "}" and depth > 0)
    return line, "", ""


def split_marker(text: str) -> tuple[str, str]:
    r"""Split a value from the marker after a `;`, which quotes or a backslash keep from being one."""
    for heed_quotes in (True, False):
        at, quoted = _semicolon(text, heed_quotes=heed_quotes)
        if at is not None:
            return text[:at].strip().replace("\\;", ";"), text[at + 1 :].strip()
        if not quoted:
            break
    return text.replace("\\;", ";"), ""


def _semicolon(text: str, *, heed_quotes: bool) -> tuple[int | None, bool]:
    quote = ""
    backslashes = 0
    for at, character in enumerate(text):
        if heed_quotes and character in "'\"" and backslashes % 2 == 0:
            quote = "" if character == quote else quote or character
        elif character == ";" and not quote and not backslashes:
            return at, False
        backslashes = backslashes + 1 if character == "\\" else 0
    return None, bool(quote)


def _semicolons(value: str) -> str:
    return value.replace(";", "\\;")


def _marker(text: str) -> Callable[[], bool]:
    from packaging.markers import InvalidMarker, Marker  # noqa: PLC0415 - few files have markers, and it is slow

    try:
        return Marker(text).evaluate
    except InvalidMarker as error:
        raise ToxError(f"set_env: {text!r} is no marker; write a `;` of the value as `\\;`") from error
