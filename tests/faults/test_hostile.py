"""Names that steer terminals, and files of runner's own that hold anything: a run goes on, unharmed."""

import json
import os
import random
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from runner.testing import Invocation, Project, python_command

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
HARM = "\x1b[2J\x07\x9b31m\u202e\u2028\x7f\r"
USES = "import attrs, greeter, six; print('greeter', greeter.VERSION)"

Spoil = Callable[[bytes], bytes]


def _every_value(data: bytes, change: Callable[[object], object]) -> bytes:
    """Change every text and number of a JSON file; what is none stays."""

    def walk(value: object) -> object:
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else change(value)

    head, line, rest = data.partition(b"\n")  # some begin with a line that is a checksum
    with suppress(ValueError, RecursionError):
        return json.dumps(walk(json.loads(data))).encode()
    with suppress(ValueError, RecursionError):
        return head + line + json.dumps(walk(json.loads(rest))).encode()
    return data + HARM.encode()


def _numbers(to: float) -> Spoil:
    def change(value: object) -> object:
        return to if isinstance(value, int | float) and not isinstance(value, bool) else value

    return lambda data: _every_value(data, change)


def _texts(data: bytes) -> bytes:
    return _every_value(data, lambda value: f"../../{HARM}{value}" if isinstance(value, str) else value)


