"""One cell in a few lines: what became of it, and after a failure where to look."""

from runner.model.results import Attempt, CellResult, StepResult, TestResult
from runner.model.visible import line
from runner.model.words import exit_words
from runner.report.logs import Tail
from runner.report.style import Style, settled
from runner.report.words import command_line, duration, first_line, plural

MOST_TESTS = 10
OUTCOME_WIDTH = len("cancelled")
MARKER_WIDTH = 72
_BAD = frozenset({"failed", "error"})


def is_bad(result: CellResult) -> bool:
    """Whether the cell failed, allowed or not."""
    return result.outcome in _BAD


def counts(result: CellResult) -> bool:
    """Whether the cell's failure makes the run fail."""
    return is_bad(result) and not result.allowed


def bad_tests(result: CellResult) -> tuple[TestResult, ...]:
    """The tests that failed in the last attempt."""
    return tuple(test for test in _last(result).tests if test.outcome in _BAD)


def tests_words(result: CellResult) -> str:
    """Return `41 passed, 1 failed`; empty without tests."""
    outcomes = [test.outcome for test in _last(result).tests]
    found = ((outcomes.count(kind), kind) for kind in ("passed", "failed", "error"))
    words = [
        plural(number, kind) if kind == "error" else f"{number} {kind}" for number, kind in found if number
    ]
    return ", ".join(words) or (f"{len(outcomes)} skipped" if outcomes else "")


def time_words(result: CellResult) -> str:
    """Return how long it took; empty for a cell that never ran."""
    return duration(result.duration) if result.attempts or result.duration else ""


def remarks(result: CellResult) -> str:
    """Return the flags and the reason, on one line."""
    flags = []
    if result.flaky:
        number = len(result.attempts)
        how = f"passed on attempt {number}" if number > 1 else "a command passed on a retry"
        flags.append(f"flaky: {how}")
    if result.allowed and is_bad(result):
        flags.append("allowed to fail")
    if result.cached:
        flags.append("cached")
    return ", ".join([*flags, *filter(None, [first_line(result.reason)])])


def cell_line(result: CellResult, style: Style, *, width: int, alone: bool) -> str:
    """Return the line about a finished cell; `alone` when no table follows, so that it says everything."""
    outcome = style.outcome(result, f"{result.outcome:<{OUTCOME_WIDTH}}")
    columns = [f"{line(result.id):<{width}}", f"{time_words(result):>6}"]
    if alone:
        columns += filter(
            None, [f"python {line(result.python)}" if result.python else "", tests_words(result)]
        )
    return "  ".join([outcome, *columns, remarks(result)]).rstrip()


def marker(text: str, style: Style) -> str:
    """Return a line that a reader's eye finds."""
    return style.paint(f"----- {line(text)} ".ljust(MARKER_WIDTH, "-"), "dim")


def output_block(result: CellResult, tail: Tail, style: Style) -> tuple[str, ...]:
    """Return the end of a cell's output between markers; nothing when there was none."""
    said = tail.text.rstrip().removesuffix(result.reason).rstrip("\n")  # it stands below
    text = settled(said, colour=style.colour)
    if not text.strip():
        return ()
    left_out: tuple[str, ...] = ()
    if tail.bytes_before:
        amount = (
            f"{tail.bytes_before} bytes" if tail.lines_before is None else plural(tail.lines_before, "line")
        )
        left_out = (style.paint(f"[{amount} left out, see {line(result.log or '')}]", "dim"),)
    return marker(f"output of {result.id}", style), *left_out, text, marker(f"end of {result.id}", style)


def failure_lines(result: CellResult, shown: str | None) -> tuple[str, ...]:
    """Return what stands below the line of a failed cell: more of the cause, and where to look.

    `shown` is the output that stands above it: what it says is not said again. None: the terminal had it all.
    """
    steps = [step for step in _last(result).steps if not step.ok and not _is_told(step, result)]
    lines = [*_test_lines(result, shown), *map(_step_words, steps)]
    if result.log:
        lines.append(f"log: {line(result.log)}")
    if result.environment:
        lines.append(f"environment: {line(result.environment)}")
    return tuple(f"  {each}" for each in lines)


def _is_told(step: StepResult, result: CellResult) -> bool:
    """Whether the cell's reason repeats the command already."""
    return (f"`{command_line(step.argv)}`" if step.argv else step.reason) in result.reason


def _test_lines(result: CellResult, shown: str | None) -> list[str]:
    if shown is None:
        return []
    unnamed = [test for test in bad_tests(result) if test.id not in shown]
    lines = [test_line(test) for test in unnamed[:MOST_TESTS]]
    return lines + ([f"and {len(unnamed) - MOST_TESTS} more"] if len(unnamed) > MOST_TESTS else [])


def test_line(test: TestResult) -> str:
    """Return a failed test and the first line of its message."""
    message = first_line(test.message)
    return f"{test.outcome} {line(test.id)}" + (f": {message}" if message else "")


def _step_words(step: StepResult) -> str:
    if step.argv:
        return f"{step.phase}: `{command_line(step.argv)}` {line(exit_words(step.exit))}"
    return f"{step.phase}: {first_line(step.reason) or line(exit_words(step.exit))}"


def _last(result: CellResult) -> Attempt:
    return result.attempts[-1] if result.attempts else Attempt(number=0, outcome=result.outcome, duration=0.0)
