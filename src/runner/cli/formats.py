"""Small helpers of the command line: formats, tables, numbers."""

import re
from collections.abc import Sequence

from runner.cli.options import Arguments
from runner.model.encode import canonical
from runner.model.errors import UsageError
from runner.model.visible import HIDDEN, line

_NUMBER = re.compile("[0-9]{1,9}")


def check_format(arguments: Arguments, *more: str) -> None:
    """Raise UsageError unless `--format` is text, json, or one of `more`."""
    formats = ("text", "json", *more)
    if arguments.format not in formats:
        raise UsageError(f"--format {arguments.format}: runner {arguments.verb} knows {', '.join(formats)}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns under a head; the last column is not padded."""
    lines = [tuple(head), *(tuple(map(line, row)) for row in rows)]
    widths = [max(len(row[column]) for row in lines) for column in range(len(head))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in lines
    )


def as_json(value: object) -> str:
    r"""Return a line of JSON for stdout, maybe a terminal: what could steer it becomes `\u009b`."""
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", canonical(value).decode()) + "\n"


def parse_number(text: str) -> int | None:
    """Return the number that a text of at most 9 digits is; None when it is something else."""
    return int(text) if _NUMBER.fullmatch(text) else None
