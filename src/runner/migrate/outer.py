"""What in the values of environments comes from outside: variables, arguments after `--`, and folders.

The config is read with marks in the place of variables and arguments. Where a mark comes out a substitution
is written; its default is what comes out there when the variable is not set.
"""

import re
from collections.abc import Callable, Iterable

from runner.migrate.folders import Folders
from runner.migrate.lines import MARKED, with_posargs
from runner.migrate.values import Line, Value, Values

NOBODY = None
"""In the place of variables that are not set: nobody sets any."""

Unset = frozenset[str] | None
Reading = Callable[[tuple[str, ...] | None, Unset], Values]
"""Gives settings as they are with these arguments after `--`, and all variables set to marks but these."""

_MARK = re.compile(r"zq(\d+)qz")
_DEEPEST = 8
_WORKED_OUT = frozenset(("seed",))
"""Settings that follow from others."""


class Marks:
    """The marks of variables, by name: whoever asks gets one, but for those that are `never` marked."""

    def __init__(self, never: Iterable[str] = ()) -> None:
        self.names: list[str] = []
        self.never = frozenset(never)
        self.last = ""

    def of(self, name: str) -> str:
        """Return the mark of a variable."""
        self.last = name
        if name not in self.names:
            self.names.append(name)
        return f"zq{self.names.index(name)}qz"

    def environ(self) -> dict[str, str]:
        """Return all variables that anybody asked for, each set to its mark."""
        return {name: self.of(name) for name in self.names if name not in self.never}


class Outer(dict[str, str]):
    """Variables of which each is set to its mark, but for those `unset`."""

    def __init__(self, marks: Marks, unset: frozenset[str]) -> None:
        super().__init__()
        self._marks = marks
        self._unset = unset | marks.never

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name not in self._unset

    def __getitem__(self, name: str) -> str:
        if name in self._unset:
            raise KeyError(name)
        return self._marks.of(name)

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override] # as it is used
        """Return the mark of a variable."""
        return default if name in self._unset else self._marks.of(name)


class Untold(Exception):  # noqa: N818 - says what happened
    """What comes from outside is not where a substitution could stand."""


def filled_in(
    read: Reading,
    marks: Marks,
    folders: Folders,
    tell: Callable[[str], object],
) -> dict[str, Value]:
    """Return the settings of an environment with substitutions; `tell` is told what cannot be written."""
    return _Filler(read, marks, folders, tell).values()


