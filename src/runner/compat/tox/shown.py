"""An environment as `tox config --format json` shows it."""

from runner.compat.tox.defaults import is_of_script, package_of
from runner.compat.tox.errors import ToxError
from runner.compat.tox.keys import RUN
from runner.compat.tox.scope import Scope
from runner.compat.tox.shape import as_json

_OF_PACKAGING = ("skip_install", "use_develop", "package", "package_env", "wheel_build_env")
_NOT_OF_SCRIPTS = ("deps", "dependency_groups", "extras", "pylock", "extra_setup_commands")
_NEVER = frozenset(("script", "base", *_OF_PACKAGING))
_BUILT_FOR_EACH_PYTHON = frozenset(("wheel", "sdist-wheel", "editable"))
_PEP_517, _BY_COMMANDS = "virtualenv-pep-517", "virtualenv-cmd-builder"


def shown(scope: Scope) -> dict[str, object]:
    """Return tox's keys with values of tox's shapes; a key that cannot be had is {"error": why}."""
    found: dict[str, object] = {**_fixed(scope), "type": "VirtualEnvRunner"}
    for key in _KEYS:
        if not key.fixed or not scope.set_names.isdisjoint(key.names):
            found[key.name] = _value(scope, key.name)
    found["base"] = scope.base
    if is_of_script(scope):
        found = {key: value for key, value in found.items() if key not in _NOT_OF_SCRIPTS}
        found |= {"type": "Pep723Runner", "script": _value(scope, "script")}
    else:
        found |= _packaging(scope)
    unused = sorted(_unused(scope, found))
    if unused:
        found["unused"] = unused
    return found


_KEYS = tuple(key for key in dict.fromkeys(RUN.values()) if key.name not in _NEVER)
_FIXED: dict[str, object] = {}


def _fixed(scope: Scope) -> dict[str, object]:
    """Return what is the same in all environments that do not set it, worked out once."""
    if not _FIXED:
        _FIXED.update((key.name, as_json(key.default(scope))) for key in _KEYS if key.fixed)
    return _FIXED


def _unused(scope: Scope, found: dict[str, object]) -> set[str]:
    """Return the keys in the own section of an environment, or else its base's, that have no use in it."""
    own = (key for section in scope.sections[:1] for key in section.key_names())
    return {key for key in own if key not in scope.known_keys or scope.known_keys[key].name not in found}


def _value(scope: Scope, name: str) -> object:
    try:
        return as_json(scope.load(name))
    except ToxError as error:
        return {"error": str(error)}


def _packaging(scope: Scope) -> dict[str, object]:
    """Return what of packaging tox shows: nothing where there is none."""
    found: dict[str, object] = {}
    if not scope.core.flag("no_package"):
        found["skip_install"] = _value(scope, "skip_install")
    try:
        package = package_of(scope)
    except ToxError as error:
        return {**found, "package": {"error": str(error)}}
    found["package"] = package
    if found.get("skip_install") is False:
        found["use_develop"] = _value(scope, "use_develop")
    if package == "skip":
        return found
    found["package_env"] = _value(scope, "package_env")
    found["package_tox_env_type"] = _BY_COMMANDS if package == "external" else _PEP_517
    if package in _BUILT_FOR_EACH_PYTHON:
        found["wheel_build_env"] = _value(scope, "wheel_build_env")
    return found
