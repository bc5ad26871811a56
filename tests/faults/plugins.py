"""Plugins for tests: written into a project, and what is said of them."""

import json
from textwrap import dedent

from runner.testing import Invocation, Project, python_command

NAMELESS = """
class Nameless(Exception):
    def __str__(self):
        raise ValueError("no text")
"""
FINISH = """
@runner.hookimpl
def runner_finish(result):
    raise {what}
"""

GREEN, RED = "pass", "raise SystemExit(7)"


def with_plugins(project: Project, *names: str, code: str = GREEN, more: str = "") -> Project:
    """Give the project one cell, `check`, and these plugins, which are files already."""
    files = json.dumps([f"./{name}.py" for name in names])
    project.config(
        f"plugins = {files}\n{more}\n"
        f'[sessions.check]\npackage = "none"\ncommands = [{python_command(code)}]\n'
    )
    return project


def write(project: Project, name: str, text: str, **values: str) -> None:
    heard = str(project.folder / f"{name}.heard")
    body = dedent(text).format(heard=heard, **values) if values else dedent(text)
    project.file(f"{name}.py", f"import runner\n{NAMELESS}\n{body}")


def warnings_of(outcome: Invocation, name: str) -> list[str]:
    """The lines of stderr, and the cell's warnings on stdout, that name the plugin."""
    return [line for line in (outcome.stdout + outcome.stderr).splitlines() if f"plugin {name}: " in line]
