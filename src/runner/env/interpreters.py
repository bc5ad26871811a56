"""Finding the interpreter that a cell asks for; each is asked about itself once in a run."""

import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from msgspec import Struct
from python_discovery import PythonInfo
from virtualenv.app_data import make_app_data

from runner.env.candidates import (
    SYSTEM_ROOTS,
    Candidate,
    Install,
    all_installed,
    installed,
    manager_roots,
    on_path,
    path_folders,
    versions,
)
from runner.env.environ import interpreter_environ, silence_libraries
from runner.env.once import Once
from runner.env.tags import wheel_tags
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter, PythonSpec
from runner.model.results import Exited

OLDEST = (3, 6)
_ASK_SOABI = "import sysconfig; print('\\nSOABI=%s' % (sysconfig.get_config_var('SOABI') or ''))"
_SOABI = re.compile(r"^SOABI=(?P<soabi>\S*)$", re.MULTILINE)
"""The line of the answer: what a site customization prints may stand around it."""

_ASK_SECONDS = 30.0


class _Found(Struct, frozen=True):
    """An interpreter as python-discovery describes it."""

    executable: str
    implementation: str
    version: tuple[int, int, int]
    final: bool
    free_threaded: bool
    debug: bool
    text: str
    sys_version: str
    platform: str


