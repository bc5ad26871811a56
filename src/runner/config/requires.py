"""`requires-runner` and `requires-plugins`: what has to be installed for a file to be of use."""

import re
from collections.abc import Callable

from msgspec import Struct

from runner.config.kinds import TEXT, ListOf, Word, plain_text
from runner.config.walk import Node, Schema, quoted
from runner.model.comparison import COMPARISON, parse_comparison, parse_numbers
from runner.model.config import Requirement
from runner.model.errors import Problem

_LEADING_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_EXPECTED = 'a requirement, such as "matrix-runner-coverage>=1"'
REQUIRES = Word("a comparison of versions", pattern=f"^{COMPARISON}$")


class RequirementKind(Struct, frozen=True):
    """A requirement on a distribution, as in PEP 508."""

    def read(self, node: Node) -> Requirement | None:
        from packaging.requirements import InvalidRequirement  # noqa: PLC0415 - start-up: mostly there is none
        from packaging.requirements import Requirement as Parsed  # noqa: PLC0415 - the same

        text = plain_text(node, _EXPECTED)
        if text is None:
            return None
        try:
            Parsed(text)
        except InvalidRequirement:
            node.expected(_EXPECTED)
            return None
        return Requirement(text, node.origin)

    def schema(self) -> Schema:
        return {**TEXT, "minLength": 1}


REQUIREMENTS = ListOf(RequirementKind(), "a list of requirements")


class Versions(Struct, frozen=True):
    """What is installed: this runner's version, and what a requirement lacks: nothing when it is met.

    `how` tells how to install a requirement on runner, empty when it is met, and those on plugins: given are
    those that are not met, and all.
    """

    runner: str
    lacking: Callable[[str], str]
    how: Callable[[str, tuple[str, ...], tuple[str, ...]], str]


def check_requires(node: Node, version: str) -> None:
    """Keep the problem that this runner is not of a version that the file asks for."""
    wanted = _unmet(node, version)
    if wanted:
        node.wrong(_told(wanted, version))


def check_versions(top: Node, versions: Versions) -> None:
    """Keep what the file asks for and is not installed; the last one says how to install all of them."""
    node = top.child("requires-runner")
    wanted = _unmet(node, versions.runner) if node is not None else ""
    found = [Problem(_told(wanted, versions.runner), node.origin)] if node is not None and wanted else []
    node = top.child("requires-plugins")
    plugins = (REQUIREMENTS.read(node) or ()) if node is not None else ()
    unmet = [(each, lack) for each in plugins if (lack := versions.lacking(each.text))]
    found += [Problem(f"requires {each.text}; {lack}", each.origin) for each, lack in unmet]
    if found:
        *first, last = sorted(found, key=lambda problem: problem.origin.line if problem.origin else 0)
        runner = f"matrix-runner{wanted.replace(' ', '')}" if wanted else ""
        missing = tuple(each.text for each, _ in unmet)
        hint = versions.how(runner, missing, tuple(each.text for each in plugins))
        for problem in (*first, Problem(last.message, last.origin, hint)):
            top.walk.add(problem)


def _unmet(node: Node, version: str) -> str:
    """Return the versions of runner that are asked for, when this one is none of them."""
    wanted = REQUIRES.read(node)
    if wanted is None:
        return ""
    bounds = parse_comparison(wanted)
    if bounds is None:
        node.wrong(f'expected a comparison of versions, such as ">=0.1" or ">=0.1,<2"; got {quoted(wanted)}')
        return ""
    installed = _LEADING_NUMBERS.match(version)
    numbers = parse_numbers(installed[0]) if installed else None
    return "" if all(bound.holds(numbers or ()) for bound in bounds) else wanted


def _told(wanted: str, version: str) -> str:
    return f"this file is for runner {wanted}; installed is runner {version}"