SPOILED: dict[str, Spoil] = {
    "empty": lambda _: b"",
    "cut": lambda data: data[: len(data) // 2],
    "noise": lambda data: random.Random(len(data)).randbytes(300),  # noqa: S311 - no secret
    "nul": lambda data: bytes(len(data) + 1),
    "deep": lambda _: b'{"x": ' + b"[" * 200_000,
    "list": lambda _: b"[1, null, {}]",
    "huge": _numbers(1e300),
    "negative": _numbers(-1),
    "long": _numbers(10**18),
    "texts": _texts,
}


def project_in(folder: Path) -> Project:
    """Return a project whose runs remember all that can be remembered."""
    project = Project(folder)
    project.index.add("attrs", "25.1")
    project.index.add("six")
    project.package("greeter", requires=("attrs",))
    project.config(
        f'[sessions.tests]\ndeps = ["six"]\ncommands = [{python_command(USES)}]\nmatrix.n = ["1"]\n'
    )
    return project


def remembered(project: Project) -> tuple[Path, ...]:
    """Return the files that a run left for the next, less those that are environments' own."""
    own = project.root / ".runner"
    records = [path for path in (project.folder / "cache").rglob("*") if path.suffix not in {".pyc", ".whl"}]
    records += [
        own / "durations.json",
        *(own / "mutex").glob("*"),
        *(own / "envs").glob("*/.environment.json"),
    ]
    return tuple(sorted(path for path in records if path.is_file() and path.name != ".matrix-runner"))


def harmless(invocation: Invocation) -> None:
    assert STEERING.search(invocation.stdout + invocation.stderr) is None, (
        invocation.stdout + invocation.stderr
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was run once. What a test spoils is put back by the next run."""
    project = project_in(tmp_path_factory.mktemp("kept"))
    project.run("-v").assert_exit(0)
    return project


def spoil(path: Path, kind: str) -> None:
    path.write_bytes(SPOILED[kind](path.read_bytes()))


@pytest.mark.parametrize("seed", range(100 if LONG else 3))
def test_whatever_stands_in_remembered_files_a_run_goes_on(kept: Project, seed: int) -> None:
    files = remembered(kept)
    assert {path.name for path in files} >= {"record.json", "key.json", "durations.json", ".environment.json"}
    kinds = random.Random(seed)  # noqa: S311 - no secret
    for options in (("-v",), ("-v", "--reuse")):
        for path in filter(Path.is_file, files):
            spoil(path, kinds.choice(list(SPOILED)))
        plan = kept.run("plan", "-v").assert_exit(0)
        again = kept.run(*options).assert_exit(0)
        assert "greeter 1.0" in again.log("tests-n1")
        harmless(plan)
        harmless(again)


@pytest.mark.skipif(not LONG, reason="RUNNER_LONG_FAULTS=1 spoils every file alone, too")
@pytest.mark.parametrize("kind", SPOILED)
def test_whatever_stands_in_one_remembered_file_a_run_goes_on(kept: Project, kind: str) -> None:
    for path in remembered(kept):
        for options in (("-v",), ("-v", "--reuse")):
            if path.is_file():
                spoil(path, kind)
                again = kept.run(*options).assert_exit(0)
                assert "greeter 1.0" in again.log("tests-n1"), path
                harmless(again)


HOSTILE = r"""
redact = ["HIDDEN*"]
plugins = ["./hostile.py"]
[limits]
"a\u001b[2J" = 1
[sessions.tests]
backend = "none"
description = "d\u202e\u2066"
tags = ["t\u202e"]
limits = ["a\u001b[2J"]
pass-env = ["RAW"]
env = { "A\u001b[2J\nB" = "x\u009b\n\ty", C = "{env:RAW}" }
commands = [["python", "-c", "", "\u001b[2J\u202e", "a\nb", "{posargs}", "{env:RAW}"]]
[sessions.failing]
backend = "none"
commands = [["python", "-c", "raise SystemExit(3)", "\u001b[2J\u009b"]]
[sessions.missing]
package = "none"
commands = [["no\u001b[2J\nsuch"]]
[sessions.nowhere]
backend = "none"
cwd = "no\u001b[2J"
commands = ["python -c 1"]
[sessions.junit]
backend = "none"
junit = "no\u001b[2J*"
artifacts = ["no\u001b[2J*"]
commands = ["python -c 1"]
"""
PLUGIN = """
from runner import Collected, TestResult, hookimpl
HARM = {harm!r}

class Collector:
    def collect(self, cell, result, folder):
        message = f"m{{HARM}}"
        failed = TestResult(id=f"t{{HARM}}[x]", outcome="failed", duration=1.0, file=HARM, message=message)
        return Collected(tests=(failed,), warnings=(f"w{{HARM}}",))

@hookimpl
def runner_collector():
    return Collector()
"""
SCREENS = {
    "utf-8": {"PYTHONUTF8": "1"},
    "ascii": {
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "",
    },
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}
RUNS = (
    ("list",),
    ("list", "-q"),
    ("list", "--format", "json"),
    ("list", "--format", "github"),
    ("config",),
    ("config", "--format", "json", "--show-secrets"),
    ("plan",),
    ("plan", "--format", "json"),
    ("plugins",),
    ("plugins", "--format", "json"),
    ("-v", "-j1", "--", "p\udcff\x1b[2J"),
    ("-j2", "--", "p\udcff\x1b[2J"),
    ("-q",),
    ("-e", "tests", "--", "p\x1b[2J\n"),
    ("clean",),
)
REFUSED = (
    ("-e", f"x{HARM}\udcff"),
    ("-t", f"x{HARM}\udcff"),
    ("-p", f"3.{HARM}"),
    ("-c", f"x{HARM}\n\udcff"),
    ("-j", "\u00b2"),
    ("-j", "9" * 5000),
    ("--retries", "\u00b2"),
    ("--retries", "9" * 5000),
    ("--timeout", "9" * 400),
    ("--color", HARM),
    ("--report", f"{HARM}=x"),
    ("--report", f"json=x{HARM}/x"),
    ("--events", f"x{HARM}\n/x"),
    ("--no-plugin", HARM),
    ("--upgrade", HARM),
    (f"x{HARM}",),
    (f"--x{HARM}",),
    ("-e", "missing", "--with", "six\udcff"),
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of which all that has a name has one that steers terminals."""
    project = Project(tmp_path_factory.mktemp("hostile"))
    project.environ["RAW"] = "r\udcff\x1b[2J"
    project.environ["HIDDEN"] = "hidden\udcff\x1b[2J"
    project.config(HOSTILE)
    project.file("hostile.py", PLUGIN.format(harm=HARM + "\ud800\n"))
    return project


@pytest.mark.parametrize("screen", SCREENS)
def test_no_name_steers_the_terminal(hostile: Project, screen: str) -> None:
    for argv in RUNS if LONG or screen == "ascii" else RUNS[-6:-4]:
        said = hostile.run_process(*argv, env=SCREENS[screen])
        assert said.exit_code in {0, 1, 4}, said
        harmless(said)


def test_reports_about_such_names_are_well_formed(hostile: Project) -> None:
    reports = ("--report", "junit=report.xml", "--report", "json=result.json")
    said = hostile.run(*reports, "--", "p\udcff\x1b[2J").assert_exit(1)
    suites = ET.parse(hostile.root / "report.xml").getroot()  # noqa: S314 - we wrote it
    assert {suite.get("name") for suite in suites} == {"tests", "failing", "missing", "nowhere", "junit"}
    result = json.loads((hostile.root / "result.json").read_text("utf-8"))
    assert all(test["id"].startswith("t\x1b[2J") for cell in result["cells"] for test in cell["tests"])
    harmless(said)


@pytest.mark.parametrize("argv", REFUSED, ids=lambda argv: ascii(" ".join(argv))[:40])
def test_what_the_command_line_cannot_mean_is_refused_in_words(
    hostile: Project, argv: tuple[str, ...]
) -> None:
    said = hostile.run(*argv)
    assert said.exit_code in {2, 3}, said
    harmless(said)
