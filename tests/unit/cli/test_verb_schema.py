"""How `runner schema` writes the schema: for people too."""

import json

from runner.cli.verbs.schema import layout
from runner.config import schema


def test_what_is_written_is_the_schema() -> None:
    assert json.loads(layout(schema())) == schema()


def test_lines_are_neither_long_nor_many() -> None:
    lines = layout(schema()).splitlines()
    assert max(len(line) for line in lines if '"pattern": ' not in line) <= 140
    assert len(lines) < 600


def test_what_fits_in_a_line_is_in_one() -> None:
    long = "x" * 140
    value = {"a": {"b": [1, "c"], "d": {}}, "e": [long, {"f": long}], "g": {}}
    assert layout(value).splitlines() == [
        "{",
        '  "a": {"b": [1, "c"], "d": {}},',
        '  "e": [',
        f'    "{long}",',
        "    {",
        f'      "f": "{long}"',
        "    }",
        "  ],",
        '  "g": {}',
        "}",
    ]
