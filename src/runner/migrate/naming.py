"""What sessions, axes and labels are called that come of factors in names."""

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from runner.model.config import factor_of
from runner.model.python import parse_python
from runner.model.settings import STEP_KEYS, Settings
from runner.model.text import LONGEST_NAME

PYTHON = "python"
_DATABASES = frozenset(("sqlite", "postgres", "postgresql", "mysql", "mariadb", "oracle", "mssql"))
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]|\.(?=\.)")
_RESERVED = frozenset(
    ("python", "platform", "py", "cell", "session", "root", "env-dir", "tmp", "posargs")
) | {
    *(field.encode_name for field in msgspec.structs.fields(Settings)),
    *STEP_KEYS,
}
"""Names that stand for something else in braces, and keys, which an axis of such a name would set."""


class Axis(Struct, frozen=True):
    """A dimension: its name, its labels, and for each label the factor that it was in the old names."""

    name: str
    labels: tuple[str, ...]
    factors: dict[str, str]


def safe_name(name: str) -> str:
    """Return a name of a session for an environment of any name."""
    text = _UNSAFE.sub("_", name).lstrip("._+-").rstrip("-")[:LONGEST_NAME]
    return text if text and text != "ALL" else f"env{text}"


def python_axis(labels: tuple[str, ...]) -> Axis:
    """Return the axis of these Pythons, in a rising or falling order."""
    rising = tuple(sorted(labels, key=_version))
    labels = labels if labels == rising[::-1] else rising
    return Axis(PYTHON, labels, {label: factor_of(PYTHON, label) for label in labels})


def _version(label: str) -> tuple[object, ...]:
    spec = parse_python(label)
    return (spec.implementation, spec.free_threaded, spec.version) if spec else ("", False, ())


def axis_of(words: tuple[str, ...], families: Mapping[str, str], others: list[str]) -> Axis:
    """Return the axis of factors; `others` are names of axes that are there."""
    family = families.get(words[0], "")
    if not family or any(families.get(word) != family for word in words):
        family = ""
    name = family or ("db" if _DATABASES.intersection(words) else "variant")
    base, number = name.lower().replace("_", "-").strip("-"), 2
    name = base if base not in _RESERVED else f"{base}-version"
    while name in others:
        name, number = f"{base}{number}", number + 1
    labels = {word: _label(word, family, name) for word in words}
    cut = [word for word in words if labels[word] != word]
    if len(cut) < len(words) or len({label.lower() for label in labels.values()}) < len(labels):
        labels = _distinct(words)  # all alike, so that text can hold any of them
    return Axis(name, tuple(labels.values()), {label: word for word, label in labels.items()})


def _distinct(words: tuple[str, ...]) -> dict[str, str]:
    """Return a label for each word, unique whatever the case."""
    found: dict[str, str] = {}
    for word in words:
        label, number = safe_name(word), 2
        while label.lower() in {other.lower() for other in found.values()}:
            label, number = f"{safe_name(word)}_{number}", number + 1
        found[word] = label
    return found


def _label(word: str, family: str, name: str) -> str:
    """Return the label whose factor is the old one, where that can be."""
    rest = word.removeprefix(family) if family == name else word
    return rest if rest[:1].isdigit() and factor_of(name, rest) == word else safe_name(word)
