"""Where each key and each list element of a TOML document stands.

The parser of the standard library keeps no positions. This pass runs over text that the parser has already
accepted, so it only has to find the pieces, never to judge them.
"""

import re

Step = str | int
KeyPath = tuple[Step, ...]
Positions = dict[KeyPath, int]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(
    r"""[ \t]*(?:"(?P<basic>(?:[^"\\\n]+|\\.)*)"|'(?P<literal>[^'\n]*)'|(?P<bare>[A-Za-z0-9_-]+))[ \t]*"""
)
_ATOM = re.compile(
    r""""{3}(?:[^"\\]+|\\.|"{1,2}(?!"))*"{3,5}"""  # text of several lines, escapes
    r"""|'{3}(?:[^']+|'{1,2}(?!'))*'{3,5}"""  # text of several lines, as it is
    r'''|"(?:[^"\\\n]+|\\.)*"'''
    r"""|'[^'\n]*'"""
    r"""|\d{4}-\d\d-\d\d[ ]\d\d:[^\s,\]}#]*"""  # a date and time with a space between
    r"""|[^\s,\]}#]+""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_SHORT_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_TABLE = -1
"""In place of the next index: the open container is an inline table."""


def locate(text: str) -> Positions:
    """Return the line (from 1) of every key and list element, by its path from the document's root.

    `text` must be valid TOML. A table stands where its header is, or else where it is first mentioned.
    """
    return _Locator(text).run()


class _Locator:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._found: Positions = {}
        self._lengths: dict[KeyPath, int] = {}

    def run(self) -> Positions:
        table: KeyPath = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._value(self._assignment(table))
            self._skip()
        return self._found

    def _skip(self) -> None:
        self._at = _end(_BLANK.match(self._text, self._at))

    def _note(self, path: KeyPath, *, again: bool) -> None:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        if again or path not in self._found:
            self._found[path] = self._line

    def _header(self) -> KeyPath:
        """Pass over `[table]` or `[[array.of.tables]]` and return the path of its keys."""
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        *parents, last = self._key()
        path: KeyPath = ()
        for name in parents:
            path = (*path, name)
            self._note(path, again=False)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        path = (*path, last)
        self._note(path, again=not is_array)
        if is_array:
            index = self._lengths.get(path, 0)
            self._lengths[path] = index + 1
            path = (*path, index)
            self._note(path, again=True)
        self._at += 2 if is_array else 1
        return path

    def _key(self) -> list[str]:
        """Pass over a dotted key and return its parts."""
        parts = []
        while True:
            match = _KEY.match(self._text, self._at)
            self._at = _end(match)
            if match is not None:
                parts.append(_name(match))
            if not self._text.startswith(".", self._at):
                return parts
            self._at += 1

    def _assignment(self, table: KeyPath) -> KeyPath:
        """Pass over `key =` and return the path of the value that follows."""
        start = self._at
        parts = self._key()
        after = self._at
        self._at = start
        path = table
        for number, part in enumerate(parts, 1):
            path = (*path, part)
            self._note(path, again=number == len(parts))
        self._at = after + 1
        self._skip()
        return path

    def _value(self, path: KeyPath) -> None:
        """Pass over a value and note what is in it; depth is the parser's limit, so nothing recurses here."""
        opened: list[tuple[KeyPath, int]] = []
        here: KeyPath | None = path
        while here is not None:
            char = self._text[self._at]
            if char in "[{":
                opened.append((here, 0 if char == "[" else _TABLE))
                self._at += 1
            else:
                self._at = _end(_ATOM.match(self._text, self._at))
            here = self._next(opened)

    def _next(self, opened: list[tuple[KeyPath, int]]) -> KeyPath | None:
        """Go to the next value in the innermost open container; None when all of them are closed."""
        while opened:
            self._skip()
            char = self._text[self._at]
            if char in "]},":
                self._at += 1
                if char != ",":
                    opened.pop()
                continue
            parent, index = opened[-1]
            if index == _TABLE:
                return self._assignment(parent)
            opened[-1] = (parent, index + 1)
            self._note((*parent, index), again=True)
            return (*parent, index)
        return None


def _end(match: re.Match[str] | None) -> int:
    if match is None:
        raise ValueError("not valid TOML")
    return match.end()


def _name(match: re.Match[str]) -> str:
    if match["basic"] is not None:
        return _ESCAPE.sub(_unescape, match["basic"])
    return match["bare"] or match["literal"] or ""


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    return chr(int(code, 16)) if code else _SHORT_ESCAPES.get(match[4], match[4])
