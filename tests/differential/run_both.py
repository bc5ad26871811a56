"""A real project's test-suite under tox and under runner: outcomes, numbers of tests and times side by side.

    python -m tests.differential.run_both pluggy

Takes one of the names below, or `all`. tox runs plain, as people have it; both start without environments,
then run once more. Not a test: it installs from the index and takes minutes. Exits 1 when the two differ.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct
from tests.differential.fetch import Sdist, fetch, unpack
from tests.differential.machine import installing_variables
from tests.differential.oracle import install_tox
from tests.differential.projects import project

from runner.testing import Result

_SUMMARY = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s")
_COUNT = re.compile(r"(\d+) ([a-z]+)")
_COUNTED = ("passed", "failed", "skipped", "xfailed", "xpassed", "error", "errors")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PATIENCE = 1200.0


class Suite(Struct, frozen=True):
    """A project whose tests run without network, and the envs of its tox config to run: two Pythons."""

    sdist: Sdist
    envs: tuple[str, ...]


SUITES = (
    Suite(project("django-environ"), ("py311-django42", "py312-django52")),
    Suite(
        Sdist("freezegun", "1.5.5", "ac7742a6cc6c25a2c35e9292dfd554b897b517d2dec26891a2e8debf205cb94a"),
        ("py311", "py312"),
    ),
    Suite(project("jinja2"), ("py311", "py312")),
    Suite(project("pluggy"), ("py311", "py312")),
    Suite(project("wtforms"), ("py311", "py312")),
)


class _ToxCommand(Struct, frozen=True):
    output: str


class _ToxResult(Struct, frozen=True):
    success: bool


class _ToxEnv(Struct, frozen=True):
    test: tuple[_ToxCommand, ...] = ()
    result: _ToxResult | None = None


class _ToxReport(Struct, frozen=True):
    testenvs: dict[str, _ToxEnv]


class Cell(Struct, frozen=True):
    """How an env ended, and what its last summary line of pytest counts."""

    passed: bool
    tests: dict[str, int]

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {word}" for word, number in self.tests.items()) or "no tests counted"
        return f"{'passed' if self.passed else 'FAILED'} ({counts})"


class Run(Struct, frozen=True):
    """One run of a tool: its cells by env, and how long it took, in seconds of wall time."""

    cells: dict[str, Cell]
    seconds: float


class Tool(Struct, frozen=True):
    """How a tool is started, the last word of its `argv` an option that takes the result's path, and read."""

    python: Path
    argv: tuple[str, ...]
    report: str
    read: Callable[[Path], dict[str, Cell]]


def main() -> int:
    """Run the suites that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [suite.sdist.name for suite in SUITES]
    parser.add_argument("project", choices=[*names, "all"])
    parser.add_argument("--folder", type=Path, help="where to work, kept afterwards; else a temporary folder")
    given = parser.parse_args()
    chosen = [suite for suite in SUITES if given.project in (suite.sdist.name, "all")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        agreed = [_side_by_side(suite, folder) for suite in chosen]
    return 0 if all(agreed) else 1


def _side_by_side(suite: Suite, folder: Path) -> bool:
    """Run and print one suite; say whether outcomes and numbers of tests are the same."""
    variables = installing_variables(folder / "machine")
    archive = fetch(suite.sdist, folder / "sdists")
    tools = {
        "tox": Tool(install_tox(folder / "tox"), ("tox", "run", "--result-json"), "{}", _cells_of_tox),
        "runner": Tool(Path(sys.executable), ("runner", "--report"), "json={}", _cells_of_runner),
    }
    roots = {}
    for name in tools:
        beside = Path(tempfile.mkdtemp(prefix=f"{suite.sdist.name}-{name}-", dir=folder))
        roots[name] = beside / suite.sdist.name
        unpack(archive, roots[name])
    agreed = True
    for what in ("first run", "second run"):
        runs = {name: _run(tool, suite, roots[name], variables) for name, tool in tools.items()}
        print(f"{suite.sdist}, {what}:")
        for env in suite.envs:
            agreed = _show(env, runs) and agreed
        print("  wall time        " + ", ".join(f"{name} {run.seconds:.1f} s" for name, run in runs.items()))
    return agreed


def _show(env: str, runs: Mapping[str, Run]) -> bool:
    """Print how an env ended under each tool; say whether tests were run, and with the same outcome."""
    cells = [run.cells.get(env) for run in runs.values()]
    same = all(cell is not None and cell.tests and cell == cells[0] for cell in cells)
    for name, cell in zip(runs, cells, strict=True):
        print(f"  {env:<16} {name:<8} {cell or 'was not run'}{'' if same else '   DIFFERS'}")
    return same


def _run(tool: Tool, suite: Suite, root: Path, variables: Mapping[str, str]) -> Run:
    result = root.parent / "result.json"
    result.unlink(missing_ok=True)
    envs = ",".join(suite.envs)
    start = time.monotonic()
    done = subprocess.run(
        [tool.python, "-m", *tool.argv, tool.report.format(result), "-e", envs],
        cwd=root,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_PATIENCE,
        text=True,
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - start
    (root.parent / "said.txt").write_text(done.stdout, encoding="utf-8")
    if not result.exists():
        print(done.stdout, file=sys.stderr)
        return Run({}, seconds)
    return Run(tool.read(result), seconds)


def _cells_of_tox(path: Path) -> dict[str, Cell]:
    envs = msgspec.json.decode(path.read_bytes(), type=_ToxReport).testenvs
    return {
        name: Cell(env.result.success, _tests("".join(command.output for command in env.test)))
        for name, env in envs.items()
        if env.result is not None
    }


def _cells_of_runner(path: Path) -> dict[str, Cell]:
    cells = msgspec.json.decode(path.read_bytes(), type=Result).cells
    return {cell.id: Cell(cell.outcome == "passed", _tests(_log(cell.log))) for cell in cells}


def _log(path: str | None) -> str:
    return Path(path).read_text("utf-8", errors="replace") if path else ""


def _tests(output: str) -> dict[str, int]:
    """Return what the last summary line of pytest counts; nothing when there is none."""
    lines = [_SUMMARY.match(_COLOUR.sub("", line)) for line in output.splitlines()]
    last = next((found[1] for found in reversed(lines) if found), "")
    return {word: int(number) for number, word in _COUNT.findall(last) if word in _COUNTED}


if __name__ == "__main__":
    sys.exit(main())
