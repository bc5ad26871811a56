"""Names that become parts of cell ids, folders and substitutions."""

import re

from runner.config.kinds import LockFileText, TextOf, TextOrFalse
from runner.config.settings import SETTINGS
from runner.config.walk import quoted
from runner.model.settings import STEP_KEYS
from runner.model.text import LONGEST_NAME

LABEL = f"[A-Za-z0-9][A-Za-z0-9._+-]{{0,{LONGEST_NAME - 1}}}"
AXIS = f"[A-Za-z][A-Za-z0-9_-]{{0,{LONGEST_NAME - 1}}}"
_LABEL_CHARACTER = re.compile(r"[A-Za-z0-9._+-]")
_AXIS = re.compile(AXIS)
_EVERYTHING = "ALL"

SUBSTITUTIONS = ("py", "cell", "session", "root", "env-dir", "tmp", "env", "posargs")
"""Names that stand for something else in braces."""


def session_problem(name: str) -> str:
    """Say what is wrong with the name of a session."""
    return _part_problem(name, "a session's name")


def label_problem(label: str) -> str:
    """Say what is wrong with a label."""
    return _part_problem(label, "a label")


def _part_problem(name: str, what: str) -> str:
    if not name:
        return f"{what} cannot be empty"
    if name == _EVERYTHING:
        return f"{what} cannot be `{_EVERYTHING}`, which selects every cell"
    if len(name) > LONGEST_NAME:
        return f"{what} has at most {LONGEST_NAME} characters; this has {len(name):,}"
    return _spelling_problem(name, what)


def _spelling_problem(name: str, what: str) -> str:
    wrong = next((char for char in name if not _LABEL_CHARACTER.fullmatch(char)), None)
    if wrong is not None:
        return f"{what} cannot hold {quoted(wrong)}: letters, digits and . _ + - can be used"
    if not name[0].isalnum():
        return f"{what} cannot start with {quoted(name[0])}, only with a letter or a digit"
    if ".." in name:
        return f'{what} cannot hold ".."'
    return ""


def axis_problem(name: str) -> str:
    """Say what is wrong with the name of an axis."""
    if len(name) > LONGEST_NAME:
        return f"the name of an axis has at most {LONGEST_NAME} characters; this has {len(name):,}"
    if name == "platform":
        return "an axis cannot be called `platform`: matchers use that name for the platform runner is on"
    if name in SUBSTITUTIONS:
        return f"an axis cannot be called `{name}`: {{{name}}} stands for something else already"
    if not _AXIS.fullmatch(name):
        return "an axis is named with letters, digits, _ and -, and starts with a letter"
    if name in SETTINGS and not _is_settable(name):
        return f"an axis cannot be called `{name}`: only keys of text or lists can be set by an axis"
    return ""


def _is_settable(key: str) -> bool:
    kind = SETTINGS[key].kind
    if key.startswith("extra-"):
        return False
    is_list = f"extra-{key}" in SETTINGS or key in STEP_KEYS
    return (
        is_list
        or kind.schema().get("type") == "string"
        or isinstance(kind, TextOf | TextOrFalse | LockFileText)
    )


def twins(names: list[str]) -> list[tuple[str, str]]:
    """Return each name that differs from an earlier one only in case, with that one."""
    first: dict[str, str] = {}
    found = []
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            found.append((name, other))
    return found
