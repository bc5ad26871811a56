"""Places that a run may find itself in: small or read-only disks, seen by runner alone."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType

import pytest

from runner.testing import Invocation, Project, python_command
from runner.testing.process import RUNNER

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
"""Whether the long loops run."""

ONE_CLEAR_ERROR = {1, 2, 4}
"""Exit codes of a run that could not do its work, and says so."""

USES = "import greeter, six; print('greeter', greeter.VERSION)"

CONFIG = f"""
    [sessions.tests]
    deps = ["six"]
    commands = [{python_command(USES)}, "greet"]
    [sessions.copied]
    package = "none"
    source = "copy"
    commands = [{python_command("print(open('data.txt').read())")}]
    """


def fill(project: Project) -> Project:
    """Write a project with a package, a dependency, a script and a cell that works on a copy."""
    project.index.add("six")
    main = "VERSION = '1.0'\ndef main():\n    print('hello from greet')\n"
    project.package("greeter", modules={"greeter.py": main}, scripts={"greet": "greeter:main"})
    project.file("data.txt", "the data\n")
    project.config(CONFIG)
    return project


def check(outcome: Invocation) -> None:
    """Check that a run of such a project did all of its work."""
    outcome.assert_exit(0).assert_cells({"tests": "passed", "copied": "passed"})
    assert "greeter 1.0" in outcome.log("tests")
    assert "hello from greet" in outcome.log("tests")
    assert "the data" in outcome.log("copied")


@cache
def can_mount() -> bool:
    """Say whether we may mount where nobody else sees it."""
    with tempfile.TemporaryDirectory() as folder:
        script = f"mount -t tmpfs none {shlex.quote(folder)}"
        command = ("unshare", "--mount", "--propagation", "private", "sh", "-c", script)
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False


needs_mounts = pytest.mark.skipif(not can_mount(), reason="mounting needs rights that we do not have here")


class Mounts:
    """Mounts that only those see who are run by this; use it as a context manager.

    `script` is what a shell runs to mount them.
    """

    def __init__(self, script: str) -> None:
        wait = f"set -e\n{script}\necho mounted\nread -r _ || true"
        self._keeper = subprocess.Popen(
            ("unshare", "--mount", "--propagation", "private", "sh", "-c", wait),  # noqa: S607 - as users find it
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == b"mounted\n"

    def __enter__(self) -> "Mounts":  # noqa: PYI034 - typing has no Self on Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._keeper.communicate()

    def run(self, project: Project, *argv: str, env: Mapping[str, str] | None = None) -> Invocation:
        """Run runner in the project's root, among the mounts."""
        return project.run_process(*argv, env=env, program=(*self._inside(project.root), *RUNNER))

    def shell(self, script: str) -> None:
        """Run a script among the mounts."""
        subprocess.run((*self._inside(Path("/")), "sh", "-ec", script), check=True)

    def path(self, path: Path) -> Path:
        """Return by what name we, who are not among the mounts, reach a path there."""
        return Path(f"/proc/{self._keeper.pid}/root{path}")

    def _inside(self, cwd: Path) -> tuple[str, ...]:
        enter = 'cd "$1" && shift && exec "$@"'
        return (
            *("nsenter", f"--mount=/proc/{self._keeper.pid}/ns/mnt"),
            *("sh", "-c", enter, "sh", str(cwd)),
        )


def small(folder: Path, kilobytes: int) -> str:
    """Return a script that mounts a disk of that size."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"mount -t tmpfs -o size={kilobytes}k none {shlex.quote(str(folder))}"


def read_only(folder: Path) -> str:
    """Return a script that makes a folder, with all below it, read-only."""
    folder.mkdir(parents=True, exist_ok=True)
    name = shlex.quote(str(folder))
    return f"mount --bind {name} {name}\nmount -o remount,bind,ro {name}"
