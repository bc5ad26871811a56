"""What two tools' answers are freed of before they are compared: their own folders and moving values."""

import re
from collections.abc import Callable, Iterable

from tests.differential.answers import Answer, Table

_MOVING = frozenset(("PYTHONHASHSEED", "COLUMNS", "LINES"))
_OURS = ("RUNNER_", "PYTEST_ADDOPTS")
_ENV_PLACES = ("env_tmp_dir", "env_log_dir", "env_dir")
_CORE_PLACES = ("work_dir",)

Rewrite = Callable[[str], str]


def normal(answer: Answer, root: str) -> dict[str, Table]:
    """Return the keys of each env, its own folders and the tool's Python replaced by names like `<env_dir>`.

    Values that differ from run to run are not kept, variables that only runner sets are left out.
    """
    return {name: _env(table, answer, root) for name, table in answer.envs.items()}


def normal_core(answer: Answer, root: str) -> Table:
    """Return the core keys in the same way."""
    return {key: _value(value, _rewrite(_core_places(answer, root))) for key, value in answer.core.items()}


def _env(table: Table, answer: Answer, root: str) -> Table:
    own = _named(table, _ENV_PLACES)
    rewrite = _rewrite([*own, *_core_places(answer, root)])
    rewritten = {key: _value(value, rewrite) for key, value in table.items()}
    if isinstance(set_env := rewritten.get("set_env"), dict) and not is_error(set_env):
        rewritten["set_env"] = _variables(set_env)
    return rewritten


def _variables(set_env: Table) -> Table:
    kept = {name: value for name, value in set_env.items() if not name.startswith(_OURS)}
    return {name: "(any)" if name in _MOVING else value for name, value in kept.items()}


def _core_places(answer: Answer, root: str) -> list[tuple[str, str]]:
    hosts = [("<host>", host) for host in answer.hosts]
    return [*_named(answer.core, _CORE_PLACES), *_work_dirs(answer), *hosts, ("<root>", root)]


def _work_dirs(answer: Answer) -> list[tuple[str, str]]:
    """The work folder as any env's variables name it, for a tool that shows no core keys."""
    tables = [table["set_env"] for table in answer.envs.values() if isinstance(table.get("set_env"), dict)]
    return [("<work_dir>", place) for set_env in tables for place in _text(set_env, "TOX_WORK_DIR")]


def _text(table: object, key: str) -> list[str]:
    return [place] if isinstance(table, dict) and isinstance(place := table.get(key), str) else []


def _named(table: Table, keys: Iterable[str]) -> list[tuple[str, str]]:
    return [(f"<{key}>", place) for key in keys if isinstance(place := table.get(key), str)]


def _rewrite(places: list[tuple[str, str]]) -> Rewrite:
    """Replace each place by its name, longest first: a folder before those it is in."""
    names: dict[str, str] = {}
    for name, place in places:
        names.setdefault(place, name)
    words = sorted(filter(None, names), key=len, reverse=True)
    if not words:
        return str
    pattern = re.compile("(?:" + "|".join(map(re.escape, words)) + r")(?![\w.-])")
    return lambda text: pattern.sub(lambda found: names[found.group()], text)


def _value(value: object, rewrite: Rewrite) -> object:
    """Rewrite all text in a value of a key."""
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, dict):
        return {rewrite(name): _value(item, rewrite) for name, item in value.items()}
    if isinstance(value, list):
        return [_value(item, rewrite) for item in value]
    return value


def is_error(value: object) -> bool:
    """Say whether a key has no value but the reason why it has none."""
    return isinstance(value, dict) and value.keys() == {"error"}
