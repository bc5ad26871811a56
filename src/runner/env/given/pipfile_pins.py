"""What a Pipfile.lock pins, for backends that leave it to somebody else to install that."""

from pathlib import Path

from packaging.utils import canonicalize_name

from runner.env.given.markers import marker_environment
from runner.env.given.pipfile import blaming, check_fresh, check_python, read_pipfile_lock
from runner.env.given.pipfile_lock import Entry
from runner.model.environment import Content
from runner.model.python import Interpreter


def pipfile_pins(lock: str, categories: tuple[str, ...], interpreter: Interpreter) -> tuple[Content, ...]:
    """Return what the Pipfile.lock at the path `lock` pins for an interpreter: `default`, and categories.

    What has a version is a Python distribution. Raises CellError, which says what to run, when the lock is
    missing, or older than the Pipfile beside it, or for another Python.
    """
    path = Path(lock)
    read = read_pipfile_lock(path)
    check_fresh(read, path)
    check_python(read, path, interpreter.version)
    with blaming(path):
        entries = read.chosen(categories, marker_environment(interpreter))
    return tuple(map(_content, entries))


def _content(entry: Entry) -> Content:
    version = entry.version.lstrip("=") or entry.ref or entry.path or entry.file
    sha256 = next((each for each in entry.hashes if each.startswith("sha256:")), "").removeprefix("sha256:")
    return Content(entry.name, version, sha256, canonicalize_name(entry.name) if entry.version else None)
