"""Run an installer to its end and turn a failure into words for people."""

from collections.abc import Mapping

from runner.env.environ import plain
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Captured, Processes, Stop
from runner.model.results import Exit, Exited, NotStarted, Phase, Signalled, TimedOut

_UNREACHABLE = (
    *("error sending request", "dns error", "Failed to establish a new connection"),
    *("Temporary failure in name resolution", "Name or service not known", "Connection refused"),
)


def run_installer(
    processes: Processes,
    argv: tuple[str, ...],
    *,
    cwd: str,
    env: Mapping[str, str],
    stop: Stop,
    phase: Phase,
    task: str,
) -> Captured:
    """Return what the installer said when it succeeded. Raises CellError with its words, and Cancelled.

    `task` is what it was to do, such as `resolve the requirements for Python 3.12.1`.
    """
    captured = processes.capture(argv, cwd=cwd, env=env, stop=stop)
    if captured.exit == Exited(0):
        return captured
    if stop.level:
        raise Cancelled
    words = plain(captured.stderr) or plain(captured.stdout)
    what = f"could not {task}{_ended(captured.exit)}{_hint(words)}"
    if not words:
        raise CellError(phase, what)
    gist = _gist(words)
    others = [line for line in words.splitlines() if gist not in line]
    raise CellError(phase, "\n".join([f"{what}: {gist}", *others]))


def _gist(words: str) -> str:
    """Return the line that says why: the resolver's conclusion, else the innermost cause, else the last."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    conclusions = [line for line in lines if line.endswith("requirements are unsatisfiable.")]
    if conclusions:
        return conclusions[-1].removeprefix("cause: ")
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    return causes[-1] if causes else lines[-1]


def _hint(words: str) -> str:
    if any(mark in words for mark in _UNREACHABLE):
        return "; something could not be reached over the network"
    if "Failed to initialize cache" in words:
        return "; UV_CACHE_DIR names the folder that uv keeps its files in"
    return ""


def _ended(end: Exit) -> str:
    match end:
        case Exited():
            return ""
        case Signalled():
            return f", ended by signal {end.number}"
        case TimedOut():
            return f", ended after {end.after:g} s"
        case NotStarted():
            return f", not started: {end.reason}"
