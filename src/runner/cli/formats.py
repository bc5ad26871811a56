"""Small helpers of the verbs that print: formats and tables."""

from collections.abc import Sequence

from runner.cli.options import Arguments
from runner.model.errors import UsageError


def check_format(arguments: Arguments, *more: str) -> None:
    """Raise UsageError unless `--format` is text, json, or one of `more`."""
    formats = ("text", "json", *more)
    if arguments.format not in formats:
        raise UsageError(f"--format {arguments.format}: runner {arguments.verb} knows {', '.join(formats)}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns under a head; the last column is not padded."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )
