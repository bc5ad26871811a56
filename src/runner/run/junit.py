"""Getting pytest to write JUnit XML, one file for each step and attempt, without it being asked by hand."""

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISREG

from msgspec import Struct

from runner.model.plan import Command, ReadyCell
from runner.model.secrets import Concealer
from runner.nofollow import new_file

ADDOPTS = "PYTEST_ADDOPTS"
FOLDER = "RUNNER_JUNIT_DIR"

_SETTINGS = (
    ("pytest.toml", None),
    (".pytest.toml", None),
    ("pytest.ini", None),
    (".pytest.ini", None),
    ("pyproject.toml", r"\[tool\.pytest(?:\.ini_options)?\]"),
    ("tox.ini", r"\[pytest\]"),
    ("setup.cfg", r"\[tool:pytest\]"),
)
"""Where pytest looks, in its order; without a header the whole file is its own."""

_MENTION = re.compile(r"junit-?xml")
_ARGUMENT = re.compile(r"(?<![\w./-])(?:--junit-?xml\b|(?:-p)?no:junitxml\b|(?:-o)?junit_\w+=)")
_OPTION = re.compile(r"--junit-?xml[\s=\"',]+([^\s\"',\]]+)")
_COMMENT = re.compile(r"(?m)^[^\S\n]*[#;].*$")

_CHUNK = 1 << 18

Stamp = tuple[int, int, int]


class Ask(Struct, frozen=True):
    """How one step's test results are had: by `variables`, and, once it ended, from `named`.

    `named` is a file that the project itself has pytest write; `before` tells what it was like.
    """

    variables: dict[str, str]
    target: Path
    named: Path | None = None
    before: Stamp | None = None


def ask(command: Command, env: Mapping[str, str], target: Path, cell: ReadyCell) -> Ask:
    """Return how to get the results of `command`, which runs with `env`, into `target`.

    Nobody is asked when the cell's `junit` is set, or when the command, PYTEST_ADDOPTS or pytest's settings
    mention JUnit: then the file that they name is taken, if they name one.
    """
    variables = {FOLDER: str(target.parent)}
    if cell.settings.junit is not None:
        return Ask(variables, target)
    old = env.get(ADDOPTS, "")
    named = _named_already(command, old, Path(cell.root))
    if named is None:
        options = ("-o", "junit_family=xunit1", f"--junitxml={target}")
        return Ask({**variables, ADDOPTS: f"{old} {shlex.join(options)}".strip()}, target)
    if not named:
        return Ask(variables, target)
    path = Path(command.cwd, named).expanduser()
    return Ask(variables, target, path, _stamp(path))


def take(asked: Ask) -> None:
    """Copy the file that the project had pytest write, if this step wrote it. Raises OSError."""
    if asked.named is not None and _stamp(asked.named) not in {None, asked.before}:
        with asked.named.open("rb") as theirs, new_file(asked.target) as ours:
            shutil.copyfileobj(theirs, ours)


def keep(folder: Path, target: Path, concealer: Concealer) -> None:
    """Copy the files in `folder` to the same places in `target`, without secrets. Raises OSError."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            stream = concealer.stream()
            with file.open("rb") as theirs, new_file(target / file.relative_to(folder)) as ours:
                while data := theirs.read(_CHUNK):
                    ours.write(stream.feed(data))
                ours.write(stream.end())


def _named_already(command: Command, addopts: str, root: Path) -> str | None:
    """Return the file for JUnit XML that pytest is told of without us: the nearest to it counts.

    Empty when JUnit is only mentioned, as `-p no:junitxml` does; None when it is not.
    """
    for arguments in (command.argv, _split(addopts)):
        if any(map(_ARGUMENT.search, arguments)):
            return _named_in(arguments)
    settings = _settings(Path(command.cwd), root)
    if not _MENTION.search(settings):
        return None
    option = _OPTION.search(settings)
    return option.group(1) if option else ""


def _split(addopts: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(addopts))
    except ValueError:  # pytest will say so
        return tuple(addopts.split())


def _named_in(arguments: tuple[str, ...]) -> str:
    for at, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in {"--junitxml", "--junit-xml"}:
            return value if equals else "".join(arguments[at + 1 : at + 2])
    return ""


def _settings(cwd: Path, root: Path) -> str:
    """Return pytest's settings, less comments: those of the nearest folder, from `cwd` up to `root`."""
    for folder in (cwd, *cwd.parents):
        for name, header in _SETTINGS:
            text = _read(folder / name)
            section = text if header is None or text is None else _section(text, header)
            if section is not None:
                return _COMMENT.sub("", section)
        if folder == root or not folder.is_relative_to(root):
            break
    return ""


def _section(text: str, header: str) -> str | None:
    """Return what stands under `header`, up to the next table or section."""
    found = re.search(rf"(?ms)^{header}[^\n]*\n(.*?)(?=^\[|\Z)", text)
    return found.group(1) if found else None


def _read(path: Path) -> str | None:
    try:
        # Nobody may ever write to a pipe.
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    except OSError:
        return None


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    # Nobody may ever write to a pipe.
    return (status.st_ino, status.st_mtime_ns, status.st_size) if S_ISREG(status.st_mode) else None
