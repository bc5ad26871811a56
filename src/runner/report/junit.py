"""JUnit XML for CI: one test suite a cell, so that every failure of a run shows up as a test's."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from runner.model.results import Attempt, CellResult, RunResult, TestResult
from runner.report.cells import bad_tests, is_bad
from runner.report.logs import tail
from runner.report.style import settled
from runner.report.whole import Folding, ResultReporter
from runner.report.words import first_line

_LOG_LINES = 100
_LOG_BYTES = 32 * 1024
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ESCAPES = _TEXT_ESCAPES | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_KINDS = {"failed": "failure", "error": "error", "skipped": "skipped", "cancelled": "skipped"}


class JUnitReporter(ResultReporter):
    """Writes JUnit XML to `path` at the end; the path is opened at once (UsageError)."""

    def __init__(self, path: Path | str, new_fold: Callable[[], Folding]) -> None:
        super().__init__(path, new_fold, junit_xml)


class _Case(Struct, frozen=True):
    """One `testcase`. `kind`: failure, error, skipped or empty. `flake`: what an earlier attempt said."""

    attributes: dict[str, str]
    kind: str = ""
    message: str = ""
    flake: str | None = None


def junit_xml(result: RunResult) -> bytes:
    """Return the run as JUnit XML; the end of a failed cell's log is read from its file.

    Failures that are allowed are `skipped` there, since CI acts on every failure that it sees.
    """
    suites = [(cell, tuple(_cases(cell))) for cell in result.cells]
    head = {
        "name": "runner",
        "id": result.id,
        **_sums(case for _, cases in suites for case in cases),
        "time": f"{result.duration:.3f}",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(result.started)),
    }
    lines = ['<?xml version="1.0" encoding="utf-8"?>', _element("testsuites", head, end=">")]
    for cell, cases in suites:
        lines += _suite(cell, cases)
    return "\n".join([*lines, "</testsuites>", ""]).encode("utf-8")


def _suite(cell: CellResult, cases: tuple[_Case, ...]) -> Iterator[str]:
    yield _element("testsuite", {"name": cell.id, **_sums(cases), "time": f"{cell.duration:.3f}"}, end=">")
    yield "<properties>"
    for name, value in _properties(cell).items():
        yield _element("property", {"name": name, "value": value})
    yield "</properties>"
    for case in cases:
        if not case.kind and case.flake is None:
            yield _element("testcase", case.attributes)
            continue
        yield _element("testcase", case.attributes, end=">")
        if case.flake is not None:
            yield _told("flakyFailure", case.flake)
        if case.kind:
            yield _told(case.kind, case.message)
        yield "</testcase>"
    yield "</testsuite>"


def _cases(cell: CellResult) -> Iterator[_Case]:
    last = cell.attempts[-1] if cell.attempts else None
    tests = last.tests if last else ()
    flakes = _earlier_failures(cell.attempts[:-1])
    for test in tests:
        flake = flakes.get(test.id) if test.outcome == "passed" else None
        yield _case(cell, _test_attributes(cell, test), test.outcome, test.message, flake)
    if not tests or cell.outcome == "cancelled" or (is_bad(cell) and not bad_tests(cell)):
        attributes = {"classname": cell.id, "name": cell.id, "time": f"{cell.duration:.3f}"}
        flake = _first_failure(cell.attempts[0]) if cell.flaky else None
        yield _case(cell, attributes, cell.outcome, _cell_message(cell), flake)


def _first_failure(attempt: Attempt) -> str:
    """Return why the attempt failed, or a command of it that passed on a retry."""
    return attempt.reason or next((step.reason for step in attempt.steps if not step.ok), "")


def _case(
    cell: CellResult, attributes: dict[str, str], outcome: str, message: str, flake: str | None
) -> _Case:
    kind = _KINDS.get(outcome, "")
    if cell.allowed and kind in {"failure", "error"}:
        return _Case(attributes, "skipped", f"allowed to fail: {message}", flake)
    return _Case(attributes, kind, message, flake)


def _cell_message(cell: CellResult) -> str:
    if not is_bad(cell):
        return f"cancelled: {cell.reason}" if cell.outcome == "cancelled" else cell.reason
    if cell.log is None:
        return cell.reason
    end = tail(cell.log, most_lines=_LOG_LINES, most_bytes=_LOG_BYTES)
    left_out = f"[the first {end.bytes_before} bytes are left out]\n" if end.bytes_before else ""
    return f"{cell.reason}\n{left_out}{settled(end.text, colour=False)}\nlog: {cell.log}"


def _earlier_failures(attempts: Iterable[Attempt]) -> dict[str, str]:
    return {
        test.id: test.message
        for attempt in attempts
        for test in attempt.tests
        if test.outcome in {"failed", "error"}
    }


def _test_attributes(cell: CellResult, test: TestResult) -> dict[str, str]:
    """The cell's id leads the class name: readers of these files put all suites into one list."""
    path, bracket, parameters = test.id.partition("[")
    owner, _, name = path.rpartition("::")
    module, *classes = owner.split("::")
    dotted = ".".join([module.removesuffix(".py").replace("/", "."), *classes])
    where = {"file": test.file or "", "line": str(test.line or "")}
    return {
        "classname": f"{cell.id}.{dotted}" if dotted else cell.id,
        "name": name + bracket + parameters,
        **{key: value for key, value in where.items() if value},
        "time": f"{test.duration:.3f}",
    }


def _properties(cell: CellResult) -> dict[str, str]:
    facts = {"session": cell.session, "outcome": cell.outcome, "python": cell.python, "reason": cell.reason}
    flags = {"flaky": cell.flaky, "allowed": cell.allowed, "cached": cell.cached}
    return {
        **{name: value for name, value in facts.items() if value},
        **{f"axis.{name}": label for name, label in cell.axes.items()},
        **{name: "true" for name, is_set in flags.items() if is_set},
    }


def _sums(cases: Iterable[_Case]) -> dict[str, str]:
    kinds = [case.kind for case in cases]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }


def _told(tag: str, message: str) -> str:
    if tag == "skipped" or "\n" not in message:
        return _element(tag, {"message": message})
    opening = _element(tag, {"message": first_line(message)}, end=">")
    return f"{opening}{_valid(message).translate(_TEXT_ESCAPES)}</{tag}>"


def _element(tag: str, attributes: Mapping[str, str], *, end: str = "/>") -> str:
    text = "".join(f' {name}="{_valid(value).translate(_ESCAPES)}"' for name, value in attributes.items())
    return f"<{tag}{text}{end}"


def _valid(text: str) -> str:
    """Replace what XML cannot hold."""
    return _INVALID.sub("\ufffd", text)
