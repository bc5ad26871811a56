"""The README's commands: the one for our tests is what CI runs, to the letter."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def shell_blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    quickstart, tests = shell_blocks((ROOT / "README.md").read_text("utf-8"))
    assert tests in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert "tox-examples/quickstart" in quickstart
    assert "\n" not in quickstart + tests


def test_the_first_screen_holds_both_commands() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert max(number for number, line in enumerate(lines) if ".venv/bin/python -m" in line) < 50
