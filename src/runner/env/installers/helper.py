"""Run an installer to its end and turn a failure into words for people."""

from collections.abc import Mapping

from runner.env.environ import plain
from runner.env.requirements.credentials import hidden
from runner.model.errors import Cancelled, CellError
from runner.model.ports import Captured, Processes, Stop
from runner.model.results import Exit, Exited, NotStarted, Phase, Signalled, TimedOut

_UNREACHABLE = (
    *("error sending request", "dns error", "Failed to establish a new connection"),
    *("Temporary failure in name resolution", "Name or service not known", "Connection refused"),
    *("operation timed out", "Read timed out", "Max retries exceeded"),
)
_BROKEN = ("HTTP status server error", "request or response body error", "IncompleteRead", "too many 50")
_GONE = (
    *("client error (404 ", "client error (410 "),
    *("No such file or directory", "Distribution not found at"),
)

_NOISE = ("Using Python ", "For more information, try '--help'")


class InstallerError(CellError):
    """An installer that failed: `words` are all that it said, the message has its gist first."""

    def __init__(self, phase: Phase, message: str, words: str) -> None:
        super().__init__(phase, message)
        self.words = words

    @property
    def unreachable(self) -> bool:
        """Whether a server did not answer, or not in full: another time it may."""
        return any(mark in self.words for mark in (*_UNREACHABLE, *_BROKEN))

    @property
    def gone(self) -> bool:
        """Whether a file is not there any more."""
        return any(mark in self.words for mark in _GONE)


def run_installer(
    processes: Processes,
    argv: tuple[str, ...],
    *,
    cwd: str,
    env: Mapping[str, str],
    stop: Stop,
    phase: Phase,
    task: str,
    timeout: float | None = None,
) -> Captured:
    """Return what the installer said when it succeeded. Raises InstallerError, and Cancelled.

    `task` is what it was to do, such as `resolve the requirements for Python 3.12.1`. `timeout` is in
    seconds.
    """
    captured = processes.capture(argv, cwd=cwd, env=env, stop=stop, timeout=timeout)
    if captured.exit == Exited(0):
        return captured
    if stop.level:
        raise Cancelled
    words = hidden(plain(captured.stderr) or plain(captured.stdout))
    what = f"could not {task}{_ended(captured.exit)}{_hint(words)}"
    if not words:
        raise InstallerError(phase, what, words)
    gist = _gist(words)
    others = [line for line in words.splitlines() if gist not in line and not line.startswith(_NOISE)]
    raise InstallerError(phase, "\n".join([f"{what}: {gist}", *others]), words)


def _gist(words: str) -> str:
    """Return the line that says why: the resolver's conclusion, else the innermost cause, else the last."""
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith(_NOISE)]
    conclusions = [line for line in lines if line.endswith("requirements are unsatisfiable.")]
    if conclusions:
        return conclusions[-1].removeprefix("cause: ")
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    return (causes or lines or [words])[-1]


def _hint(words: str) -> str:
    if "Call to `" in words:  # a build backend's own words follow, which may speak of anything
        return "; a package had to be built from its sdist, and could not be"
    if any(mark in words for mark in _UNREACHABLE):
        return "; something could not be reached over the network"
    if any(mark in words for mark in _BROKEN):
        return "; a server did not answer as it should, another time it may"
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
