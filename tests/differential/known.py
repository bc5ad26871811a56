"""Differences that are wanted, each with its reason; the docs list them in the same words."""

import re
from collections.abc import Callable

from msgspec import Struct
from tests.differential.normal import is_error

_NO_INTERPRETER = re.compile(
    r"NoInterpreter\(|no interpreter discovered|failed to find interpreter|could not find python interpreter"
    r"|could not resolve base python"
)
_TOX_UV = "uv_"
_OF_THE_ENVIRONMENT = frozenset(
    (
        "always_copy",
        "download",
        "env_bin_dir",
        "env_python",
        "env_site_packages_dir",
        "env_site_packages_dir_plat",
        "install_command",
        "py_debug",
        "py_dot_ver",
        "py_free_threaded",
        "py_impl",
        "system_site_packages",
        "virtualenv_spec",
        "wheel_build_env",
    )
)
"""Keys that tox can show only when those of the interpreter and of the variables can be, too."""


class Known(Struct, frozen=True):
    """A wanted difference: what the key and the two values, in normal form, are like, and why."""

    holds: Callable[[str, object, object], bool]
    reason: str


def reason_for(key: str, tox: object, runner: object) -> str:
    """Return why the two values may differ; empty when they may not."""
    return next((known.reason for known in KNOWN if known.holds(key, tox, runner)), "")


def _of_a_path(key: str, tox: object, runner: object) -> bool:
    return key == "base_python" and "failed to query" in str(tox) and not is_error(runner)


def _interpreter_is_missing(_key: str, tox: object, runner: object) -> bool:
    return is_error(tox) and bool(_NO_INTERPRETER.search(str(tox))) and not is_error(runner)


def _follows_from_another(key: str, tox: object, runner: object) -> bool:
    return key in _OF_THE_ENVIRONMENT and is_error(tox) and not is_error(runner)


def _empty_lines(key: str, tox: object, runner: object) -> bool:
    return key == "deps" and isinstance(tox, list) and [line for line in tox if line] == runner


def _old_virtualenv(key: str, tox: object, runner: object) -> bool:
    return key == "virtualenv_spec" and str(tox).startswith("virtualenv<") and runner == ""


def _only_keys_of_tox_uv(key: str, tox: object, runner: object) -> bool:
    return key == "unused" and _without_tox_uv(tox) == _without_tox_uv(runner)


def _without_tox_uv(unused: object) -> list[object]:
    names = unused if isinstance(unused, list) else []
    return [name for name in names if not str(name).startswith(_TOX_UV)]


def _options_of_installers(key: str, tox: object, runner: object) -> bool:
    def words(lines: object) -> list[str]:
        options = (line for line in lines if str(line).startswith("-")) if isinstance(lines, list) else ()
        return sorted({word for line in options for word in re.split(r"[\s,]+", _one_letter(str(line)))})

    return key == "deps" and words(runner) != [] and set(words(tox)) <= set(words(runner))


def _one_letter(line: str) -> str:
    return line.replace("--index-url", "-i").replace("--find-links", "-f")


def _packages_itself(key: str, tox: object, runner: object) -> bool:
    return key == "refused" and "cannot self-package" in str(tox) and runner == ""


def _wrong_word(key: str, tox: object, runner: object) -> bool:
    told = ("invalid package config type", "replace failed in ")
    return key == "refused" and any(words in str(tox) for words in told) and runner == ""


KNOWN = (
    Known(
        _of_a_path,
        "whether a path in `base_python` is a Python shows when it is used",
    ),
    Known(
        _interpreter_is_missing,
        "tox needs the interpreter to be there to say it; what the name says is said without",
    ),
    Known(
        _follows_from_another,
        "an error is said at the key that has it, not at all that follow from it",
    ),
    Known(
        _empty_lines,
        "tox shows lines of deps that are empty, and installs nothing for them",
    ),
    Known(
        _old_virtualenv,
        "tox notes here the virtualenv that it chose itself for a Python past its end of life",
    ),
    Known(
        _packages_itself,
        "an environment that packages the project is only that, and so cannot be packaged itself",
    ),
    Known(
        _wrong_word,
        "what is wrong with one environment is told when it is to run; lists and the others work",
    ),
    Known(
        _options_of_installers,
        "options of installers in deps are shown as they are written, where tox shows what they come to",
    ),
    Known(
        _only_keys_of_tox_uv,
        "the keys that the plugin tox-uv adds are known",
    ),
)
