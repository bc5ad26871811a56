r"""Text with substitutions in braces, taken apart as tox does: `{name:argument:…}`, nested, and `[]`.

`\{ \} \: \[ \]` are the characters themselves, `\\` stays two characters, for whoever splits the text into
words. A brace that nothing closes is plain text. The grammar is that of tox 4, seen by running it.
"""

import re
from functools import lru_cache
from itertools import groupby

from msgspec import Struct

_SPECIAL = re.compile(r"\\[\\{}:\[\]]|\[\]|[{}:]")


class Expression(Struct, frozen=True):
    """What stood between braces, split at its colons."""

    arguments: "tuple[Parts, ...]"


Parts = tuple[str | Expression, ...]

POSARGS = Expression((("posargs",),))
"""What `[]` stands for."""


class _Open:
    """A brace that is not closed yet: its arguments so far."""

    def __init__(self) -> None:
        self.arguments: list[list[str | Expression]] = [[]]

    def add(self, part: str | Expression) -> None:
        self.arguments[-1].append(part)

    def closed(self) -> Expression:
        return Expression(tuple(_joined(argument) for argument in self.arguments))

    def written(self) -> list[str | Expression]:
        """Return it as text: nothing closed it."""
        parts: list[str | Expression] = ["{"]
        for number, argument in enumerate(self.arguments):
            parts += [":"] if number else []
            parts += argument
        return parts


@lru_cache(maxsize=4096)
def parse(text: str) -> Parts:
    """Return the text's plain parts and its expressions, in order. Takes time in proportion to its length."""
    top: list[str | Expression] = []
    opened: list[_Open] = []
    end = 0
    for found in _SPECIAL.finditer(text):
        add = opened[-1].add if opened else top.append
        if found.start() > end:
            add(text[end : found.start()])
        end = found.end()
        mark = found[0]
        if mark[0] == "\\":
            add(mark if mark == "\\\\" else mark[1])
        elif mark == "[]":
            add(POSARGS)
        elif mark == "{":
            opened.append(_Open())
        elif mark == ":" and opened:
            opened[-1].arguments.append([])
        elif mark == "}" and opened:
            made = opened.pop().closed()
            (opened[-1].add if opened else top.append)(made)
        else:
            add(mark)
    rest: list[str | Expression] = [text[end:]] if end < len(text) else []
    for left in opened:
        top += left.written()
    return _joined(top + rest)


def has_expressions(text: str) -> bool:
    """Say whether anything in the text is to be substituted."""
    return ("{" in text or "[]" in text) and any(isinstance(part, Expression) for part in parse(text))


def _joined(parts: list[str | Expression]) -> Parts:
    """Return the parts with neighbouring texts made one."""
    joined: list[str | Expression] = []
    for is_text, group in groupby(parts, lambda part: isinstance(part, str)):
        found = list(group)
        joined += ["".join(map(str, found))] if is_text else found
    return tuple(joined)
