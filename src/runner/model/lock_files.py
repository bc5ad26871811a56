"""Lock files of other tools that a cell may be installed from: what they are is told by their names."""

import re
from typing import Literal

LockFileKind = Literal["Pipfile.lock", "uv.lock", "pylock.toml", "requirements"]

_BY_NAME: dict[str, LockFileKind] = {"Pipfile.lock": "Pipfile.lock", "uv.lock": "uv.lock"}
_PYLOCK = re.compile(r"pylock\.(?:[^.]+\.)?toml")

LOCK_FILES = (
    "Pipfile.lock, uv.lock, pylock.toml (or pylock.NAME.toml), or requirements with hashes (NAME.txt)"
)
"""What there is, for people."""


def updated_by(path: str) -> str:
    """Say what writes the lock file of that path anew."""
    commands = {"Pipfile.lock": "`pipenv lock`", "uv.lock": "`uv lock`"}
    return commands.get(lock_file_kind(path) or "", "the tool that wrote it")


def lock_file_kind(path: str) -> LockFileKind | None:
    """Return what the file of that path is, None when its name says nothing that we know."""
    name = re.split(r"[/\\]", path)[-1]
    if _PYLOCK.fullmatch(name):
        return "pylock.toml"
    if name.endswith(".txt"):
        return "requirements"
    return _BY_NAME.get(name)
