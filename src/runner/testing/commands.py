"""Commands for the configs of tests, and programs for them to run."""

import json
from pathlib import Path


def python_command(code: str, *arguments: str) -> str:
    """Return the command that runs Python `code`, as text for a `commands` list of a config.

    Nothing in `code` is substituted; `arguments` are taken as config text, so `{posargs}` in them works.
    """
    taken_as_it_is = code.replace("{", "{{").replace("}", "}}")
    return json.dumps(["python", "-c", taken_as_it_is, *arguments])


def write_program(path: Path, text: str) -> Path:
    """Write a script that can be run, and return its path: without a `#!` line, `sh` runs it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
