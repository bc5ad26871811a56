"""Whether a Python is one that a request asks for."""

import re
from typing import TYPE_CHECKING

from runner.model.python import OLDEST, Interpreter, PythonSpec

if TYPE_CHECKING:
    from runner.env.interpreters.discovery import Described


def suits(found: "Described", spec: PythonSpec) -> bool:
    """Return whether a Python that was asked answers to a request for a version: not one that is too old."""
    return (
        found.implementation == spec.implementation
        and found.free_threaded == spec.free_threaded
        and not found.debug
        and found.version >= OLDEST
        and found.version[: len(spec.version)] == spec.version
    )


def is_what_was_asked_for(found: Interpreter, spec: PythonSpec) -> bool:
    """Return whether an interpreter that somebody else chose is of the version asked for."""
    return (
        found.implementation == spec.implementation
        and found.free_threaded == spec.free_threaded
        and release(found.version)[: len(spec.version)] == spec.version
    )


def release(version: str) -> tuple[int, ...]:
    """Return the first three numbers of a version as Pythons tell it: (3, 14, 0) of `3.14.0rc2`."""
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
