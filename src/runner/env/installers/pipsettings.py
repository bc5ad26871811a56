"""pip's own settings: its environment variables and its config files."""

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from runner.model.errors import CellError

SETTINGS = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "proxy")
_SECTIONS = ("global", "install")
_OFF = ("", "0", "false", "no", "off", "n", "f")


def pip_settings(environ: Mapping[str, str], global_files: tuple[Path, ...] | None = None) -> dict[str, str]:
    """Return pip's settings about indexes, by their long option's name, as texts.

    Files come first: all users', the user's, then that of PIP_CONFIG_FILE (which replaces the user's, and
    all of them when it names the null device); the variables beat them. Raises CellError.
    """
    found = file_settings(environ, global_files)
    said = {name: environ.get(variable(name)) or found.get(name) for name in SETTINGS}
    return {name: value for name, value in said.items() if value}


def file_settings(environ: Mapping[str, str], global_files: tuple[Path, ...] | None = None) -> dict[str, str]:
    """Return all that pip's config files set for `pip install`, by name, as texts. Raises CellError.

    What is said of `install` beats what is said of all commands, in whichever file it stands.
    """
    files = _files(environ, _global_files(environ) if global_files is None else global_files)
    parsers = [_parsed(file) for file in files]
    return {
        name.lower().replace("_", "-").removeprefix("--"): value
        for section in _SECTIONS
        for parser in parsers
        if parser.has_section(section)
        for name, value in parser.items(section)
        if value
    }


def variable(setting: str) -> str:
    """Return the name of the environment variable for one of pip's settings."""
    return f"PIP_{setting.upper().replace('-', '_')}"


def is_on(value: str) -> bool:
    """Return whether pip takes the text of a flag as true."""
    return value.strip().lower() not in _OFF


def _files(environ: Mapping[str, str], global_files: tuple[Path, ...]) -> tuple[Path, ...]:
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return ()
    if named and Path(named).exists():
        return (*global_files, Path(named))
    return (*global_files, *_user_files(environ))


def _global_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    if sys.platform == "win32":
        return (Path(environ.get("PROGRAMDATA", "C:/ProgramData")) / "pip" / "pip.ini",)
    folders = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    if sys.platform == "darwin":
        folders = "/Library/Application Support"
    return (
        *(Path(folder) / "pip" / "pip.conf" for folder in folders.split(os.pathsep)),
        Path("/etc/pip.conf"),
    )


def _user_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "win32":
        data = Path(environ.get("APPDATA") or home / "AppData/Roaming")
        return (home / "pip" / "pip.ini", data / "pip" / "pip.ini")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    support = home / "Library/Application Support/pip"
    if sys.platform == "darwin" and support.is_dir():
        return (home / ".pip" / "pip.conf", support / "pip.conf")
    return (home / ".pip" / "pip.conf", config / "pip" / "pip.conf")


def _parsed(file: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, "utf-8")
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise CellError("lock", f"pip's settings in {file} cannot be read: {error}") from error
    return parser
