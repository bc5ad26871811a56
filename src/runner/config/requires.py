"""`requires-runner`: which versions of runner can read a file."""

import re

from runner.config.kinds import Word
from runner.config.walk import Node, quoted
from runner.model.comparison import COMPARISON, parse_comparison, parse_numbers

_LEADING_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
REQUIRES = Word("a comparison of versions", pattern=f"^{COMPARISON}$")


def check_requires(node: Node, version: str) -> None:
    """Keep the problem that this runner is not of a version that the file asks for."""
    wanted = REQUIRES.read(node)
    if wanted is None:
        return
    bounds = parse_comparison(wanted)
    if bounds is None:
        node.wrong(f'expected a comparison of versions, such as ">=0.1" or ">=0.1,<2"; got {quoted(wanted)}')
        return
    installed = _LEADING_NUMBERS.match(version)
    numbers = parse_numbers(installed[0]) if installed else None
    if not all(bound.holds(numbers or ()) for bound in bounds):
        node.wrong(
            f"this file is for runner {wanted}; installed is runner {version}",
            f'python -m pip install "matrix-runner{wanted.replace(" ", "")}"',
        )
