"""`requires-runner`: which versions of runner can read a file."""

import operator
import re
from collections.abc import Callable
from itertools import zip_longest

from runner.config.kinds import Word
from runner.config.walk import Node, quoted

_CLAUSE = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*([0-9]+(?:\.[0-9]+)*)\s*")
_LEADING_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_COMPARE: dict[str, Callable[[list[int], list[int]], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
PATTERN = r"^\s*(<=|>=|==|!=|<|>)\s*[0-9]+(\.[0-9]+)*\s*(,\s*(<=|>=|==|!=|<|>)\s*[0-9]+(\.[0-9]+)*\s*)*$"
REQUIRES = Word("a comparison of versions", pattern=PATTERN)


def check_requires(node: Node, version: str) -> None:
    """Keep the problem that this runner is not of a version that the file asks for."""
    wanted = REQUIRES.read(node)
    if wanted is None:
        return
    clauses = [_CLAUSE.fullmatch(piece) for piece in wanted.split(",")]
    if not all(clauses):
        node.wrong(f'expected a comparison of versions, such as ">=0.1" or ">=0.1,<2"; got {quoted(wanted)}')
        return
    installed = _LEADING_NUMBERS.match(version)
    numbers = _numbers(installed[0] if installed else "0")
    if not all(_holds(numbers, clause[1], _numbers(clause[2])) for clause in clauses if clause):
        node.wrong(
            f"this file is for runner {wanted}; installed is runner {version}",
            f'python -m pip install "matrix-runner{wanted.replace(" ", "")}"',
        )


def _numbers(dotted: str) -> list[int]:
    return [int(part) for part in dotted.split(".")]


def _holds(installed: list[int], sign: str, bound: list[int]) -> bool:
    pairs = list(zip_longest(installed, bound, fillvalue=0))
    return _COMPARE[sign]([left for left, _ in pairs], [right for _, right in pairs])
