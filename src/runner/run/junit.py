"""Getting pytest to write JUnit XML, one file for each step and attempt, without it being asked by hand."""

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from runner.model.plan import Command

ADDOPTS = "PYTEST_ADDOPTS"
FOLDER = "RUNNER_JUNIT_DIR"

_SETTINGS = (
    ("pytest.ini", None),
    (".pytest.ini", None),
    ("pytest.toml", None),
    (".pytest.toml", None),
    ("pyproject.toml", r"\[tool\.pytest(?:\.ini_options)?\]"),
    ("tox.ini", r"\[pytest\]"),
    ("setup.cfg", r"\[tool:pytest\]"),
)
_MENTION = re.compile(r"junit-?xml")
_OPTION = re.compile(r"--junit-?xml[\s=\"',]+([^\s\"',\]]+)")

Stamp = tuple[int, int, int]


class Ask(Struct, frozen=True):
    """How one step's test results are had: by `variables`, and, once it ended, from `named`.

    `named` is a file that the project itself has pytest write; `before` tells what it was like.
    """

    variables: dict[str, str]
    target: Path
    named: Path | None = None
    before: Stamp | None = None


def project_option(root: Path) -> str | None:
    """Return the file that pytest's settings in `root` name for JUnit XML.

    Empty when they only mention it, as `-p no:junitxml` does; None when they do not.
    """
    for name, header in _SETTINGS:
        text = _read(root / name)
        section = _section(text, header) if header and text else text
        if _MENTION.search(section):
            option = _OPTION.search(section)
            return option.group(1) if option else ""
    return None


def ask(
    command: Command,
    env: Mapping[str, str],
    folder: Path,
    step: int,
    *,
    setting: str | bool | None,
    project: str | None,
) -> Ask:
    """Return how to get results of step number `step` into `folder`.

    `setting` is the cell's `junit` (None: ask pytest); `project`, what `project_option` returned. Nobody is
    asked when the command, PYTEST_ADDOPTS or the project's settings mention JUnit: then that file is taken.
    """
    target = folder / f"{step}.xml"
    variables = {FOLDER: str(folder)}
    if setting is not None:
        return Ask(variables, target)
    old = env.get(ADDOPTS, "")
    if any("junit" in argument.lower() for argument in command.argv):
        named: str | None = _named_in(command.argv)
    elif _MENTION.search(old):
        named = _named_in(tuple(old.split()))
    else:
        named = project
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
        shutil.copyfile(asked.named, asked.target)


def _named_in(argv: tuple[str, ...]) -> str:
    for at, argument in enumerate(argv):
        name, equals, value = argument.partition("=")
        if name in {"--junitxml", "--junit-xml"}:
            return value if equals else "".join(argv[at + 1 : at + 2])
    return ""


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _section(text: str, header: str) -> str:
    """Return what stands under `header`, up to the next table or section."""
    found = re.search(rf"(?ms)^{header}[^\n]*\n(.*?)(?=^\[|\Z)", text)
    return found.group(1) if found else ""