class Interpreters:
    """The Pythons of this machine, as one run sees them.

    `cache` is the folder in which virtualenv keeps what it knows of interpreters; python-discovery shares
    it, so that neither asks again. `missing` says whether a cell without its Python is skipped.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        root: Path,
        cache: Path,
        processes: Processes,
        missing: Literal["error", "skip"],
        system_roots: tuple[str, ...] = SYSTEM_ROOTS,
    ) -> None:
        self._environ = environ
        self._clean = interpreter_environ(environ)
        self._root = root
        self._processes = processes
        self._missing = missing
        self._system_roots = system_roots
        silence_libraries()
        self._app_data = make_app_data(str(cache), read_only=False, env=self._clean)
        self._asked: Once[str, _Found | None] = Once()
        self._answers: Once[PythonSpec, Interpreter] = Once()
        self._identities: Once[str, Interpreter] = Once()

    def find(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        """Return the interpreter for a request. Raises CellError when there is none."""
        return self._answers.get(spec, lambda: self._find(spec, stop), stop)

    def close(self) -> None:
        """Drop what was kept for this run only."""
        self._app_data.close()

    @cached_property
    def _installs(self) -> tuple[Install, ...]:
        return all_installed(self._environ, self._system_roots)

    def _find(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        found = self._at_path(spec.path, stop) if spec.path is not None else self._of_version(spec, stop)
        return self._identities.get(found.executable, lambda: self._identified(found, stop), stop)

    def _at_path(self, path: str, stop: Stop) -> _Found:
        file = self._root / Path(path).expanduser()
        if not os.path.exists(file):  # noqa: PTH110 - Path.exists raises in a locked folder
            raise CellError("python", f"there is no Python at {file}", skip=self._missing == "skip")
        found = self._ask(str(file), stop)
        if found is None:
            hint = f"it must be a working Python {_dotted(OLDEST)} or newer"
            raise CellError("python", f"{file} does not answer as a Python: {hint}")
        return found

    def _of_version(self, spec: PythonSpec, stop: Stop) -> _Found:
        if spec.version[:2] < OLDEST:
            why = f"virtualenv and uv serve Python {_dotted(OLDEST)} and newer"
            raise CellError("python", f"Python {spec.text} cannot be used: {why}")
        before = None
        for candidate in on_path(spec, self._environ):
            found = self._ask(candidate.real, stop)
            if found is not None and _suits(found, spec):
                if found.final:
                    return found
                before = before or found
        newest = self._newest(spec, stop)
        if newest is not None and (newest.final or before is None):
            return newest
        if before is not None:
            return before
        raise CellError("python", self._explain(spec), skip=self._missing == "skip")

    def _newest(self, spec: PythonSpec, stop: Stop) -> _Found | None:
        """The newest that is installed, a final release first; only those are asked that could be it."""
        best: _Found | None = None
        candidates = installed(spec, self._installs)
        for candidate in sorted(candidates, key=_promise, reverse=True):
            if best is None or _promise(candidate) > (best.final, best.version):
                found = self._ask(candidate.real, stop)
                if found is not None and _suits(found, spec):
                    best = max(best or found, found, key=lambda each: (each.final, each.version))
        return best

    def _ask(self, executable: str, stop: Stop) -> _Found | None:
        return self._asked.get(executable, lambda: self._discover(executable), stop)

    def _discover(self, executable: str) -> _Found | None:
        info = PythonInfo.from_exe(executable, self._app_data, raise_on_error=False, env=self._clean)
        if info is None:
            return None
        major, minor, micro, level, _serial = info.version_info
        return _Found(
            executable=os.path.realpath(info.system_exe),
            implementation=info.implementation.lower(),
            version=(major, minor, micro),
            final=level == "final",
            free_threaded=info.free_threaded,
            debug=info.debug_build,
            text=info.marker_environment["python_full_version"],
            sys_version=info.version,
            platform=str(info.sysconfig_platform),
        )

    def _identified(self, found: _Found, stop: Stop) -> Interpreter:
        captured = self._processes.capture(
            (found.executable, "-I", "-c", _ASK_SOABI),
            cwd=str(self._root),
            env=self._clean,
            stop=stop,
            timeout=_ASK_SECONDS,
        )
        if captured.exit != Exited(0):
            if stop.level:
                raise Cancelled
            raise CellError("python", f"{found.executable} cannot run:\n{captured.stderr}")
        answer = _SOABI.search(captured.stdout)
        if answer is None:
            raise CellError("python", f"{found.executable} gave no answer:\n{captured.stdout}")
        soabi = answer["soabi"]
        state = Path(found.executable).stat()
        return Interpreter(
            executable=found.executable,
            implementation=found.implementation,
            version=found.text,
            sys_version=found.sys_version,
            soabi=soabi,
            free_threaded=found.free_threaded,
            size=state.st_size,
            mtime=state.st_mtime_ns,
            platform=found.platform,
            tags=wheel_tags(found.implementation, found.version[:2], soabi, found.platform),
        )

    def _explain(self, spec: PythonSpec) -> str:
        roots = [str(root) for root in manager_roots(self._environ).values() if root.is_dir()]
        folders = len(path_folders(self._environ))
        on_path_ = f"{folders} folder{'s' * (folders != 1)} on PATH"
        searched = ", ".join([on_path_, *roots, "the system's"])
        there = ", ".join(versions(self._installs, spec.implementation)) or "none"
        ways = [f"`{command}`" for command in _ways_to_get(spec, self._environ)]
        return "\n".join(
            (
                f"Python {spec.text} is not installed",
                f"looked in: {searched}",
                f"found there: {there}",
                f"to get it: {' or '.join(ways)}",
            )
        )


def _suits(found: _Found, spec: PythonSpec) -> bool:
    return (
        found.implementation == spec.implementation
        and found.free_threaded == spec.free_threaded
        and not found.debug
        and found.version[: len(spec.version)] == spec.version
    )


def _promise(candidate: Candidate) -> tuple[bool, tuple[int, ...]]:
    """The best that a candidate may turn out to be: one of unknown version may be anything."""
    known = len(candidate.version) == 3  # noqa: PLR2004 - X.Y.Z
    return (not candidate.pre, candidate.version if known else (99, 99, 99))


def _ways_to_get(spec: PythonSpec, environ: Mapping[str, str]) -> list[str]:
    roots = manager_roots(environ)
    ways = []
    if roots["pyenv"].parent.is_dir():
        ways.append(f"pyenv install {spec.text}")
    if roots["mise"].parent.is_dir():
        ways.append(f"mise install python@{spec.text}")
    return [*ways, f"uv python install {spec.text}"]


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
