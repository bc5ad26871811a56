"""The settings of the environments of a config, as plain values."""

import re
from collections.abc import Collection
from itertools import pairwise

from msgspec import Struct

from runner.migrate.values import COMMANDS, VARIABLE, Line, Value, Values, plain
from runner.model.config import Config, Session
from runner.model.globs import matches_glob

_OWN = "TOX_"
_PIP = re.compile(r"pip[0-9.]*")


class Dropped(Struct, frozen=True, kw_only=True):
    """What the other tool adds by itself, and runner has something of its own for.

    `variables` are names that it sets, `defaults` those that it sets to a value where nobody sets another.
    `passed` are the globs of what it passes anyway, `passed_here` those of what runner passes.
    """

    variables: frozenset[str] = frozenset()
    defaults: frozenset[tuple[str, str]] = frozenset()
    passed: frozenset[str] = frozenset()
    passed_here: tuple[str, ...] = ()


def settings(config: Config, dropped: Dropped) -> dict[str, Values]:
    """Return the settings of each environment by its name, text as it is."""
    return {session.name: _settings(session, dropped) for session in config.sessions}


def _settings(session: Session, dropped: Dropped) -> Values:
    layer = {key: value for each in session.layers for key, value in each.values.items()}
    found = {key: plain(value) for key, value in layer.items() if key not in {"env", "pass-env", "seed"}}
    found |= _variables(session, dropped, _words(found))
    found["pass-env"] = more_passed(texts(plain(layer.get("pass-env"))), dropped)
    found["seed"] = _seed(found, texts(plain(layer.get("seed"))))
    return found


def texts(value: Value) -> tuple[str, ...]:
    """Return a value that is a list of text; any other as an empty one."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()


def lines(value: Value) -> tuple[Line, ...]:
    """Return a value that is a list of commands; any other as an empty one."""
    return tuple(item for item in value if isinstance(item, Line)) if isinstance(value, tuple) else ()


def _words(found: Values) -> str:
    """Return all that commands say."""
    return "\n".join(word for key in COMMANDS for line in lines(found.get(key)) for word in line.words)


def _variables(session: Session, dropped: Dropped, said: str) -> Values:
    """Return the variables that are set; of those that the other tool sets, what commands name."""
    tables = [each.values.get("env") for each in session.layers]
    written = {
        name: plain(text) for table in tables if isinstance(table, dict) for name, text in table.items()
    }
    found: dict[str, Value] = {
        VARIABLE + name: value
        for name, value in written.items()
        if (name not in dropped.variables or _is_read(name, said)) and (name, value) not in dropped.defaults
    }
    withheld = session.foreign.inherited.withheld if session.foreign else ()
    return {**{VARIABLE + name: False for name in withheld if name.isidentifier()}, **found}


def _is_read(name: str, said: str) -> bool:
    return name.startswith(_OWN) and re.search(rf"\b{name}\b", said) is not None


def more_passed(names: Collection[str], dropped: Dropped) -> tuple[str, ...]:
    """Return the globs of variables that neither tool passes by itself."""
    return tuple(
        name
        for name in names
        if name not in dropped.passed and not any(matches_glob(name, glob) for glob in dropped.passed_here)
    )


def _seed(found: Values, there: Collection[str]) -> tuple[str, ...]:
    """Return what commands call of what the other tool has put into each environment."""
    called = [line.words for key in COMMANDS for line in lines(found.get(key))]
    needed = set()
    if any(_calls_pip(words) for words in called):
        needed.add("pip")
    if any(word.endswith("setup.py") for words in called for word in words):
        needed.add("setuptools")
    return tuple(name for name in there if name in needed)


def _calls_pip(words: tuple[str, ...]) -> bool:
    program = words[0].replace("\\", "/").rpartition("/")[2] if words else ""
    as_module = ("-m", "pip") in pairwise(words)
    return as_module or _PIP.fullmatch(program) is not None
