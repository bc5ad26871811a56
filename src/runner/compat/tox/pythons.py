"""Which Python an environment is of: from its name, or from base_python."""

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from runner.compat.tox.errors import ToxError
from runner.model.plan import Host
from runner.model.python import PythonSpec

_IMPLEMENTATIONS = "py|pypy|cpython|jython|graalpy|rustpython|ironpython"
_FACTOR = re.compile(rf"(?!py$)(?:{_IMPLEMENTATIONS})(?:[2-9]\.?\d?\d?t?d?)?", re.ASCII)
_DOTTED = re.compile(r"(?:(?P<impl>cpython|pypy)-)?(?P<version>[23]\.\d+)(?P<flags>t?d?)", re.ASCII)
_SPEC = re.compile(
    r"(?P<impl>[A-Za-z]+)?-?(?P<version>\d{1,9}(?:\.\d{1,9}){0,2})?(?P<threads>t)?(?P<debug>d)?"
    r"(?:-(?P<bits>32|64))?(?:-(?P<machine>[a-zA-Z0-9_]+))?",
    re.ASCII,
)
_LONGEST_MAJOR = 1


class Asked(Struct, frozen=True):
    """A request for a Python taken apart; without a version any will do."""

    implementation: str | None
    version: tuple[int, ...]
    free_threaded: bool | None
    debug: bool
    path: str | None = None


def of_name(name: str) -> str | None:
    """Return the request that the name of an environment makes, such as `py311`, or None.

    Raises ToxError when it makes two.
    """
    found: list[str] = []
    factors = name.split("-")
    at = 0
    while at < len(factors):
        pair = _DOTTED.fullmatch("-".join(factors[at : at + 2])) if at + 1 < len(factors) else None
        alone = _DOTTED.fullmatch(factors[at])
        if pair is not None and pair["impl"]:
            found.append(_spelled(pair))
            at += 1
        elif _FACTOR.fullmatch(factors[at]):
            found.append(factors[at])
        elif alone is not None:
            found.append(_spelled(alone))
        at += 1
    if len(found) > 1:
        raise ToxError(f"the name asks for more than one Python: {', '.join(found)}")
    return found[0] if found else None


def _spelled(match: "re.Match[str]") -> str:
    return ("pypy" if match["impl"] == "pypy" else "") + match["version"] + match["flags"]


def asked(text: str) -> Asked:
    """Take a request apart, such as `py311`, `python3.9`, `3.13t`, `pypy3.10` or a path."""
    match = _SPEC.fullmatch(text)
    if match is None or "/" in text or "\\" in text:
        return Asked(None, (), None, debug=False, path=text)
    implementation = (match["impl"] or "").lower()
    known = None if implementation in {"", "py", "python"} else implementation
    version = _version(match["version"] or "")
    threaded = True if match["threads"] else None if not version else False
    return Asked(known, version, threaded, debug=match["debug"] is not None)


def _version(text: str) -> tuple[int, ...]:
    if "." in text or len(text) <= _LONGEST_MAJOR:
        return tuple(int(part) for part in text.split(".") if part)
    return int(text[0]), int(text[1:])


def conflicting(name: str, base: str, host: Host) -> bool:
    """Say whether a request contradicts the one that a name makes."""
    wanted, given = asked(name), asked(base)
    if given.path is not None:
        if given.path != host.executable:
            return False  # what it is shows when it runs
        given = Asked("cpython", tuple(map(int, host.python.split("."))), free_threaded=False, debug=False)
    if wanted.implementation is not None and wanted.implementation != given.implementation:
        return True
    pairs = zip(wanted.version, (*given.version, None, None, None), strict=False)
    if any(one != other for one, other in pairs):
        return True
    return bool(wanted.version) and bool(wanted.free_threaded) != bool(given.free_threaded)


@lru_cache(maxsize=256)
def spec_of(requests: tuple[str, ...], host: Host) -> PythonSpec | None:
    """Return what to look for, None for the Python that runs runner. Raises ToxError."""
    specs: list[PythonSpec | None] = []
    faults: list[ToxError] = []
    for text in requests:
        try:
            specs.append(_spec(text, host))
        except ToxError as error:
            faults.append(error)
        if None in specs:
            break
    if not specs:
        raise faults[0]
    if specs[0] is None:
        return None
    first, *others = [_own(host) if spec is None else spec for spec in specs]
    return replace(first, others=tuple(others))


def _own(host: Host) -> PythonSpec:
    return PythonSpec(text=host.python, version=tuple(map(int, host.python.split("."))), path=host.executable)


def _spec(text: str, host: Host) -> PythonSpec | None:
    wanted = asked(text)
    if wanted.path is not None:
        return None if wanted.path == host.executable else PythonSpec(text=wanted.path, path=wanted.path)
    kind = _implementation(wanted.implementation or "cpython", text)
    if wanted.debug:
        raise ToxError(
            f"{text}: builds for debugging are not looked for; name the path of one in base_python"
        )
    own = tuple(map(int, host.python.split(".")))
    if kind == "cpython" and not wanted.free_threaded and wanted.version in {(), own[:1]}:
        return None
    if not wanted.version:
        wanted = Asked(wanted.implementation, (3,), wanted.free_threaded, debug=False)
    shown = ("pypy" if kind == "pypy" else "") + ".".join(map(str, wanted.version))
    return PythonSpec(
        text=shown + ("t" if wanted.free_threaded else ""),
        implementation=kind,
        version=wanted.version,
        free_threaded=bool(wanted.free_threaded),
    )


def _implementation(name: str, text: str) -> Literal["cpython", "pypy"]:
    if name == "cpython":
        return "cpython"
    if name == "pypy":
        return "pypy"
    raise ToxError(f"{text}: runner makes environments of CPython and PyPy")
