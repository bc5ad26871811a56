"""A project whose cell prints more than a pipe holds, and what came of its runs."""

import json
from pathlib import Path

from runner.testing import Project, python_command

LINES = 6000
PRINTS = f"for n in range({LINES}): print(n, 'x' * 20)"
SLEEPS = "open('started', 'w').close(); import time; time.sleep(600)"


LATE = (
    '[sessions.late]\ntimeout = "1s"\nafter = ["loud"]\nallow-failure = true\n'
    f"commands = [{python_command('import time; time.sleep(600)')}]\n"
)
MANY = "[sessions.many]\ncommands = []\nmatrix.n = [{}]\n".format(", ".join(f'"{n}"' for n in range(150)))


def write_loud(project: Project, code: int) -> int:
    """Write the project's config: the one cell, `loud`, ends with that code. Return the code."""
    project.config(
        '[defaults]\npackage = "none"\n[sessions.loud]\n'
        f"commands = [{python_command(PRINTS)}, {python_command(f'raise SystemExit({code})')}]\n"
    )
    return code


def add(project: Project, text: str, *, plugins: str = "") -> None:
    """Put `text` below the config, and `plugins` above it."""
    project.config(plugins + (project.root / "runner.toml").read_text() + text)


def has_ended(project: Project) -> bool:
    """Say whether the run has said all it has to say to its own files."""
    try:
        run = latest_run(project)
        return "run-finished" in (run / "events.jsonl").read_text() and (run / "result.json").is_file()
    except (OSError, ValueError):
        return False


def exit_code_of(run: Path) -> int:
    return int(json.loads((run / "result.json").read_bytes())["run"]["exit_code"])


def latest_run(project: Project) -> Path:
    """The folder of the last run."""
    return max((project.root / ".runner" / "runs").iterdir())
