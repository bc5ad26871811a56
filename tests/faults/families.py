"""Commands that start processes of every kind, and a look at which of them are left."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from runner.testing import Project

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
"""Whether the long loops run."""

_LIMIT = 60.0

_FAMILY = """
import os, signal, subprocess, sys, time

ROOT, *KINDS = sys.argv[1:]
EVERYBODY = 7  # a household is two


def another(*kinds, **how):
    subprocess.Popen([sys.executable, __file__, ROOT, *kinds], **how)


def deaf():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)


def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, __file__, ROOT, "deaf", "here"])
        os._exit(0)
    os.wait()


def here():
    open(os.path.join(ROOT, "up", str(os.getpid())), "w").close()


def closed():
    for descriptor in (0, 1, 2):
        os.close(descriptor)


def all_here():
    here()
    while len(os.listdir(os.path.join(ROOT, "up"))) < EVERYBODY:
        time.sleep(0.01)
    with open(os.path.join(ROOT, "starting"), "w") as file:
        file.write(str(os.getppid()))
    os.rename(os.path.join(ROOT, "starting"), os.path.join(ROOT, "started"))


WAYS = {
    "all-here": all_here,
    "bare": lambda: another("deaf", "here", env={}),
    "child": lambda: another("deaf", "here"),
    "closed": closed,
    "daemon": daemon,
    "deaf": deaf,
    "here": here,
    "household": lambda: another("deaf", "bare", "here", start_new_session=True),
    "session": lambda: another("deaf", "here", start_new_session=True),
}
for kind in KINDS:
    WAYS[kind]()
time.sleep(600)
"""

MEMBERS = ("child", "bare", "session", "daemon", "household")
"""All ignore signals; they drop their variables, leave the session, twice, and have children."""


def family(project: Project, *kinds: str) -> str:
    """Return the command of a process that starts all `MEMBERS` and stays, as text for a config.

    It does what `kinds` say first: `deaf`, `closed`. When all are there, so is the file `started`, which
    holds the pid of the process that ran the command.
    """
    project.file("family.py", _FAMILY)
    (project.root / "up").mkdir(exist_ok=True)
    return json.dumps(["python", "family.py", str(project.root), *kinds, *MEMBERS, "all-here"])


def processes_about(project: Project) -> dict[int, str]:
    """Return what runs and was started for this project, runner and its guard included, by pid."""
    about = os.fsencode(project.folder)
    found = {}
    for folder in _processes():
        with suppress(OSError):
            said = Path(folder, "cmdline").read_bytes()
            if about in said + Path(folder, "environ").read_bytes():
                found[int(folder.name)] = said.replace(b"\0", b" ").decode("utf-8", "replace")
    return found


def wait_until_gone(project: Project) -> None:
    """Wait until nothing runs that was started for this project. Raises AssertionError after a minute."""
    wait_until(lambda: not processes_about(project), lambda: f"still there: {processes_about(project)}")


def wait_until(done: Callable[[], bool], said: Callable[[], str]) -> None:
    """Wait until `done`. Raises AssertionError with what `said` gives after a minute."""
    until = time.monotonic() + _LIMIT
    while not done():
        assert time.monotonic() < until, said()
        time.sleep(0.02)


def _processes() -> Iterator[Path]:
    return (Path(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit())
