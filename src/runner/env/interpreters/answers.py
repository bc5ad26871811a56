"""Which Python a request led to, remembered across runs for as long as nothing that was looked at changes."""

import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

import packaging
from msgspec import Struct

from runner.env.facts import Facts
from runner.model.python import Interpreter

_GRAIN = 2_000_000_000
"""Nanoseconds in which a folder may change again without a new time, on the coarsest file system."""

_RULES = "1"
"""Goes up when another search would be made, or another answer kept, for the same question."""

State = tuple[int, int, int, int]
"""Of a file or folder: mode, inode, size in bytes, mtime in nanoseconds."""


class Sight(Struct, frozen=True, array_like=True):
    """What stood at a path; no `state`: nothing did.

    `real` is the file that a program's path led to; it is empty for a folder.
    """

    path: str
    state: State | None
    real: str = ""

    @property
    def is_folder(self) -> bool:
        return self.state is not None and stat.S_ISDIR(self.state[0])

    @property
    def is_file(self) -> bool:
        return self.state is not None and stat.S_ISREG(self.state[0])


class Looked:
    """What one search looked at, as it was before the search looked into it.

    Once `doubtful`, what the search found may be otherwise next time though nothing changed in between.
    """

    def __init__(self) -> None:
        self._sights: dict[str, Sight] = {}
        self.doubtful = False

    @property
    def sights(self) -> tuple[Sight, ...]:
        return tuple(self._sights.values())

    def folder(self, path: str) -> Sight:
        """Note a folder, before its names are read."""
        return self._note(Sight(path, _state(path)))

    def program(self, path: str) -> Sight:
        """Note a program, before it is run."""
        return self._note(Sight(path, _state(path), os.path.realpath(path)))

    def include(self, other: "Looked") -> None:
        """Note all that another search looked at, on which this one builds."""
        changed = [sight for sight in other.sights if self._sights.setdefault(sight.path, sight) != sight]
        self.doubtful = self.doubtful or other.doubtful or bool(changed)

    def _note(self, sight: Sight) -> Sight:
        if sight.state is not None and time.time_ns() - sight.state[-1] < _GRAIN:
            self.doubtful = True
        return self._sights.setdefault(sight.path, sight)


class Question(Struct, frozen=True):
    """All that an answer follows from but for what stands in the folders: a version, or a path alone.

    `folders` are those of PATH, `roots` those in which managers keep their Pythons, `globs` find the
    system's; a path needs none of them. `host` is where we run.
    """

    host: tuple[str, ...]
    implementation: str = ""
    version: tuple[int, ...] = ()
    free_threaded: bool = False
    folders: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    path: str = ""


class Answer(Struct, frozen=True):
    """What a question led to (None: no such Python is installed), and all that was looked at for it."""

    question: Question
    interpreter: Interpreter | None
    seen: tuple[Sight, ...]


class Answers:
    """The answers to questions, in files below `folder`; without a folder nothing is remembered."""

    def __init__(self, folder: Path | None) -> None:
        self._facts = Facts(folder)

    def find(self, question: Question) -> Answer | None:
        """Return the answer if all that it follows from is as it was. No folder is read for that."""
        answer = self._facts.find(question, Answer)
        if answer is None or answer.question != question:
            return None
        return answer if all(map(_is_same, answer.seen)) else None

    def keep(self, question: Question, interpreter: Interpreter | None, looked: Looked) -> None:
        """Remember an answer, unless it is doubtful."""
        answer = Answer(question, interpreter, looked.sights)
        if not looked.doubtful and _is_vouched_for(answer):
            self._facts.keep(question, answer)


def host() -> tuple[str, ...]:
    """Return what else decides how a Python is found and which wheels it takes: the system and us."""
    system = os.uname() if hasattr(os, "uname") else ("",) * 5
    libc = None
    with suppress(AttributeError, OSError, ValueError):  # not every system has a libc of this name
        libc = os.confstr("CS_GNU_LIBC_VERSION")
    ours = (_RULES, packaging.__version__, sys.version)
    return (*ours, system[0], system[2], system[4], libc or "")


def _state(path: str) -> State | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - done dozens of times at each start
    except (OSError, ValueError):
        return None
    return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns


def _is_same(sight: Sight) -> bool:
    if _state(sight.path) != sight.state:
        return False
    return not sight.real or os.path.realpath(sight.path) == sight.real


def _is_vouched_for(answer: Answer) -> bool:
    """Whether the interpreter's own file is among what was seen, with the size and mtime of its identity."""
    found = answer.interpreter
    return found is None or any(
        sight.real == found.executable
        and sight.state is not None
        and sight.state[2:] == (found.size, found.mtime)
        for sight in answer.seen
    )
