"""The variables that a project under test starts from: this machine's interpreters, and nobody's settings."""

import os
from collections.abc import Mapping
from pathlib import Path

_KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "LD_LIBRARY_PATH",
)

_INTERPRETER_HOMES = {
    "PYENV_ROOT": ".pyenv",
    "MISE_DATA_DIR": ".local/share/mise",
    "ASDF_DATA_DIR": ".asdf",
    "UV_PYTHON_INSTALL_DIR": ".local/share/uv/python",
}
"""Where interpreters are when the variable does not say, below the home folder."""


def interpreter_variables(outer: Mapping[str, str], home: Path) -> dict[str, str]:
    """Name the folders of installed interpreters, which a private HOME would hide."""
    places = {name: Path(outer.get(name, home / below)) for name, below in _INTERPRETER_HOMES.items()}
    return {name: str(place) for name, place in places.items() if place.is_dir()}


def isolated(outer: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Variables with a home, caches and settings of their own below `folder`, and not in CI."""
    kept = {name: outer[name] for name in _KEPT if name in outer}
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {
        **kept,
        **interpreter_variables(outer, Path.home()),
        "HOME": str(home),
        "RUNNER_CACHE_DIR": str(folder / "cache"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
    }


def online(outer: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Variables with this machine's installer caches and index settings; runner's own cache stays private."""
    settings = {name: value for name, value in outer.items() if name.startswith(("PIP_", "UV_"))}
    kept = {
        name: outer[name] for name in (*_KEPT, "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME") if name in outer
    }
    return {
        **kept,
        **interpreter_variables(outer, Path.home()),
        **settings,
        "RUNNER_CACHE_DIR": str(folder / "cache"),
    }


def environ() -> Mapping[str, str]:
    """The variables that the tests were started with."""
    return os.environ
