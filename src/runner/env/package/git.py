"""Ask git about a folder: which files it sees, what it calls the commit, what it would take up."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from runner.model.errors import Cancelled, CellError
from runner.model.ports import Captured, Processes, Stop
from runner.model.results import Exited, TimedOut
from runner.model.words import chosen_time

_PATIENCE = 30.0
"""Seconds for an answer; to list the files of the biggest repositories takes a few."""

_PLACES = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
"""What a git hook that starts us sets: true for its own repository, not for the one we ask about."""


class Git(Struct, frozen=True):
    """The program at the path `program`, to be asked with the variables `environ` until `stop` rises.

    `patience` are the seconds for one answer.
    """

    program: str
    processes: Processes
    environ: Mapping[str, str]
    stop: Stop
    patience: float = _PATIENCE

    def ask(self, *arguments: str, cwd: Path) -> Captured:
        """Run git in the folder `cwd` and return what it said.

        Raises Cancelled, and CellError for no answer.
        """
        # Quoted names are plain ASCII whatever bytes are in them.
        answer = self.processes.capture(
            (self.program, "-c", "core.quotePath=true", *arguments),
            cwd=str(cwd),
            env=self.environ,
            stop=self.stop,
            timeout=self.patience,
            daemons=True,  # it keeps some on purpose, as that of core.fsmonitor
        )
        if self.stop.level:
            raise Cancelled
        if isinstance(answer.exit, TimedOut):
            raise CellError(
                "create",
                f"git did not answer within {chosen_time(self.patience)}: `git {arguments[0]}` in {cwd};"
                " try it by hand: a hook such as core.fsmonitor, or a network file system may hang",
            )
        return answer


class Listed(Struct, frozen=True):
    """A file or link that belongs to a project: its relative path, and whether git tracks it."""

    path: str
    tracked: bool


def find_git(processes: Processes, environ: Mapping[str, str], stop: Stop) -> Git | None:
    """Return the git that is on PATH; None where there is none."""
    program = shutil.which("git", path=environ.get("PATH", os.defpath))
    if program is None:
        return None
    variables = {name: value for name, value in environ.items() if name not in _PLACES}
    # Its messages are compared below, so they must be English. Nobody could answer its prompts.
    ours = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    return Git(program, processes, {**variables, **ours}, stop)


def seen_by_git(git: Git, folder: Path, prefix: str = "", *, tolerant: bool = False) -> Iterator[Listed]:
    """Yield what git lists in `folder` and the repositories nested in it; nothing where git has no say.

    What was deleted is left out, and when `tolerant` what cannot be looked at, too; else that is a CellError.
    `prefix` is put before each path.
    """
    answer = git.ask("ls-files", "-t", "--cached", "--others", "--exclude-standard", cwd=folder)
    if answer.exit != Exited(0):
        if "not a git repository" in answer.stderr or "must be run in a work tree" in answer.stderr:
            return
        raise CellError("create", f"git cannot list the files of {folder}:\n{answer.stderr.strip()}")
    for line in answer.stdout.splitlines():
        tag, _, quoted = line.partition(" ")
        path = _unquoted(quoted).rstrip("/")
        place = f"{folder}/{path}"
        mode = _mode(place, tolerant)
        if mode is None:
            continue
        if not stat.S_ISDIR(mode):
            yield Listed(prefix + path, tag != "?")
        elif _mode(f"{place}/.git", tolerant) is not None:
            yield from seen_by_git(git, Path(place), f"{prefix}{path}/", tolerant=tolerant)


def describe(git: Git, folder: Path) -> str:
    """Return what git calls the commit, tags counted; empty without a commit."""
    answer = git.ask("describe", "--tags", "--always", "--long", cwd=folder)
    return answer.stdout.strip() if answer.exit == Exited(0) else ""


def tags(git: Git, folder: Path) -> str:
    """Return a hash of all tags and what they stand on; empty without any.

    Backends choose among them by patterns of their own, so what `describe` says does not tell them apart.
    """
    answer = git.ask("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", cwd=folder)
    said = answer.stdout if answer.exit == Exited(0) else ""
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest() if said else ""


def git_sees(work_dir: Path, processes: Processes, environ: Mapping[str, str], stop: Stop) -> bool:
    """Say whether git would take up files that are put into `work_dir`. Raises Cancelled."""
    git = find_git(processes, environ, stop)
    if git is None or not work_dir.parent.is_dir():
        return False
    answer = git.ask("check-ignore", "-q", "--", str(work_dir / "any"), cwd=work_dir.parent)
    return answer.exit == Exited(1)


def _mode(place: str, tolerant: bool) -> int | None:
    """Return the mode of what is there, links not followed; None when it was deleted."""
    try:
        return os.lstat(place).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if tolerant:
            return None
        raise CellError("create", f"{place} cannot be read: {error.strerror}") from error


def _unquoted(name: str) -> str:
    if not name.startswith('"'):
        return name
    return os.fsdecode(name[1:-1].encode("ascii").decode("unicode_escape").encode("latin-1"))
