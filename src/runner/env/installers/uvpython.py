"""Pythons that uv downloads."""

from collections.abc import Callable, Mapping
from pathlib import Path

from runner.env.environ import installer_environ
from runner.env.installers.helper import InstallerError, run_installer
from runner.env.installers.uv import find_uv
from runner.env.interpreters.candidates import manager_roots
from runner.env.interpreters.words import ways_to_get
from runner.model.errors import CellError
from runner.model.ports import Processes, Stop
from runner.model.python import PythonSpec, dotted

_OPTIONS = ("--no-bin", "--no-registry", "--no-progress", "--color", "never")
"""uv puts the Python into its own folder, and no link or entry to it elsewhere."""

_WAIT = {"UV_LOCK_TIMEOUT": "3600"}
"""Seconds that a uv waits for another: as long as several downloads may take."""

_BY_HAND = 'build it and name its path, as in python = "/path/to/python"'
_NO_BUILD = "No download found"
_BEGUN = "Failed to install"
_MIRRORS = {
    "cpython": "UV_PYTHON_INSTALL_MIRROR, or python-install-mirror in uv.toml,",
    "pypy": "UV_PYPY_INSTALL_MIRROR, or pypy-install-mirror in uv.toml,",
}


class UvPythons:
    """Installs Pythons into the folder in which uv keeps its own, with uv's settings.

    Other uvs wait meanwhile, as uv locks that folder. `offline` forbids it; with `only_say` the error says
    that it would be done. `notify` takes a line for people.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        root: Path,
        processes: Processes,
        notify: Callable[[str], None],
        offline: bool,
        only_say: bool,
    ) -> None:
        self._environ = _WAIT | installer_environ(environ) | {"UV_NO_WRAP": "1"}
        self._folder = manager_roots(environ)["uv"]
        self._outer = environ
        self._root = root
        self._processes = processes
        self._notify = notify
        self._offline = offline
        self._only_say = only_say

    def install(self, spec: PythonSpec, stop: Stop) -> None:
        """Install the Python that a request for a version asks for. Raises CellError and Cancelled."""
        missing = f"Python {spec.text} is not installed"
        if self._offline:
            raise CellError("python", f"{missing}, and --offline forbids its download: run once without")
        if self._only_say:
            raise CellError("python", f"{missing}: uv is asked for it, and downloads it if it has a build")
        self._notify(f"{missing}: uv downloads it into {self._folder}")
        try:
            run_installer(
                self._processes,
                (
                    *(find_uv(self._environ, "python"), "python", "install", *_OPTIONS),
                    *("--install-dir", str(self._folder), _request(spec)),
                ),
                cwd=str(self._root),
                env=self._environ,
                stop=stop,
                phase="python",
                task=f"download Python {spec.text}",
            )
        except InstallerError as error:
            raise CellError("python", self._explained(error, spec)) from error

    def _explained(self, error: InstallerError, spec: PythonSpec) -> str:
        if _NO_BUILD in error.words:
            why = error.words.splitlines()[0].removeprefix("error: ")
            ways = " or ".join((*ways_to_get(spec, self._outer), _BY_HAND))
            first = f"Python {spec.text} is not installed, and uv has no build of it: {why}"
            return f"{first}\nto get it: {ways}"
        if _BEGUN in error.words and (error.unreachable or error.gone):
            return f"{error.message}\n{_MIRRORS[spec.implementation]} names another place to download from"
        return error.message


def _request(spec: PythonSpec) -> str:
    """Return a request in the words of uv: `cpython@3.13t`."""
    return f"{spec.implementation}@{dotted(spec.version)}{'t' * spec.free_threaded}"
