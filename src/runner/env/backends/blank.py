"""Blanks: what a bare environment consists of, so that the next one is written without its maker.

Importing virtualenv and making one environment takes longer than the rest of a start. Two that it makes
for one interpreter differ in nothing but their path; where they do, there is no blank.
"""

import os
import re
import shlex
import stat
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from runner.env.folders import MARKER
from runner.model.environment import Environment
from runner.model.plan import EnvSpec
from runner.model.python import Interpreter

_HERE = "\0"
"""Stands for the environment's own path: no path and no script has such a character."""

_VERSION = re.compile(r"^(?:__version__ *= *)?version *= *['\"]([^'\"]+)", re.MULTILINE)

_MOST_BYTES = 256 * 1024
"""Where files are bigger, links are not possible and the interpreter was copied: copying is virtualenv's."""


class Key(Struct, frozen=True):
    """All that a bare environment follows from but for its path. `maker` is virtualenv's version."""

    maker: str
    activators: str
    host: str
    interpreter: Interpreter
    system_site_packages: bool


class Blank(Struct, frozen=True):
    """What a bare environment consists of: its own path is left open, and all others are relative to it.

    A file has its path, its text, and whether it is executable; a link its path and its target.
    """

    key: Key
    folders: tuple[str, ...]
    files: tuple[tuple[str, str, bool], ...]
    links: tuple[tuple[str, str], ...]
    environment: Environment


def key_of(spec: EnvSpec, activators: str) -> Key | None:
    """Return the key of an environment for `spec`; None where there can be no blank."""
    maker = virtualenv_version()
    if maker is None or spec.interpreter is None:
        return None
    return Key(maker, activators, sys.executable, spec.interpreter, spec.system_site_packages)


def fits(folder: Path) -> bool:
    """Return whether scripts can name the folder as it is, without any quoting."""
    return shlex.quote(str(folder)) == str(folder)


def read(key: Key, folder: Path, environment: Environment) -> Blank | None:
    """Return the blank of the new environment in `folder`; None when it cannot be one."""
    folders, files, links = [], [], []
    own = str(folder)
    for parent, names, others in os.walk(folder):
        for name in sorted((*names, *others)):
            path = os.path.join(parent, name)  # noqa: PTH118 - compared as text
            inside = os.path.relpath(path, folder)
            mode = os.lstat(path).st_mode
            if inside == MARKER:
                continue
            if stat.S_ISLNK(mode):
                links.append((inside, os.readlink(path).replace(own, _HERE)))  # noqa: PTH115 - text
            elif stat.S_ISDIR(mode):
                folders.append(inside)
            else:
                text = _text(path)
                if text is None:
                    return None
                files.append((inside, text.replace(own, _HERE), bool(mode & stat.S_IXUSR)))
    return Blank(key, tuple(folders), tuple(files), tuple(links), _moved(environment, own, _HERE))


def write(blank: Blank, folder: Path) -> Environment:
    """Write the environment into `folder`, new or empty. Raises OSError."""
    own = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for inside in blank.folders:
        os.mkdir(f"{own}/{inside}")  # noqa: PTH102 - a dozen times for each environment
    for inside, target in blank.links:
        os.symlink(target.replace(_HERE, own), f"{own}/{inside}")  # noqa: PTH211 - as above
    for inside, text, executable in blank.files:
        with open(f"{own}/{inside}", "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - as above
            file.write(text.replace(_HERE, own))
            if executable:
                os.fchmod(file.fileno(), os.fstat(file.fileno()).st_mode | 0o111)
    return _moved(blank.environment, _HERE, own)


def _text(path: str) -> str | None:
    """The text of a file; None when it is none, or too big for one."""
    content = Path(path).read_bytes()
    if len(content) > _MOST_BYTES or _HERE.encode() in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _moved(environment: Environment, old: str, new: str) -> Environment:
    return Environment(
        python=environment.python.replace(old, new),
        programs=tuple(program.replace(old, new) for program in environment.programs),
        variables={name: value.replace(old, new) for name, value in environment.variables.items()},
        folder=environment.folder and environment.folder.replace(old, new),
        site=environment.site and environment.site.replace(old, new),
    )


@cache
def virtualenv_version() -> str | None:
    """Return what virtualenv's own version file says, read without importing it; None if it does not."""
    found = find_spec("virtualenv")
    if found is None or found.origin is None:
        return None
    try:
        text = (Path(found.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return None
    said = _VERSION.search(text)
    return said[1] if said else None
