"""What differs between two locks, or what they follow from, in words."""

from collections.abc import Iterator
from typing import TypeVar

from msgspec import Struct

from runner.env.locks.key import Inputs, LockKey
from runner.env.requirements.credentials import blanked
from runner.model.environment import Pin

T = TypeVar("T", bound=Struct)

_TITLES = {
    "python": "the Python",
    "platform": "the platform",
    "dependencies": "the project's dependencies",
    "fixed": "what is fixed",
    "project": "the project",
    "version": "the project's version",
    "requires_python": "the project's requires-python",
    "exclude_newer": "exclude-newer",
    "settings": "uv's settings",
    "arguments": "index settings",
}
"""What people call the parts that are not called as they are named."""


def key_changes(old: LockKey, new: LockKey) -> tuple[str, ...]:
    """Return what is different now, such as `requirements changed: + pytest-cov`."""
    found = [*input_changes(old.inputs, new.inputs)]
    if old.root != new.root:
        found.append(f"the project moved: {old.root} -> {new.root}")
    if old.inputs.python == new.inputs.python and _interpreter(old) != _interpreter(new):
        found.append(f"the interpreter {new.interpreter} is another one")
    found += _part("arguments", old.arguments, new.arguments)
    return tuple(found)


def input_changes(old: Inputs, new: Inputs) -> tuple[str, ...]:
    """Return what is different now, part by part."""
    # Other extras bring their dependencies: to name these, too, says nothing more.
    following = "dependencies" if old.extras != new.extras else ""
    return tuple(
        words
        for name in Inputs.__struct_fields__
        if name != following
        for words in _part(name, getattr(old, name), getattr(new, name))
    )


def pin_changes(old: tuple[Pin, ...], new: tuple[Pin, ...]) -> tuple[str, ...]:
    """Return which versions moved, came and went: `pytest 8.3 -> 8.4`, `+ attrs 25.1`, `- mock 5.0`."""
    before = {pin.name: pin.version for pin in old}
    after = {pin.name: pin.version for pin in new}
    return (
        *(
            f"{name} {before[name]} -> {after[name]}"
            for name in sorted(before.keys() & after.keys())
            if before[name] != after[name]
        ),
        *(f"+ {name} {after[name]}".rstrip() for name in sorted(after.keys() - before.keys())),
        *(f"- {name} {before[name]}".rstrip() for name in sorted(before.keys() - after.keys())),
    )


def _interpreter(key: LockKey) -> tuple[object, ...]:
    return (key.interpreter, key.sys_version, key.soabi, key.size, key.mtime)


def _part(name: str, old: object, new: object) -> Iterator[str]:
    if old == new:
        return
    title = _TITLES.get(name, name)
    match old, new:
        case tuple(), tuple():
            added = [f"+ {blanked(str(item))}" for item in new if item not in old]
            gone = [f"- {blanked(str(item))}" for item in old if item not in new]
            yield f"{title} changed: {', '.join((*added, *gone)) or 'their order'}"
        case dict(), dict():
            names = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            what = ", ".join(names)
            yield f"{what} changed" if name == "files" else f"{title} changed: {what}"
        case _:
            yield f"{title}: {_said(old)} -> {_said(new)}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"
