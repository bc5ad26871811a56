"""What activating a prefix does to variables: its scripts are run once, in a shell with nothing else."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from msgspec import Struct

from runner import Cancelled, CellError, Stop

_SECONDS = 60.0
_MOST_BYTES = 1 << 16
"""As much of what scripts print is told."""
_KEPT = ("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_SHELLS_OWN = frozenset(("PATH", "PWD", "OLDPWD", "SHLVL", "_"))
_SCRIPT = """\
python=$1 dump=$2 into=$3
shift 3
for script do
    . "$script"
done
exec "$python" -I -S -c "$dump" "$into"
"""
_DUMP = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"


class Activated(Struct, frozen=True):
    """What an activated prefix adds: variables, and folders to put first on PATH.

    `said` is what its scripts printed.
    """

    variables: dict[str, str]
    programs: tuple[str, ...]
    said: str = ""


def activated(prefix: Path, variables: Mapping[str, str], stop: Stop) -> Activated:
    """Return what activating the prefix does; `variables` are those of its environment.yml.

    Raises CellError when a script of a package fails to come to its end, and Cancelled.
    """
    ours = {
        "CONDA_PREFIX": str(prefix),
        "CONDA_DEFAULT_ENV": str(prefix),
        "CONDA_SHLVL": "1",
        **dict(_written_down(prefix)),
        **variables,
    }
    programs = str(prefix / "bin")
    scripts = sorted(map(str, (prefix / "etc" / "conda" / "activate.d").glob("*.sh")))
    if not scripts:
        return Activated(ours, (programs,))
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    before = {**kept, **ours, "PATH": os.pathsep.join((programs, os.defpath))}
    after, said = _after(scripts, before, stop)
    changed = {
        name: text for name, text in after.items() if name not in _SHELLS_OWN and kept.get(name) != text
    }
    return Activated(changed, (*_added(before["PATH"], after.get("PATH", "")), programs), said)


def _written_down(prefix: Path) -> Iterator[tuple[str, str]]:
    """Yield the variables that packages and conda itself wrote into files. Raises CellError."""
    state = prefix / "conda-meta" / "state"
    for file in (
        *sorted((prefix / "etc" / "conda" / "env_vars.d").glob("*.json")),
        *([state] if state.exists() else []),
    ):
        try:
            said: object = json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise CellError(
                "create", f"{file}, which says what activating sets, cannot be read: {error}"
            ) from error
        values = said.get("env_vars") if file == state and isinstance(said, dict) else said
        if isinstance(values, dict):
            yield from ((str(name), str(value)) for name, value in values.items())


def _added(before: str, after: str) -> Iterator[str]:
    """Yield the folders that scripts put on PATH."""
    there = before.split(os.pathsep)
    yield from (folder for folder in after.split(os.pathsep) if folder and folder not in there)


def _after(scripts: list[str], environ: Mapping[str, str], stop: Stop) -> tuple[dict[str, str], str]:
    """Run the scripts in one shell, and return all variables that it has then, and what was printed."""
    shell = which("bash") or "/bin/sh"
    with TemporaryDirectory(prefix="runner-") as folder:
        dump = Path(folder, "variables.json")
        ended, said = _run(
            (shell, "-c", _SCRIPT, shell, sys.executable, _DUMP, str(dump), *scripts), folder, environ, stop
        )
        with suppress(OSError, ValueError):
            found: dict[str, str] = json.loads(dump.read_bytes())
            _check_text(found)
            return found, said
    names = ", ".join(Path(script).name for script in scripts)
    what = (
        f"activating the environment did not come to its end, but {ended} ({names} in etc/conda/activate.d)"
    )
    raise CellError("create", "\n".join(filter(None, (what, said))))


def _check_text(variables: Mapping[str, str]) -> None:
    """Raise CellError for a variable that is no text, but bytes that Python has surrogates for."""
    for name, value in variables.items():
        try:
            f"{name}{value}".encode()
        except UnicodeEncodeError as error:
            shown = ascii(name)[1:-1]
            raise CellError(
                "create", f"activating the environment sets the variable {shown} to what is no UTF-8 text"
            ) from error


def _run(argv: tuple[str, ...], folder: str, environ: Mapping[str, str], stop: Stop) -> tuple[str, str]:
    """Run to the end; return how that was, and what was said. Raises Cancelled."""
    output = Path(folder, "output")
    with output.open("wb") as file:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(_level: int = 0) -> None:
        with suppress(ProcessLookupError, PermissionError):  # all of them are gone
            os.killpg(process.pid, signal.SIGKILL)

    unsubscribe = stop.subscribe(kill)
    try:
        code = process.wait(timeout=_SECONDS)
        ended = f"exited with code {code}" if code >= 0 else f"was ended by signal {-code}"
    except subprocess.TimeoutExpired:
        ended = f"was killed after {_SECONDS:.0f} s, which is as long as it may take"
    finally:
        unsubscribe()
        kill()  # also what scripts left in the background
        process.wait()
    if stop.level:
        raise Cancelled
    return ended, _end_of(output)


def _end_of(output: Path) -> str:
    """Return the last of what was said: scripts may say more than memory holds."""
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - _MOST_BYTES))
        return file.read().decode(errors="replace").strip()
