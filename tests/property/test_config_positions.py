"""The locator, held to documents whose positions are noted while they are written."""

from hypothesis import given
from hypothesis import strategies as st
from tests.property.effort import effort

from runner.config.positions import KeyPath, Positions, locate
from runner.model.toml import tomllib

Value = bool | int | float | str | list["Value"] | dict[str, "Value"]

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8) | st.sampled_from(
    ['"', "'", "#", "[", "]]", "{", "}", "=", ",", "\\", '"""', "'''", "a\nb", "a.b", "# x\n[y]\nz = 1"]
)
keys = st.sampled_from(["a", "b", "c-1", "1", "_"]) | texts
scalars = st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | texts
values: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
arrays_of_tables: st.SearchStrategy[Value] = st.lists(
    st.dictionaries(keys, values, max_size=2), min_size=1, max_size=3
).map(lambda rows: [*rows])
tables = st.dictionaries(keys, values | arrays_of_tables, max_size=5)


class Writer:
    """Writes TOML, each thing in a style that is drawn, and notes where keys and elements begin."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self.text = ""
        self.positions: Positions = {}

    def document(self, table: dict[str, Value]) -> None:
        self.table((), (), table)

    def table(self, path: KeyPath, header: tuple[str, ...], table: dict[str, Value]) -> None:
        """Write the keys of a table: first what stands below its header, then what has one of its own."""
        later: list[tuple[str, Value]] = []
        for key, value in table.items():
            if self._has_header(value) and self._chance():
                later.append((key, value))
            else:
                self.blank_lines()
                self.assignment(path, (), key, value)
                self.text += self._one_of("", "# [x]\n# y = 1", "\t") + self._one_of("\n", "\r\n")
        for key, value in later:
            inner = (*path, key)
            if isinstance(value, dict):
                self.header(inner, (*header, key), "[", "]")
                self.table(inner, (*header, key), value)
            elif isinstance(value, list):
                for index, element in enumerate(value):
                    self.header((*inner, index), (*header, key), "[[", "]]")
                    self.table((*inner, index), (*header, key), element if isinstance(element, dict) else {})

    def header(self, path: KeyPath, keys: tuple[str, ...], opening: str, closing: str) -> None:
        self.blank_lines()
        if isinstance(path[-1], int):
            self.note(path[:-1], again=False)
        self.note(path, again=True)
        spaced = self._one_of("", " ")
        self.text += (
            opening + spaced + self._one_of(".", " . ").join(map(self.key, keys)) + spaced + closing + "\n"
        )

    def assignment(self, path: KeyPath, before: tuple[str, ...], key: str, value: Value) -> None:
        """Write `key = value`, or, for a table of one key, maybe `key.inner = value`."""
        path = (*path, key)
        if isinstance(value, dict) and len(value) == 1 and self._chance():
            self.note(path, again=False)
            ((inner, inner_value),) = value.items()
            self.assignment(path, (*before, key), inner, inner_value)
            return
        self.note(path, again=True)
        self.text += ".".join(map(self.key, (*before, key))) + self._one_of("=", " = ")
        self.value(path, value)

    def value(self, path: KeyPath, value: Value) -> None:
        if isinstance(value, dict):
            self.text += "{" + self._one_of("", " ")
            for number, (key, inner) in enumerate(value.items()):
                self.text += ", " if number else ""
                self.assignment(path, (), key, inner)
            self.text += " }"
        elif isinstance(value, list):
            self.text += "["
            for index, element in enumerate(value):
                self.gap()
                self.note((*path, index), again=True)
                self.value((*path, index), element)
                self.gap()
                if index < len(value) - 1 or self._chance():
                    self.text += ","
            self.gap()
            self.text += "]"
        else:
            self.text += self.scalar(value)

    def scalar(self, value: bool | float | str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return self.string(value, lines=True)
        return repr(value)

    def string(self, value: str, *, lines: bool) -> str:
        plain = all(char.isprintable() and char != "'" for char in value)
        if plain and self._chance():
            return f"'{value}'"
        if plain and lines and self._chance():
            return f"'''\n{value}'''"
        escaped = "".join(
            char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in value
        )
        if lines and self._chance():
            if '"""' not in value:
                escaped = escaped.replace("\\U00000022", '"')
            return '"""\n' + escaped.replace("\\U0000000a", "\n") + '"""'
        return f'"{escaped}"'

    def key(self, key: str) -> str:
        if (
            key
            and all(char.isascii() and (char.isalnum() or char in "-_") for char in key)
            and self._chance()
        ):
            return key
        return self.string(key, lines=False)

    def gap(self) -> None:
        self.text += self._one_of("", " ", "\n", "\n  # ], }\n")

    def blank_lines(self) -> None:
        self.text += self._one_of("", "\n", "# [a]\n", "\r\n \n")

    def note(self, path: KeyPath, *, again: bool) -> None:
        line = self.text.count("\n") + 1
        self.positions[path] = line if again else self.positions.get(path, line)

    def _chance(self) -> bool:
        return self._draw(st.booleans())

    def _one_of(self, *options: str) -> str:
        return self._draw(st.sampled_from(options))

    @staticmethod
    def _has_header(value: Value) -> bool:
        if isinstance(value, dict):
            return True
        return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, Value], Positions]:
    """A document, what it says, and where it says it."""
    table = draw(tables)
    writer = Writer(draw)
    writer.document(table)
    return writer.text, table, writer.positions


@effort(300)
@given(documents())
def test_every_key_and_element_is_located_where_it_was_written(
    document: tuple[str, dict[str, Value], Positions],
) -> None:
    text, table, positions = document
    assert tomllib.loads(text) == table
    assert locate(text) == positions
