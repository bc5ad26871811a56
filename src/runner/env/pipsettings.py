"""pip's own settings: its environment variables and its config files."""

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from runner.model.errors import CellError

SETTINGS = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert")
_SECTIONS = ("global", "install")
_OFF = ("", "0", "false", "no", "off", "n", "f")


def pip_settings(environ: Mapping[str, str], global_files: tuple[Path, ...] | None = None) -> dict[str, str]:
    """Return pip's settings about indexes, by their long option's name, as texts.

    Files come first: all users', the user's, then that of PIP_CONFIG_FILE (which replaces the user's, and
    all of them when it names the null device); the variables beat them. Raises CellError.
    """
    found: dict[str, str] = {}
    for file in _files(environ, _global_files(environ) if global_files is None else global_files):
        found |= _read(file)
    for name in SETTINGS:
        value = environ.get(f"PIP_{name.upper().replace('-', '_')}")
        if value:
            found[name] = value
    return found


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


def _read(file: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, "utf-8")
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise CellError("lock", f"pip's settings in {file} cannot be read: {error}") from error
    found = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            for name, value in parser.items(section):
                key = name.lower().replace("_", "-").removeprefix("--")
                if key in SETTINGS and value:
                    found[key] = value
    return found
