"""The tools that are compared: each installed as its users do, in an environment of its own."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.model import BenchmarkError, Python

PEERS: Mapping[str, tuple[str, ...]] = {
    "tox": ("tox",),
    "tox-uv": ("tox", "tox-uv"),
    "nox": ("nox[uv]",),
    "hatch": ("hatch", "uv"),
    "floor": ("virtualenv", "uv"),
}
SHOWN = {
    "runner": ("matrix-runner", "virtualenv", "uv"),
    "tox": ("tox",),
    "tox-uv": ("tox-uv",),
    "nox": ("nox",),
    "hatch": ("hatch",),
}

_PASSED = (
    *("TZ", "TMPDIR", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("PIP_CERT", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"),
    *(f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")),
    *(f"{scheme}_PROXY" for scheme in ("HTTP", "HTTPS", "ALL", "NO")),
)
_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


@dataclass(frozen=True)
class Tools:
    """Installed tools, and the variables that they are started with."""

    folder: Path
    pythons: tuple[Python, ...]
    index: str | None

    def program(self, tool: str, name: str) -> str:
        """Return the path of a program in the tool's environment."""
        return str(self.folder / tool / "bin" / name)

    def environ(self, home: Path) -> dict[str, str]:
        """Return the same variables for every tool; all that it remembers goes below `home`.

        Settings of pip and uv on this machine are left out, but for the index: uv would not know pip's, and
        then not all tools would do the same work.
        """
        passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
        index = {"PIP_INDEX_URL": self.index, "UV_DEFAULT_INDEX": self.index} if self.index else {}
        folders = (*(str(python.folder) for python in reversed(self.pythons)), "/usr/bin", "/bin")
        return {
            "LANG": "C.UTF-8",
            **passed,
            **index,
            "PATH": os.pathsep.join(dict.fromkeys(folders)),
            "HOME": str(home),
            "PIP_CACHE_DIR": str(home / "pip"),
            "UV_CACHE_DIR": str(home / "uv"),
            "RUNNER_CACHE_DIR": str(home / "runner"),
            "VIRTUALENV_OVERRIDE_APP_DATA": str(home / "virtualenv"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "HATCH_ENV_TYPE_VIRTUAL_UV_PATH": self.program("hatch", "uv"),
        }

    def versions(self) -> dict[str, str]:
        """Return the versions of what is compared, by distribution."""
        return {
            name: version
            for tool, names in SHOWN.items()
            for name, version in self._installed(tool).items()
            if name in names
        }

    def runner_reuses(self) -> bool:
        """Tell whether this runner can keep environments."""
        command = [self.program("runner", "runner"), "--help"]
        return "--reuse" in subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def _installed(self, tool: str) -> dict[str, str]:
        command = [self.program(tool, "python"), "-m", "pip", "list", "--format", "json"]
        listed = subprocess.run(
            command, capture_output=True, text=True, check=True, env=self.environ(self.folder)
        )
        return {item["name"]: item["version"] for item in json.loads(listed.stdout)}


def install(folder: Path, source: Path, pythons: tuple[Python, ...], say: Callable[[str], None]) -> Tools:
    """Install runner from `source` and the peers from the index, those that are there already excepted."""
    tools = Tools(folder=folder, pythons=pythons, index=_index())
    for name, requirements in PEERS.items():
        if not (folder / name / "complete").is_file():
            say(f"installing {' '.join(requirements)}")
            _install(tools, name, requirements)
    say("installing runner")
    _install(tools, "runner", (str(source),))
    return tools


def _install(tools: Tools, name: str, requirements: tuple[str, ...]) -> None:
    """Install as a user's pip would: from wheels, with bytecode."""
    folder = tools.folder / name
    venv.create(folder, clear=True, with_pip=True)
    command = [tools.program(name, "python"), "-m", "pip", "install", "--quiet", *requirements]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=tools.environ(tools.folder / "home")
    )
    if done.returncode:
        raise BenchmarkError(f"cannot install {' '.join(requirements)}:\n{done.stderr}")
    (folder / "complete").touch()


def _index() -> str | None:
    """Return the index that this machine is set up for; None for the installers' own default."""
    told = next((os.environ[name] for name in _INDEX if os.environ.get(name)), None)
    if told:
        return told
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None
