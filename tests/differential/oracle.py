"""tox itself, to be asked: an environment of its own, and one process in it that answers."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from filelock import FileLock
from msgspec import Struct
from tests.differential.reach import run_uv

TOX = "tox==4.67.*"
_SCRIPT = Path(__file__).with_name("tox_oracle.py")
_PATIENCE = 300.0


class OracleError(Exception):
    """tox's process does not answer."""


class Reply(Struct, frozen=True):
    """What tox answered: its exit code (None when it broke), what it printed, and the file it wrote."""

    code: int | None
    said: str
    shown: str | None


class Oracle:
    """A process of tox's environment. Use it as a context manager: it is ended at the end."""

    def __init__(self, python: Path, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._process = subprocess.Popen(
            [python, "-I", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environ,
            encoding="utf-8",
        )

    def __enter__(self) -> "Oracle":  # noqa: PYI034 - typing has no Self on Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, folder: Path, *argv: str, env: Mapping[str, str] | None = None) -> Reply:
        """Run tox with `argv` in `folder`, `env` added to its variables. Raises OracleError."""
        request = {"folder": str(folder), "environ": {**self._environ, **(env or {})}, "argv": argv}
        line = self._exchange(json.dumps(request) + "\n")
        if not line.endswith("\n"):
            raise OracleError(f"tox's process ended or took over {_PATIENCE:.0f} s: tox {' '.join(argv)}")
        answer = json.loads(line)
        return Reply(answer["code"], answer["said"], answer["shown"])

    def _exchange(self, request: str) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:  # both were asked for
            raise OracleError("tox's process has no streams")
        watch = threading.Timer(_PATIENCE, self._process.kill)
        watch.start()
        try:
            stdin.write(request)
            stdin.flush()
            return stdout.readline()
        except BrokenPipeError:
            return ""
        finally:
            watch.cancel()


def install_tox(folder: Path) -> Path:
    """Make an environment with tox in `folder`, once for all that ask; return its Python.

    Raises UnreachableError when it cannot be installed.
    """
    python = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        done = folder / "installed"
        if not done.exists():
            run_uv(
                "venv",
                "--no-project",
                "--clear",
                "--python",
                sys.executable,
                str(folder),
                folder=folder.parent,
            )
            run_uv("pip", "install", "--python", str(python), TOX, folder=folder.parent)
            done.touch()
    return python
