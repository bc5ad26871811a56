"""Differences that are wanted, each with its reason; the docs list them in the same words."""

import re
from collections.abc import Callable

from msgspec import Struct

from tests.differential.normal import is_error

_NO_INTERPRETER = re.compile(r"NoInterpreter\(|failed to find interpreter|could not resolve base python")
_TOX_UV = "uv_"


class Known(Struct, frozen=True):
    """A wanted difference: what the key and the two values, in normal form, are like, and why."""

    holds: Callable[[str, object, object], bool]
    reason: str


def reason_for(key: str, tox: object, runner: object) -> str:
    """Return why the two values may differ; empty when they may not."""
    return next((known.reason for known in KNOWN if known.holds(key, tox, runner)), "")


def _interpreter_is_missing(_key: str, tox: object, runner: object) -> bool:
    return is_error(tox) and bool(_NO_INTERPRETER.search(str(tox))) and not is_error(runner)


def _only_keys_of_tox_uv(key: str, tox: object, runner: object) -> bool:
    return key == "unused" and _without_tox_uv(tox) == _without_tox_uv(runner)


def _without_tox_uv(unused: object) -> list[object]:
    names = unused if isinstance(unused, list) else []
    return [name for name in names if not str(name).startswith(_TOX_UV)]


KNOWN = (
    Known(
        _interpreter_is_missing,
        "tox needs the interpreter to be there to say it; what the name says is said without",
    ),
    Known(
        _only_keys_of_tox_uv,
        "the keys that the plugin tox-uv adds are known",
    ),
)
