"""Scripts that say themselves what they need: `# /// script` (PEP 723, inline script metadata)."""

import os
import re
from pathlib import Path

from msgspec import Struct

from runner.compat.tox.defaults import version_of
from runner.compat.tox.errors import ToxError
from runner.compat.tox.files import text_of_file
from runner.compat.tox.scope import Scope
from runner.model.toml import TOMLError, parse

_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(?:^#(?:| .*)$\s)*)^# ///$")


class Script(Struct, frozen=True):
    """What a script needs."""

    dependencies: tuple[str, ...] = ()


def script_of(scope: Scope) -> Script:
    """Return what the script of an environment says. Raises ToxError."""
    name = scope.text("script")
    if not name:
        return Script()
    if scope.is_set("base_python"):
        raise ToxError("base_python cannot be set for a script, whose requires-python says it")
    root = scope.core.text("tox_root")
    path = Path(os.path.realpath(os.path.join(root, name)))  # noqa: PTH118 - on text
    if not path.is_relative_to(os.path.realpath(root)):
        raise ToxError(f"script: {name} is outside of the project")
    try:
        text = text_of_file(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ToxError(f"script: {path} cannot be read: {error}") from error
    return _read(text, path, scope)


def _read(text: str, path: Path, scope: Scope) -> Script:
    blocks = [found["content"] for found in _BLOCK.finditer(text) if found["type"] == "script"]
    if not blocks:
        return Script()
    if len(blocks) > 1:
        raise ToxError(f"script: {path} has more than one block of metadata")
    lines = (line.removeprefix("#").removeprefix(" ") for line in blocks[0].splitlines(keepends=True))
    try:
        data = parse("".join(lines))
    except TOMLError as error:
        raise ToxError(f"script: the metadata in {path} is no TOML: {error}") from error
    needed, python = data.get("dependencies", []), data.get("requires-python", "")
    if not isinstance(needed, list) or not all(isinstance(line, str) for line in needed):
        raise ToxError(f"script: dependencies in {path} must be a list of text")
    if python:
        _check_python(str(python), scope)
    return Script(tuple(needed))


def _check_python(wanted: str, scope: Scope) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - few environments have one

    version = "{}.{}".format(*version_of(scope))
    try:
        holds = SpecifierSet(wanted).contains(f"{version}.999") or SpecifierSet(wanted).contains(version)
    except InvalidSpecifier as error:
        raise ToxError(f"script: requires-python {wanted!r} is no specifier of versions") from error
    if not holds:
        raise ToxError(f"script: it requires Python {wanted}, and the environment has {version}")
