"""How uv is asked for a lock: its arguments, the files that it reads, and its words about them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from runner.env.environ import plain
from runner.env.folders import write_whole
from runner.env.installers.helper import InstallerError
from runner.env.installers.uvconfig import UvConfig
from runner.env.locks.key import interpreter_of, short_version
from runner.env.requirements.credentials import hidden
from runner.env.requirements.stubs import stub_line
from runner.env.requirements.wanted import Wanted
from runner.model.plan import EnvSpec

COMMON = ("--no-python-downloads", "--no-progress", "--color", "never")
"""Arguments that every uv gets."""


class Resolving(Struct, frozen=True, kw_only=True):
    """How to resolve.

    Versions in `preferred`, the text of an older lock, stay where they can, but for those of the packages to
    `upgrade`. `offline`: with what uv's cache holds. `portable`: for every patch release of the Python.
    `refresh`: what uv remembers of indexes is asked for anew.
    """

    preferred: str = ""
    upgrade: tuple[str, ...] = ()
    offline: bool = False
    portable: bool = False
    refresh: bool = False


class Resolved(Struct, frozen=True):
    """The text of a lock, its paths absolute and without the project's own entry; and lines about it."""

    text: str
    notes: tuple[str, ...]


def compile_arguments(
    spec: EnvSpec, want: Wanted, resolving: Resolving, config: UvConfig, folder: Path
) -> tuple[str, ...]:
    """Write what uv reads into `folder`, and return the arguments to write pylock.toml there."""
    output = folder / "pylock.toml"
    if resolving.preferred:
        write_whole(output, resolving.preferred)
    return (
        *("pip", "compile", "--format", "pylock.toml", "--no-header", *COMMON),
        *_of_spec(spec, want),
        *_constraining(spec, want, folder),
        *_of_resolving(spec, resolving, config),
        *("-o", str(output), *_requirements(want, folder)),
    )


def overruling(spec: EnvSpec, config: UvConfig) -> tuple[str, ...]:
    """Return options that overrule a Python in the settings for `uv pip`: a cell has its own."""
    return ("--python-version", interpreter_of(spec).version) if "python-version" in config.pip else ()


def without_folder(message: str, folder: Path, spec: EnvSpec) -> str:
    """Leave our own folder out of what uv says of the files that we wrote there."""
    for path in (str(folder), os.path.relpath(folder, spec.root)):
        message = message.replace(f"{path}{os.sep}", "")
    return message


def explained(error: InstallerError, spec: EnvSpec, resolving: Resolving, folder: Path) -> str:
    """Return why there are no pins, in words that name lines of the config and who fixed a version."""
    lines = [_with_lines(without_folder(error.message, folder, spec), folder), *_fixed_in(error.words, spec)]
    if resolving.offline:
        lines.append("with --offline uv has only what is in its cache: run once without --offline")
    return "\n".join(lines)


def warnings_in(stderr: str, folder: Path, spec: EnvSpec) -> tuple[str, ...]:
    """Return uv's warnings, with the indented lines that belong to them."""
    said = without_folder(hidden(plain(stderr)), folder, spec)
    return tuple(re.findall(r"(?m)^warning:.*(?:\n[ \t].*)*", said))


def _of_spec(spec: EnvSpec, want: Wanted) -> Iterator[str]:
    yield from ("--python", interpreter_of(spec).executable, "--resolution", spec.resolution)
    if want.alone:
        yield "--no-deps"
    if want.prerelease:
        yield from ("--prerelease", "allow")
    if spec.exclude_newer is not None:
        yield from ("--exclude-newer", spec.exclude_newer)


def _constraining(spec: EnvSpec, want: Wanted, folder: Path) -> Iterator[str]:
    """Yield what bounds the versions: constraints, and what is there already and stays out of the lock."""
    itself = want.project.name if want.project else ""
    fixed = [each for each in spec.fixed if each.name != itself]
    for name in (*filter(None, (itself,)), *(each.name for each in fixed)):
        yield from ("--no-emit-package", name)
    lines = (*want.constraints, *(stub_line(each, folder) for each in fixed if each.version))
    if lines:
        write_whole(folder / "constraints.in", _text(lines))
        yield from ("--constraints", str(folder / "constraints.in"))
    for file in want.constraint_files:
        yield from ("--constraints", file)


def _of_resolving(spec: EnvSpec, resolving: Resolving, config: UvConfig) -> Iterator[str]:
    for name in resolving.upgrade:
        yield from ("--upgrade-package", name)
    if resolving.offline:
        yield "--offline"
    elif resolving.refresh:
        yield "--refresh"
    if "universal" in config.pip:
        yield "--no-universal"
    if resolving.portable:
        yield from ("--python-version", short_version(interpreter_of(spec).version))
    else:
        yield from overruling(spec, config)


def _requirements(want: Wanted, folder: Path) -> tuple[str, ...]:
    """Write the requirements into `folder`, and return all files that hold some."""
    file = folder / "requirements.in"
    write_whole(file, _text((*want.lines, *((want.project.line,) if want.project else ()))))
    return (str(file), *want.files)


def _fixed_in(words: str, spec: EnvSpec) -> Iterator[str]:
    """Say who decided the versions of distributions that uv speaks of."""
    for fixed in spec.fixed:
        if re.search(rf"\b{re.escape(fixed.name)}(?![\w-])", words):
            yield f"{fixed.name} is fixed{f' at {fixed.version}' * bool(fixed.version)} by {fixed.by}"


def _with_lines(message: str, folder: Path) -> str:
    """Quote lines of the files that we wrote instead of their numbers."""

    def line(match: re.Match[str]) -> str:
        text = (folder / match[1]).read_text(encoding="utf-8").splitlines()[int(match[2]) - 1]
        return f"`{hidden(text)}`"

    return re.sub(r"\b((?:requirements|constraints)\.in):(\d+):\d+", line, message)


def _text(lines: tuple[str, ...]) -> str:
    return "".join(f"{line}\n" for line in lines)
