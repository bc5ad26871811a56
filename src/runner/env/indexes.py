"""Where uv looks for packages: its own settings, or pip's translated when it has none."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from runner.env.pipsettings import is_on, pip_settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_UV_VARIABLES = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_UV_KEYS = frozenset(("index", "index-url", "extra-index-url", "find-links", "no-index"))


class Translation(Struct, frozen=True):
    """Variables and arguments that make uv look where pip looks, and pip's settings that they stand for."""

    variables: dict[str, str] = {}
    arguments: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


def translated(
    environ: Mapping[str, str], root: Path, global_files: tuple[Path, ...] | None = None
) -> Translation:
    """Translate pip's index settings for uv, unless uv has such settings itself. Raises CellError.

    As pip does, indexes and folders that are not there are left out, and the best version of all counts.
    """
    if any(environ.get(name) for name in _UV_VARIABLES) or _uv_files_say(environ, root):
        return Translation()
    pip = pip_settings(environ, global_files)
    variables: dict[str, str] = {}
    none = is_on(pip.get("no-index", ""))
    if not none:
        if default := _existing(pip.get("index-url", ""), root):
            variables["UV_DEFAULT_INDEX"] = default[0]
        if extra := _existing(pip.get("extra-index-url", ""), root):
            variables["UV_INDEX"] = " ".join(extra)
    if links := _existing(pip.get("find-links", ""), root):
        variables["UV_FIND_LINKS"] = ",".join(links)
    if variables and not environ.get("UV_INDEX_STRATEGY"):
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if (hosts := pip.get("trusted-host")) and not environ.get("UV_INSECURE_HOST"):
        variables["UV_INSECURE_HOST"] = " ".join(hosts.split())
    if (cert := pip.get("cert")) and not environ.get("SSL_CERT_FILE"):
        variables["SSL_CERT_FILE"] = cert
    arguments = ("--no-index",) if none else ()
    return Translation(variables, arguments, tuple(sorted(pip)) if variables or arguments else ())


def _existing(text: str, root: Path) -> list[str]:
    """The places that a setting names, less the folders that are not there."""
    places = []
    for word in text.split():
        parts = urlsplit(word)
        if parts.scheme in ("", "file"):
            path = root / (Path(unquote(parts.path)) if parts.scheme else Path(word).expanduser())
            if path.exists():
                places.append(path.as_uri())
        else:
            places.append(word)
    return places


def _uv_files_say(environ: Mapping[str, str], root: Path) -> bool:
    if is_on(environ.get("UV_NO_CONFIG", "")):
        return False
    if environ.get("UV_CONFIG_FILE"):
        return _says_indexes(Path(environ["UV_CONFIG_FILE"]), ())
    config = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or Path.home()) / ".config")
    users = (config / "uv" / "uv.toml", Path("/etc/uv/uv.toml"))
    return any(_says_indexes(file, ()) for file in users) or _project_says(root)


def _project_says(root: Path) -> bool:
    """Whether the nearest uv.toml or [tool.uv], upwards from `root`, names indexes: uv reads one only."""
    for folder in (root, *root.parents):
        if (folder / "uv.toml").is_file():
            return _says_indexes(folder / "uv.toml", ())
        if toml_table(folder / "pyproject.toml", ("tool", "uv")) is not None:
            return _says_indexes(folder / "pyproject.toml", ("tool", "uv"))
    return False


def _says_indexes(file: Path, keys: tuple[str, ...]) -> bool:
    table = toml_table(file, keys) or {}
    pip = table.get("pip", {})
    return bool(_UV_KEYS & table.keys()) or (isinstance(pip, dict) and bool(_UV_KEYS & pip.keys()))


def toml_table(file: Path, keys: tuple[str, ...]) -> dict[str, object] | None:
    """The table at `keys` of a TOML file, None when there is none; what cannot be read, uv reports itself."""
    table: object = None
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None
