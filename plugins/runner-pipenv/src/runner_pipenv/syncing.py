"""Running `pipenv sync`, so that it changes the environment and nothing of the project."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from runner import Cancelled, CellError, Environment, Stop
from runner_pipenv.variables import variables

_PIPENV = (
    "import runpy, sys; del sys.path[0]; runpy.run_module('pipenv', run_name='__main__', alter_sys=True)"
)
"""The pipenv beside runner: with `-m` it would be looked for in the current folder first, the project."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_HASHES = re.compile(r"\s*--hash=\S+")
_MOST_LINES = 40
"""Of what pipenv said before it failed."""

_NAMES = {"dev": "dev-packages", "develop": "dev-packages", "default": "packages"}
"""What pipenv calls categories that have several names."""


def sync(pipfile: Path, categories: tuple[str, ...], environment: Environment, stop: Stop) -> None:
    """Have pipenv install what the lock beside `pipfile` pins. Raises CellError, and Cancelled."""
    files = (pipfile, pipfile.with_name("Pipfile.lock"))
    before = tuple(map(_content, files))
    wanted = dict.fromkeys(("packages", *(_NAMES.get(category, category) for category in categories)))
    command = (sys.executable, "-c", _PIPENV, "sync", "--categories", " ".join(wanted))
    code, said = _run(command, pipfile.parent, variables(os.environ, environment, pipfile), stop)
    changed = [file.name for file, old in zip(files, before, strict=True) if _content(file) != old]
    if changed:
        raise CellError(
            "create", f"{' and '.join(changed)} changed while pipenv installed from there: run again"
        )
    if stop.level:
        raise Cancelled
    if code:
        raise CellError("create", f"pipenv sync ended with exit code {code}:\n{_last(said)}")


def _run(command: tuple[str, ...], cwd: Path, env: dict[str, str], stop: Stop) -> tuple[int, str]:
    """Run a command to its end; it is ended, with all that it started, when `stop` rises."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:

        def end(level: int) -> None:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL if level > 1 else signal.SIGTERM)

        unsubscribe = stop.subscribe(end)
        try:
            said, _ = process.communicate()
        finally:
            unsubscribe()
    return process.returncode, said.decode(errors="replace")


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _last(said: str) -> str:
    lines = [_HASHES.sub("", line).rstrip() for line in _ANSI.sub("", said).splitlines()]
    lines = [line for line in lines if line]
    return "\n".join(lines[-_MOST_LINES:])