class _Filler:
    """Works on one environment."""

    def __init__(
        self,
        read: Reading,
        marks: Marks,
        folders: Folders,
        tell: Callable[[str], object],
    ) -> None:
        self._read = read
        self._marks = marks
        self._folders = folders
        self._tell = tell

    def values(self) -> dict[str, Value]:
        keys = dict.fromkeys((*self._read(None, NOBODY), *self._read(None, frozenset())))
        return {key: self._value(key) for key in keys if key not in _WORKED_OUT} | {
            key: self._constant(value)
            for key, value in self._read(None, NOBODY).items()
            if key in _WORKED_OUT
        }

    def _value(self, key: str) -> Value:
        def get(unset: Unset) -> Value:
            return self._read(None, unset).get(key)

        try:
            value = self._with_variables(key, get)
        except Untold:
            self._tell(
                f"{key} is made of variables that are not whole arguments or parts of one text:"
                " what it is without them is written"
            )
            value = self._constant(get(NOBODY))
        given = self._read(MARKED, NOBODY).get(key)
        bare = self._read(None, NOBODY).get(key)
        return value if given == bare else self._with_posargs(key, value, bare, given)

    # Variables.

    def _with_variables(self, key: str, get: Callable[[Unset], Value]) -> Value:
        marked, without = get(frozenset()), get(NOBODY)
        if marked == without:
            return self._constant(marked)
        if isinstance(marked, str):
            return self._text(lambda unset: _as_text(get(unset)), frozenset())
        if isinstance(marked, tuple) and isinstance(without, tuple) and len(marked) == len(without):
            return tuple(self._item(key, at, get) for at in range(len(marked)))  # type: ignore[return-value] # all alike
        raise Untold

    def _item(self, key: str, at: int, get: Callable[[Unset], Value]) -> str | Line:
        def item(unset: Unset) -> str | Line:
            value = get(unset)
            if not isinstance(value, tuple) or at >= len(value):
                raise Untold
            return value[at]

        marked = item(frozenset())
        if isinstance(marked, str):
            return self._text(lambda unset: _as_text(item(unset)), frozenset())
        without = item(NOBODY)
        if not isinstance(without, Line):
            raise Untold
        try:
            return self._line(marked, item)
        except Untold:
            self._tell(
                f"{key}: in `{' '.join(without.words)}` a variable stands for several arguments, or none:"
                " what it is without it is written"
            )
            return self._constant_line(without)

    def _line(self, marked: Line, item: Callable[[Unset], str | Line]) -> Line:
        def word(at: int) -> Callable[[Unset], str]:
            def get(unset: Unset) -> str:
                line = item(unset)
                if not isinstance(line, Line) or len(line.words) != len(marked.words):
                    raise Untold
                return line.words[at]

            return get

        get_words = [word(at) for at in range(len(marked.words))]
        if any(not get(NOBODY) and get(frozenset()) for get in get_words):
            raise Untold
        words = tuple(self._text(get, frozenset()) for get in get_words)
        return Line(words, marked.ok_codes, marked.retries, marked.ignore_failure)

    def _text(self, get: Callable[[Unset], str], unset: frozenset[str]) -> str:
        text = get(unset)
        pieces = _MARK.split(text)
        if len(pieces) == 1:
            return self._folders.plain(text)
        if len(unset) > _DEEPEST:
            raise Untold
        pattern = re.compile("(.*?)".join(map(re.escape, pieces[::2])), re.DOTALL)
        written = [self._folders.plain(pieces[0])]
        for at, number in enumerate(map(int, pieces[1::2])):
            name = self._marks.names[number]
            default = self._text(_part(get, pattern, at, name), unset | {name})
            written += [f"{{env:{name}:{default}}}", self._folders.plain(pieces[2 * at + 2])]
        return "".join(written)

    # Arguments.

    def _with_posargs(self, key: str, value: Value, bare: Value, given: Value) -> Value:
        if (
            isinstance(value, tuple)
            and isinstance(bare, tuple)
            and isinstance(given, tuple)
            and len(value) == len(bare) == len(given)
        ):
            items = zip(value, bare, given, strict=True)
            return tuple(self._item_with_posargs(key, new, old, then) for new, old, then in items)  # type: ignore[arg-type,return-value] # all alike
        self._tell(f"{key} depends on the arguments after --, which only stand in commands: written without")
        return value

    def _item_with_posargs(
        self, key: str, value: str | Line, bare: str | Line, given: str | Line
    ) -> str | Line:
        if bare == given:
            return value
        if isinstance(value, Line) and isinstance(bare, Line) and isinstance(given, Line):
            words = with_posargs(value.words, bare.words, given.words)
            if words is not None:
                return Line(words, value.ok_codes, value.retries, value.ignore_failure)
        self._tell(
            f"{key}: {{posargs}} stands within an argument, where runner has none: written without, as"
            f" `{' '.join(bare.words) if isinstance(bare, Line) else bare}`"
        )
        return value

    # What does not depend on anything.

    def _constant(self, value: Value) -> Value:
        if isinstance(value, str):
            return self._folders.plain(value)
        if not isinstance(value, tuple):
            return value
        return tuple(  # type: ignore[return-value] # all alike
            self._constant_line(item) if isinstance(item, Line) else self._folders.plain(item)
            for item in value
        )

    def _constant_line(self, line: Line) -> Line:
        words = tuple(map(self._folders.plain, line.words))
        return Line(words, line.ok_codes, line.retries, line.ignore_failure)


def _part(
    get: Callable[[Unset], str], pattern: re.Pattern[str], at: int, name: str
) -> Callable[[Unset], str]:
    """Return what gives the text that stands in a mark's place when its variable is not set."""

    def part(unset: Unset) -> str:
        match = pattern.fullmatch(get(None if unset is None else unset | {name}))
        if match is None:
            raise Untold
        return str(match[at + 1])

    return part


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise Untold
    return value
