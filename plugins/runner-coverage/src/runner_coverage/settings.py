"""The user's own coverage settings, and what the cells are told of them."""

import re
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import coverage
from coverage.exceptions import CoverageException

from runner_coverage.sources import Sources, chosen_sources, guessed_sources

_FILES = (
    (".coveragerc", r""),
    (".coveragerc.toml", r""),
    ("setup.cfg", r"(?m)^\[coverage:"),
    ("tox.ini", r"(?m)^\[coverage:"),
    ("pyproject.toml", r"(?m)^\s*\[\s*tool\s*\.\s*coverage\b"),
)
"""Where coverage looks, in its order, and how it knows that a file of others is meant for it."""

_TAKEN_OVER = (
    "branch",
    "concurrency",
    "core",
    "cover_pylib",
    "dynamic_context",
    "plugins",
    "sigterm",
    "timid",
)
_UNTOLD = (
    "already-imported",
    "include-ignored",
    "module-not-imported",
    "module-not-measured",
    "module-not-python",
    "no-data-collected",
)
"""Warnings that say nothing where many processes each run a part of the code."""


class SettingsError(Exception):
    """The user's coverage settings cannot be read; the text says why."""


class Settings(NamedTuple):
    """The user's settings: the file (None: there is none), what is measured, and what is left out of it.

    `data_file` is where a `coverage run` of the user's own writes.
    """

    file: Path | None
    data_file: str
    sources: Sources
    include: tuple[str, ...]
    omit: tuple[str, ...]
    run: dict[str, object]


def find_file(root: Path) -> Path | None:
    """Return the file that holds the project's coverage settings."""
    for name, mark in _FILES:
        file = root / name
        if file.is_file() and re.search(mark, file.read_text("utf-8", errors="replace")):
            return file
    return None


def read_settings(root: Path) -> Settings:
    """Read the project's coverage settings. Raises SettingsError."""
    file = find_file(root)
    known = _known(file)
    source = _texts(known, "source") + _texts(known, "source_dirs")
    names = _texts(known, "source_pkgs")
    include = _texts(known, "include")
    sources = chosen_sources(root, source, names)
    if not source and not names:
        sources = Sources(strict=False) if include else guessed_sources(root)
    run: dict[str, object] = {option: known.get_option(f"run:{option}") for option in _TAKEN_OVER}
    run["patch"] = [name for name in _texts(known, "patch") if name != "subprocess"]  # those are measured
    run["disable_warnings"] = sorted({*_texts(known, "disable_warnings"), *_UNTOLD})
    return Settings(
        file, str(known.get_option("run:data_file")), sources, include, _texts(known, "omit"), run
    )


def for_cells(settings: Settings) -> str:
    """Return the file that the processes of cells read: paths in it start at the cell's own root."""
    run: dict[str, object] = {
        **settings.run,
        "source": [_below_root(folder) for folder in settings.sources.folders],
        "source_pkgs": list(settings.sources.names),
        "include": [_below_root(pattern) for pattern in settings.include],
        "omit": [_below_root(pattern) for pattern in settings.omit],
    }
    lines = (f"{option} = {text}" for option, value in run.items() if (text := _written(value)))
    fixed = ("[run]", "parallel = true", "context = ${RUNNER_CELL}")
    return "\n".join((*fixed, *lines, *_of_plugins(settings), ""))


def _of_plugins(settings: Settings) -> Iterator[str]:
    """Yield the sections of coverage's own plugins, such as django_coverage_plugin."""
    known = _known(settings.file)
    for plugin in _texts(known, "plugins"):
        yield f"[{plugin}]"
        for option, value in known.config.get_plugin_options(plugin).items():
            text = _literal(_written(value).lstrip("\n"))
            yield f"{option} = " + textwrap.indent(text, "    ").lstrip()


def _known(file: Path | None) -> coverage.Coverage:
    """Return coverage as a file sets it up. What it warns of is told at the end, when it reports."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return coverage.Coverage(data_file=None, config_file=str(file) if file else False)
    except (CoverageException, OSError) as error:
        raise SettingsError(str(error)) from error


def _texts(known: coverage.Coverage, option: str) -> tuple[str, ...]:
    value = known.get_option(f"run:{option}")
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _below_root(path: str) -> str:
    if path.startswith(("*", "?")) or Path(path).is_absolute() or re.match(r"[A-Za-z]:[\\/]", path):
        return _literal(path)
    inner = str(PurePosixPath(path))
    return "${RUNNER_ROOT}" if inner == "." else f"${{RUNNER_ROOT}}/{_literal(inner)}"


def _literal(text: str) -> str:
    return text.replace("$", "$$")


def _written(value: object) -> str:
    """Return a value as such files hold it; empty for one that is not set."""
    if isinstance(value, list):
        return "".join(f"\n    {item}" for item in value)
    return "" if value is None or value is False else str(value).lower() if value is True else str(value)
