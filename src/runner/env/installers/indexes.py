"""Where uv looks for packages: its own settings, or pip's translated when it has none."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from runner.env.installers.pipsettings import is_on, pip_settings
from runner.env.installers.uvsettings import UvFile, uv_files
from runner.env.requirements.index import Index
from runner.env.requirements.local import of_home

_UV_VARIABLES = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_OF_PLACES = (*_UV_VARIABLES, "UV_CONFIG_FILE", "UV_INDEX_STRATEGY", "UV_NO_INDEX")
_INDEXES = frozenset(("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS"))
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
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
    if any(environ.get(name) for name in _UV_VARIABLES):
        return Translation()
    if any(_says_indexes(file) for file in uv_files(environ, root)):
        return Translation()
    pip = pip_settings(environ, global_files)
    variables = _network(pip, environ)
    none = is_on(pip.get("no-index", ""))
    if not none:
        if default := _existing(pip.get("index-url", ""), root):
            variables["UV_DEFAULT_INDEX"] = default[0]
        if extra := _existing(pip.get("extra-index-url", ""), root):
            variables["UV_INDEX"] = " ".join(extra)
    if links := _existing(pip.get("find-links", ""), root):
        variables["UV_FIND_LINKS"] = ",".join(links)
    if _INDEXES & variables.keys() and not environ.get("UV_INDEX_STRATEGY"):
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    arguments = ("--no-index",) if none else ()
    return Translation(variables, arguments, tuple(sorted(pip)) if variables or arguments else ())


def _network(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """How to reach an index, where the environment does not say it."""
    variables = {}
    if (hosts := pip.get("trusted-host")) and not environ.get("UV_INSECURE_HOST"):
        variables["UV_INSECURE_HOST"] = " ".join(hosts.split())
    if (cert := pip.get("cert")) and not environ.get("SSL_CERT_FILE"):
        variables["SSL_CERT_FILE"] = cert
    if (proxy := pip.get("proxy")) and not any(environ.get(name) for name in _PROXIES):
        variables["ALL_PROXY"] = proxy
    return variables


def _existing(text: str, root: Path) -> list[str]:
    """The places that a setting names, less the folders that are not there."""
    places = []
    for word in text.split():
        path = _folder(word)
        if path is None:
            places.append(word)
        elif (root / path).exists():
            places.append((root / path).as_uri())
    return places


def _folder(word: str) -> Path | None:
    """Return the path that a place is, None for an address; also for one that uv will refuse."""
    try:
        parts = urlsplit(word)
    except ValueError:
        return None
    if parts.scheme:
        return Path(unquote(parts.path)) if parts.scheme == "file" else None
    return of_home(word)


def _says_indexes(file: UvFile) -> bool:
    return bool(_UV_KEYS & (file.table.keys() | file.pip.keys()))


def with_indexes(environ: Mapping[str, str], only: Index | None, first: tuple[Index, ...]) -> dict[str, str]:
    """Return variables with which uv looks nowhere but into `only`, or into those of `first` before others.

    With `only`, it reads no files of settings, which may name others.
    """
    if only is not None:
        others = {name: value for name, value in environ.items() if name not in _OF_PLACES}
        return _trusting({**others, "UV_DEFAULT_INDEX": only.url, "UV_NO_CONFIG": "1"}, (only,))
    if not first:
        return dict(environ)
    places = (*(index.url for index in first), *environ.get("UV_INDEX", "").split())
    return _trusting({**environ, "UV_INDEX": " ".join(places)}, first)


def with_own_indexes(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return variables with which uv looks where those in `own` and its settings say, and nowhere else."""
    others = {name: value for name, value in environ.items() if name not in _OF_PLACES}
    return others | {name: own[name] for name in _OF_PLACES if name in own}


def _trusting(environ: Mapping[str, str], indexes: tuple[Index, ...]) -> dict[str, str]:
    hosts = [*environ.get("UV_INSECURE_HOST", "").split(), *(i.host for i in indexes if not i.verified)]
    return {**environ, "UV_INSECURE_HOST": " ".join(hosts)} if hosts else dict(environ)
