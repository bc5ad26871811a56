"""All Pythons of this machine: where each is, what it serves, and why another is taken."""

import os
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from runner.env.interpreters.answers import Looked, Sight
from runner.env.interpreters.candidates import (
    SYSTEM_ROOTS,
    Place,
    is_python_name,
    is_shims,
    places,
    pythons_in,
)
from runner.env.interpreters.discovery import Described
from runner.env.interpreters.find import Interpreters
from runner.env.interpreters.matching import release
from runner.model.errors import CellError, first_line
from runner.model.ports import Stop
from runner.model.python import OLDEST, Interpreter, dotted, parse_python

_IMPLEMENTATIONS = {"cpython": "", "pypy": "pypy"}


class Surveyed(Struct, frozen=True, kw_only=True):
    """A program that is named like a Python, or a folder of shims.

    `place` is `PATH`, a manager's name or `system`. `real` is the file that `path` leads to. `version` is
    empty where nobody was asked, or no Python answered. `serves` are the requests that it answers to,
    `taken_for` those that lead to it. `reason` says why it is not taken for its X.Y, or not at all.
    """

    path: str
    real: str
    place: str
    implementation: str = ""
    version: str = ""
    free_threaded: bool = False
    serves: tuple[str, ...] = ()
    taken_for: tuple[str, ...] = ()
    reason: str = ""


class _Seen(Struct, frozen=True):
    """A program, and what it said of itself, if it did."""

    shown: Surveyed
    said: Described | None = None


def survey(
    interpreters: Interpreters,
    environ: Mapping[str, str],
    stop: Stop,
    system_roots: tuple[str, ...] = SYSTEM_ROOTS,
) -> tuple[Surveyed, ...]:
    """Return all that is named like a Python, in the order in which requests look. Raises Cancelled.

    Each is asked once, by `interpreters`, which also say where requests lead.
    """
    seen = tuple(_seen(places(environ, system_roots), interpreters, stop))
    answers = {
        text: _answer(text, interpreters, stop)
        for text in dict.fromkeys(text for each in seen for text in each.shown.serves)
    }
    return tuple(_judged(each, seen, answers) for each in seen)


def _seen(found: Iterable[Place], interpreters: Interpreters, stop: Stop) -> Iterator[_Seen]:
    """Look at all programs in the folders, each of them once."""
    first: dict[str, str] = {}
    for place in _each_once(found):
        if is_shims(place.folder):
            yield from _shims(place)
            continue
        for program in _programs(place):
            shown = Surveyed(path=program.path, real=program.real, place=place.name)
            other = first.setdefault(program.real, program.path)
            why = f"the same file as {other}" if other != program.path else place.refusal or _refusal(program)
            if why:
                yield _Seen(replace(shown, reason=why))
            else:
                yield _described(shown, interpreters.describe(program, Looked(), stop))


def _each_once(found: Iterable[Place]) -> Iterator[Place]:
    """Yield the folders without those that others are links to."""
    folders: set[str] = set()
    for place in found:
        real = os.path.realpath(place.folder)
        if real not in folders:
            folders.add(real)
            yield place


def _shims(place: Place) -> Iterator[_Seen]:
    names = pythons_in(place.folder)
    if names:
        why = f"shims, such as {names[0]}: they are never run, and what they lead to is found without them"
        real = os.path.realpath(place.folder)
        yield _Seen(Surveyed(path=place.folder, real=real, place=place.name, reason=why))


def _programs(place: Place) -> Iterable[Sight]:
    """Return the programs in a folder, each under the name that tells most."""
    programs: dict[str, Sight] = {}
    for name in pythons_in(place.folder):
        program = Looked().program(os.path.join(place.folder, name))  # noqa: PTH118 - text
        programs.setdefault(program.real, program)
    return programs.values()


def _refusal(program: Sight) -> str:
    """Say why a program is not even asked; "" when it is."""
    if program.state is None:
        return f"a link to {program.real}, which is not there"
    if not program.is_file or not os.access(program.path, os.X_OK):
        return "not a program"
    if not is_python_name(program.real):
        return f"a name of {program.real}, which goes by many"
    return ""


def _described(shown: Surveyed, said: Described | None) -> _Seen:
    if said is None:
        return _Seen(replace(shown, reason="does not answer as a Python"))
    shown = replace(
        shown,
        implementation=said.implementation,
        version=said.text,
        free_threaded=said.free_threaded,
    )
    if said.version[:2] < OLDEST:
        why = f'older than {dotted(OLDEST)}: only backend = "none" can use it, by its path'
        return _Seen(replace(shown, reason=why), said)
    if said.debug:
        return _Seen(replace(shown, reason="a debug build: no request asks for one"), said)
    if said.implementation not in _IMPLEMENTATIONS:
        return _Seen(replace(shown, reason=f"no request asks for {said.implementation}"), said)
    return _Seen(replace(shown, serves=_requests(said)), said)


def _requests(said: Described) -> tuple[str, ...]:
    """Return the requests that a Python answers to: X.Y, then X.Y.Z."""
    begin, end = _IMPLEMENTATIONS[said.implementation], "t" * said.free_threaded
    return tuple(f"{begin}{dotted(said.version[:count])}{end}" for count in (2, 3))


def _answer(text: str, interpreters: Interpreters, stop: Stop) -> Interpreter | str:
    """Return the interpreter that a request leads to, or why it leads to none."""
    spec = parse_python(text)
    if spec is None:
        raise ValueError(text)
    try:
        return interpreters.find(spec, stop)
    except CellError as error:
        return first_line(error.message)


def _judged(seen: _Seen, all_seen: tuple[_Seen, ...], answers: Mapping[str, Interpreter | str]) -> Surveyed:
    """Say which requests lead to a Python, and why its X.Y does not."""
    shown = seen.shown
    if seen.said is None or not shown.serves:
        return shown
    real = seen.said.executable
    taken = tuple(
        text
        for text in shown.serves
        if isinstance(found := answers[text], Interpreter) and found.executable == real
    )
    short = shown.serves[0]
    reason = "" if short in taken else _why_another(seen.said, answers[short], all_seen)
    return replace(shown, taken_for=taken, reason=reason and f"{short}: {reason}")


def _why_another(said: Described, taken: Interpreter | str, all_seen: tuple[_Seen, ...]) -> str:
    """Say why a Python is passed over for the one that its X.Y leads to."""
    if isinstance(taken, str):
        return taken
    others = (each for each in all_seen if each.said is not None and each.said.executable == taken.executable)
    other = next(others, None)
    if other is None or other.said is None:
        return f"{taken.executable} is given by a plugin"
    if other.said.final and not said.final:
        return f"this is a pre-release, and {taken.version} is there"
    if other.shown.place == "PATH":
        return f"{other.shown.path} is on PATH, before this"
    if release(taken.version) > said.version or other.said.final != said.final:
        return f"{taken.version} is newer"
    return f"{other.shown.path} is the same version, found before this"
