"""What an interpreter says of itself: asked by python-discovery, and one question of our own.

Importing this costs as much as the rest of a start: it is imported when a Python must be asked.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from python_discovery import PythonInfo

from runner.env.environ import interpreter_environ, silence_libraries
from runner.env.interpreters.answers import Sight
from runner.env.interpreters.kept import kept_in
from runner.env.interpreters.tags import wheel_tags
from runner.model.encode import decoded
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Captured, Processes, Stop
from runner.model.python import OLDEST, Interpreter
from runner.model.results import Exited

_ASK_SOABI = """
import sys
sys.path = [folder for folder in sys.path if folder]
import sysconfig
print('\\nSOABI=%s' % (sysconfig.get_config_var('SOABI') or ''))
"""
_SOABI = re.compile(r"^SOABI=(?P<soabi>\S*)$", re.MULTILINE)
"""The line of the answer: what a site customization prints may stand around it."""

_ASK_OLD = """
import sys
sys.path = [folder for folder in sys.path if folder]
import json, platform, sysconfig
print('\\nPYTHON=' + json.dumps({
    'executable': sys.executable, 'implementation': platform.python_implementation().lower(),
    'version': sys.version_info[:3], 'final': sys.version_info[3] == 'final', 'free_threaded': False,
    'debug': hasattr(sys, 'gettotalrefcount'), 'text': platform.python_version(), 'sys_version': sys.version,
    'platform': sysconfig.get_platform(),
}))
"""
"""What python-discovery says of a Python; those that it does not ask say it by this."""

_OLD = re.compile(r"^PYTHON=(?P<said>\{.*\})$", re.MULTILINE)
_KNOWS_I = (3, 4)
"""The first version that can be told by one option to see nothing of the user's."""

_ASK_SECONDS = 30.0


class Described(Struct, frozen=True):
    """An interpreter as python-discovery describes it; `executable` is its real path."""

    executable: str
    implementation: str
    version: tuple[int, int, int]
    final: bool
    free_threaded: bool
    debug: bool
    text: str
    sys_version: str
    platform: str


class Discovery:
    """Asks programs whether they are Pythons; `close()` it at the end.

    `cache` is the folder in which virtualenv keeps what it knows of interpreters; python-discovery shares
    it, so that neither asks again.
    """

    def __init__(self, *, environ: Mapping[str, str], root: Path, cache: Path, processes: Processes) -> None:
        self._environ = interpreter_environ(environ)
        self._root = root
        self._processes = processes
        silence_libraries()
        self._app_data = kept_in(cache, self._environ)

    def describe(self, executable: str, stop: Stop) -> Described | None:
        """Return what a program says of itself; None when it does not answer as one. Raises Cancelled."""
        info = PythonInfo.from_exe(executable, self._app_data, raise_on_error=False, env=self._environ)
        if info is None:
            return self._old(executable, stop)
        major, minor, micro, level, _serial = info.version_info
        return Described(
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

    def identify(self, found: Described, program: Sight, stop: Stop) -> Interpreter:
        """Return the identity of an interpreter, whose file is `program`. Raises CellError and Cancelled."""
        if program.state is None:
            raise CellError("python", f"{found.executable} is gone: run again")
        soabi = self._soabi(found, stop)
        _mode, _inode, size, mtime = program.state
        return Interpreter(
            executable=found.executable,
            implementation=found.implementation,
            version=found.text,
            sys_version=found.sys_version,
            soabi=soabi,
            free_threaded=found.free_threaded,
            size=size,
            mtime=mtime,
            platform=found.platform,
            tags=wheel_tags(found.implementation, found.version[:2], soabi, found.platform),
        )

    def close(self) -> None:
        """Drop what was kept for this run only."""
        self._app_data.close()

    def _old(self, executable: str, stop: Stop) -> Described | None:
        """Return what a Python says of itself that is too old for python-discovery."""
        captured = self._asked(executable, ("-E", "-s"), _ASK_OLD, stop)
        answer = _OLD.search(captured.stdout) if captured.exit == Exited(0) else None
        try:
            found = decoded(answer["said"], Described) if answer else None
        except ValueError:
            return None
        if found is None or found.version[:2] >= OLDEST:
            return None
        return replace(found, executable=os.path.realpath(found.executable))

    def _soabi(self, found: Described, stop: Stop) -> str:
        isolated = ("-I",) if found.version >= _KNOWS_I else ("-E", "-s")
        captured = self._asked(found.executable, isolated, _ASK_SOABI, stop)
        if captured.exit != Exited(0):
            raise CellError("python", f"{found.executable} cannot run:\n{captured.stderr}")
        answer = _SOABI.search(captured.stdout)
        if answer is None:
            raise CellError("python", f"{found.executable} gave no answer:\n{captured.stdout}")
        return answer["soabi"]

    def _asked(self, executable: str, options: tuple[str, ...], script: str, stop: Stop) -> Captured:
        captured = self._processes.capture(
            (executable, *options, "-c", script),
            cwd=str(self._root),
            env=self._environ,
            stop=stop,
            timeout=_ASK_SECONDS,
        )
        if captured.exit != Exited(0) and stop.level:
            raise Cancelled
        return captured
