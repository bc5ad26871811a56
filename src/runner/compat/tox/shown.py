"""An environment as `tox config --format json` shows it."""

from runner.compat.tox.errors import ToxError
from runner.compat.tox.keys import has_project, package_of
from runner.compat.tox.scope import Scope
from runner.compat.tox.shape import as_json

_OF_PACKAGING = ("skip_install", "use_develop", "package", "package_env", "wheel_build_env")
_NEVER = frozenset(("script", "base", *_OF_PACKAGING))
_BUILT_FOR_EACH_PYTHON = frozenset(("wheel", "sdist-wheel", "editable"))
_PEP_517, _BY_COMMANDS = "virtualenv-pep-517", "virtualenv-cmd-builder"


def shown(scope: Scope) -> dict[str, object]:
    """Return tox's keys with values of tox's shapes; a key that cannot be had is {"error": why}."""
    found: dict[str, object] = {"type": "VirtualEnvRunner"}
    for key in dict.fromkeys(scope.known_keys.values()):
        if key.name not in _NEVER:
            found[key.name] = _value(scope, key.name)
    found["base"] = list(scope.base)
    found.update(_packaging(scope))
    unused = sorted(unknown_keys(scope))
    if unused:
        found["unused"] = unused
    return found


def unknown_keys(scope: Scope) -> set[str]:
    """Return the keys in the own section of an environment, or else its base's, that mean nothing."""
    own = scope.sections[:1]
    return {key for section in own for key in section.key_names() if key not in scope.known_keys}


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
    if "skip_install" in found and not found["skip_install"] and has_project(scope):
        found["use_develop"] = _value(scope, "use_develop")
    if package == "skip":
        return found
    found["package_env"] = _value(scope, "package_env")
    found["package_tox_env_type"] = _BY_COMMANDS if package == "external" else _PEP_517
    if package in _BUILT_FOR_EACH_PYTHON:
        found["wheel_build_env"] = _value(scope, "wheel_build_env")
    return found
