"""From JUnit test cases to test results: ids, files and lines as people write them."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal
from zlib import crc32

import msgspec

from runner.model.results import TestResult
from runner.results.junit import RANK, Case

Look = Callable[[str], Literal["file", "folder", ""]]
"""What stands at a path relative to the cell's root."""

LONGEST_MESSAGE = 8 * 1024
LONGEST_NAME = 4 * 1024
"""Characters of a test's name, class name and file: what is longer is cut, and told apart by a checksum."""

_LONGEST_TIME = 1e9
_LONGEST_PREFIX = 20
"""Parts that `--junit-prefix` may put before the module."""

_NAMES = ("name", "classname", "file")
_LINE = re.compile("[0-9]{1,9}")
_ESCAPED_COLOUR = re.compile(r"#x1B\[[0-9;]*m")


def test_result(case: Case, root: Path, look: Look) -> TestResult:
    """Return the result of one case; a file below `root` is relative to it."""
    pytest = _written_by_pytest(case.suite, case.attributes)
    names = {key: _cut(case.attributes[key]) for key in _NAMES if key in case.attributes}
    attributes = {**case.attributes, **names, "file": _relative(names.get("file", ""), root)}
    return TestResult(
        id=_pytest_id(attributes, look) if pytest else _other_id(attributes),
        outcome=case.outcome,
        duration=_seconds(attributes.get("time", "")),
        file=attributes["file"] or None,
        line=_line(attributes.get("line", ""), first=0 if pytest else 1),
        message=_message(case.summary, case.text),
    )


def _written_by_pytest(suite: Mapping[str, str], case: Mapping[str, str]) -> bool:
    """Whether pytest's rules hold for ids and lines: by its suite's name, which projects may change."""
    if suite.get("name") == "pytest":
        return True
    # Others that know Python files either do not name the host or name the file of the whole suite.
    return "hostname" in suite and "file" not in suite and case.get("file", "").endswith(".py")


def _pytest_id(case: Mapping[str, str], look: Look) -> str:
    """Return the node id: `tests/test_x.py::TestC::test_m[param]`.

    pytest writes the file with dots and without `.py` into `classname`, before the classes. An inherited
    test has the file of its base class, and xunit2 has no file: then the module is looked up.
    """
    name, classname, file = case.get("name", ""), case.get("classname", ""), case["file"]
    if not classname:  # the file itself could not be collected
        return file or _whole_module(name.split("."), look) or name
    classes = _after(classname, _dotted(file)) if file else None
    if classes is not None:
        return "::".join([file, *classes, name])
    if file and name == _dotted(file):  # again the file itself, after `--junit-prefix`
        return file
    return _looked_up(classname.split("."), name, look) or f"{classname}::{name}"


def _looked_up(parts: list[str], name: str, look: Look) -> str:
    """Return the id whose module is the longest part of the class name that is a file, if any."""
    for start in range(min(len(parts), _LONGEST_PREFIX)):
        module, classes = _module(parts[start:], look)
        if module:
            return "::".join([module, *classes, name])
    return ""


def _whole_module(parts: list[str], look: Look) -> str:
    module, rest = _module(parts, look)
    return "" if rest else module


def _module(parts: list[str], look: Look) -> tuple[str, list[str]]:
    """Return the file that most of the parts name, and the other parts. Only real folders are tried."""
    found: tuple[str, list[str]] = ("", parts)
    folder = ""
    for end, part in enumerate(parts, 1):
        if not part:
            break
        if look(f"{folder}{part}.py") == "file":
            found = (f"{folder}{part}.py", parts[end:])
        if look(f"{folder}{part}") != "folder":
            break
        folder += f"{part}/"
    return found


def _other_id(case: Mapping[str, str]) -> str:
    """Return the id of a test of any other tool."""
    name, classname = case.get("name", ""), case.get("classname", "")
    return f"{classname}::{name}" if classname else name


def _message(summary: str, text: str) -> str:
    """Return a failure's first line, then its text, in bounded length: its end says the most."""
    summary, text = (_ESCAPED_COLOUR.sub("", part).strip() for part in (summary, text))
    first = summary.partition("\n")[0]
    body = text or summary
    whole = body if not first or body.startswith(first) else f"{first}\n{body}"
    if len(whole) <= LONGEST_MESSAGE:
        return whole
    head = whole.partition("\n")[0][: LONGEST_MESSAGE // 8]
    tail = whole[len(head) :][-(LONGEST_MESSAGE - len(head) - 80) :]
    left_out = len(whole) - len(head) - len(tail)
    return f"{head}\n[{left_out} characters left out]\n{tail}"


def unfinished(cases: Iterable[Case]) -> int:
    """Return how many tests had begun and not ended when pytest was interrupted.

    It lists them like tests that passed, and does not say which they are; but it counts those that ended.
    """
    begun: dict[str, set[tuple[str, ...]]] = {}
    for case in cases:
        if case.suite.get("name") == "pytest" and _LINE.fullmatch(case.suite.get("tests", "")):
            names = tuple(case.attributes.get(key, "") for key in _NAMES)
            begun.setdefault(case.suite["tests"], set()).add(names)
    return sum(max(0, len(names) - int(ended)) for ended, names in begun.items())


def worst_of_each(tests: Iterable[TestResult]) -> tuple[TestResult, ...]:
    """Make one of all tests with the same id: the worst, with the time of all.

    pytest writes two cases for a test that fails and whose teardown fails too.
    """
    by_id: dict[str, TestResult] = {}
    for test in tests:
        before = by_id.get(test.id)
        if before is None:
            by_id[test.id] = test
            continue
        worst = test if RANK[test.outcome] > RANK[before.outcome] else before
        by_id[test.id] = msgspec.structs.replace(worst, duration=before.duration + test.duration)
    return tuple(by_id.values())


def _cut(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME]}...[{len(name)} characters, {crc32(name.encode()):08x}]"


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return file.replace("\\", "/")


def _seconds(text: str) -> float:
    try:
        seconds = float(text.replace(",", ""))  # some tools group thousands
    except ValueError:
        return 0.0
    return seconds if 0 < seconds < _LONGEST_TIME else 0.0  # NaN is in no range


def _line(text: str, *, first: int) -> int | None:
    """Return a line counted from 1, where `text` counts from `first`."""
    number = int(text) if _LINE.fullmatch(text) else -1
    return number + 1 - first if number >= first else None


def _dotted(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


def _after(classname: str, dotted: str) -> list[str] | None:
    """The parts of `classname` after `dotted`, which `--junit-prefix` may precede; None: it is not there."""
    _, found, rest = f".{classname}.".partition(f".{dotted}.")
    return [part for part in rest.split(".") if part] if found else None
