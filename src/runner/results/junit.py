"""Reading JUnit XML: a stream of bytes in, test cases out, whatever the file holds."""

from collections.abc import Iterable
from typing import Literal
from xml.parsers import expat

from msgspec import Struct

CaseOutcome = Literal["passed", "failed", "error", "skipped"]

_OUTCOMES: dict[str, CaseOutcome] = {"failure": "failed", "error": "error", "skipped": "skipped"}
RANK: dict[CaseOutcome, int] = {"passed": 0, "skipped": 1, "error": 2, "failed": 3}
"""Which of two outcomes of one test is the worse: a failure says more than a broken teardown."""

_LONGEST_TEXT = 64 * 1024

MOST_CASES = 500_000
"""Read of one file: each costs memory up to the end of the run."""


DEEPEST = 1000
"""Elements in each other: the parser remembers all that are open."""


class Case(Struct, frozen=True, kw_only=True):
    """One `testcase` as written: its attributes, those of its suite, and its failure's message and text."""

    suite: dict[str, str]
    attributes: dict[str, str]
    outcome: CaseOutcome = "passed"
    summary: str = ""
    text: str = ""


class Reading(Struct, frozen=True):
    """The whole cases that a file holds, and what is wrong with the file (empty: nothing)."""

    cases: tuple[Case, ...]
    problem: str = ""


class _RefusedError(Exception):
    """The file holds something that no test tool writes."""


def read_junit(chunks: Iterable[bytes]) -> Reading:
    """Read one file. A broken one gives the cases before the break, and the problem in words."""
    reader = _Reader()
    try:
        for chunk in chunks:
            reader.feed(chunk)
        reader.end()
    except expat.ExpatError as error:
        return Reading(tuple(reader.cases), f"line {error.lineno}: {expat.ErrorString(error.code)}")
    except (_RefusedError, ValueError, LookupError) as error:  # the last two: an encoding that nobody knows
        return Reading(tuple(reader.cases), str(error))
    if not reader.is_junit:
        return Reading((), "this is not JUnit XML: it has no <testsuite> or <testsuites>")
    return Reading(tuple(reader.cases))


class _Reader:
    """The handlers of one file, and where in it they are."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self.is_junit = False
        self._depth = 0
        self._suites: list[dict[str, str]] = []
        self._case: Case | None = None
        self._verdict: CaseOutcome | None = None
        self._summary = ""
        self._text: list[str] = []
        self._length = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._refuse_entities
        self._parser.buffer_text = True

    def feed(self, chunk: bytes) -> None:
        self._parser.Parse(chunk, False)

    def end(self) -> None:
        self._parser.Parse(b"", True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _RefusedError(f"its elements are nested more than {DEEPEST:,} deep")
        if tag in {"testsuite", "testsuites"}:
            self.is_junit = True
            self._suites.append(attributes)
        elif tag == "testcase":
            self._case = Case(suite=self._suites[-1] if self._suites else {}, attributes=attributes)
        elif self._case is not None and tag in _OUTCOMES:
            self._verdict = _OUTCOMES[tag]
            self._summary = _end_of(attributes.get("message", ""))
            self._text, self._length = [], 0

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag in {"testsuite", "testsuites"}:
            self._suites.pop()
        elif tag == "testcase" and self._case is not None:
            if len(self.cases) == MOST_CASES:
                raise _RefusedError(f"it has more than {MOST_CASES:,} test cases")
            self.cases.append(self._case)
            self._case = None
        elif self._case is not None and self._verdict is not None and tag in _OUTCOMES:
            if RANK[self._verdict] > RANK[self._case.outcome]:
                self._case = Case(
                    suite=self._case.suite,
                    attributes=self._case.attributes,
                    outcome=self._verdict,
                    summary=self._summary,
                    text=_end_of("".join(self._text)),
                )
            self._verdict = None

    def _characters(self, data: str) -> None:
        if self._verdict is None:
            return
        self._text.append(data)
        self._length += len(data)
        if self._length > 2 * _LONGEST_TEXT:  # seldom enough that copying what stays costs nothing
            self._text = ["".join(self._text)[-_LONGEST_TEXT - 1 :]]
            self._length = _LONGEST_TEXT + 1

    def _refuse_entities(self, name: str, *_rest: object) -> None:
        raise _RefusedError(
            f"it declares the entity {name!r}, which is refused: entities can be made to explode"
        )


def _end_of(text: str) -> str:
    """Return the end of a long text, in whole lines where it has some."""
    if len(text) <= _LONGEST_TEXT:
        return text
    end = text[-_LONGEST_TEXT:]
    return end.partition("\n")[2] or end
