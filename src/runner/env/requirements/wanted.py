"""What a cell wants installed, as installers are told: lines, files, constraints and the project."""

import hashlib
import re
import stat
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from msgspec import Struct
from packaging.utils import canonicalize_name

from runner.env.requirements.groups import group_lines
from runner.env.requirements.index import Index
from runner.env.requirements.local import local_files, of_home
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec

_REFERENCE = re.compile(
    r"(?:(?P<short>-[rc])\s*|(?P<long>--requirement|--constraint)(?:\s*=\s*|\s+))(?P<path>\S.*)"
)
_EDITABLE = re.compile(r"(?:-e\s*|--editable(?:\s*=\s*|\s+))(?P<what>\S.*)")
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_HASH = re.compile(r"\s--hash[=\s]\s*(\w+:\w+)")
_QUOTED = re.compile(r"""(['"])(?P<inner>[^'"]*)\1""")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")

EDITABLE = "-e"


class Project(Struct, frozen=True, kw_only=True):
    """The project's wheel as a requirement, and what of its metadata resolving depends on.

    `version` is without dev and local parts: a commit changes them, and no answer. `extras` are those asked
    for, `dependencies` those that these and the project itself have, all sorted.
    """

    line: str
    name: str
    version: str
    extras: tuple[str, ...]
    dependencies: tuple[str, ...]
    requires_python: str


class Wanted(Struct, frozen=True, kw_only=True):
    """All that is to be installed together, nothing looked up yet.

    A line of an editable one is EDITABLE, a space, and what follows without quotes: uv takes none, pip needs
    them around spaces. Files are absolute paths; `contents` maps each file that is referred to, at any depth,
    to its sha256: requirements files, local archives, and what decides the metadata of local folders.
    `variables` are the names of those that lines refer to as ${NAME}, sorted.
    `hashes` maps names, normalized, to the hashes that lines allow for files of theirs (`sha256:...`).
    `alone`: without what it depends on. `given` is the lock file that pins it, if one does.
    `only` is the one index that all of it comes from.
    `prerelease` is set by the cell's settings or by a `--pre` line, which is not among the lines.
    """

    lines: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    contents: dict[str, str] = {}
    variables: tuple[str, ...] = ()
    hashes: dict[str, frozenset[str]] = {}
    alone: bool = False
    given: str = ""
    only: Index | None = None
    prerelease: bool = False
    project: Project | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to install."""
        return not (self.lines or self.files or self.project)


class _Read(Struct):
    """What reading requirement lines gathers; filled while files are followed."""

    lines: list[str] = []
    requirement_files: list[str] = []
    constraint_files: list[str] = []
    contents: dict[str, str] = {}
    variables: set[str] = set()
    hashes: dict[str, set[str]] = {}
    prerelease: bool = False


def wanted(spec: EnvSpec, built: Built | None) -> Wanted:
    """Return what the cell wants installed. Raises CellError for what cannot be read or is not there."""
    root = Path(spec.root)
    deps = _Read()
    for text in (*spec.requirements, *spec.seed, *group_lines(root, spec.groups)):
        for line in _lines(text):
            _take(line, root, deps)
    limits = _Read()
    for text in spec.constraints:
        for line in _lines(text):
            _take(line, root, limits)
    return Wanted(
        lines=tuple(deps.lines),
        files=tuple(deps.requirement_files),
        constraints=tuple(limits.lines),
        constraint_files=(
            *deps.constraint_files,
            *limits.constraint_files,
            *limits.requirement_files,
        ),
        contents={**deps.contents, **limits.contents},
        variables=tuple(sorted(deps.variables | limits.variables)),
        hashes={
            name: frozenset(deps.hashes.get(name, set()) | limits.hashes.get(name, set()))
            for name in deps.hashes.keys() | limits.hashes.keys()
        },
        prerelease=spec.prerelease or deps.prerelease,
        project=_project(built, spec.extras) if built is not None else None,
    )


def referred_contents(name: str, root: Path, said: str) -> dict[str, str]:
    """Map the requirements file `name`, and all that it refers to, to their sha256. Raises CellError.

    `said` is what named the file, for the error.
    """
    read = _Read()
    _follow(name, root, root, said, read)
    return read.contents


def requirements_in(file: Path) -> Iterator[str]:
    """Yield the requirements of a file that `wanted` could read, and of those that it takes in.

    A file that it takes in from elsewhere is not looked into: its name is yielded.
    """
    waiting, seen = [file], set[Path]()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        for line in _lines(path.read_text(encoding="utf-8", errors="replace")):
            entry = _without_comment(line)
            match = _REFERENCE.fullmatch(entry)
            taken = match["path"] if match is not None and _is_requirement(match) else ""
            if taken and _is_file(taken):
                waiting.append(Path(_absolute(_unquoted(taken), path.parent)))
            elif taken or (entry and (not entry.startswith("-") or _EDITABLE.fullmatch(entry))):
                yield entry


def _is_file(name: str) -> bool:
    return "://" not in name and "${" not in name


def _is_requirement(match: re.Match[str]) -> bool:
    return match["short"] == "-r" or match["long"] == "--requirement"


def _take(line: str, root: Path, read: _Read) -> None:
    line = _without_comment(line)
    if not line:
        return
    if line == "--pre":
        read.prerelease = True
        return
    match = _REFERENCE.fullmatch(line)
    if match is None:
        editable = _EDITABLE.fullmatch(line)
        read.lines.append(line if editable is None else f"{EDITABLE} {_unquoted(editable['what'])}")
        _note(line, root, read)
        return
    name = _unquoted(match["path"])
    (read.requirement_files if _is_requirement(match) else read.constraint_files).append(
        _absolute(name, root)
    )
    _follow(name, root, root, line, read)


def _note(line: str, root: Path, read: _Read) -> None:
    """Note what a requirement says of files: local ones that it names, hashes; and variables in it."""
    editable = _EDITABLE.fullmatch(line)
    for file in local_files(_unquoted(editable["what"]) if editable else line, root):
        read.contents[str(file.absolute())] = _digest(file, line)
    read.variables.update(_VARIABLE.findall(line))
    name = _NAME.match(line)
    if name and (hashes := _HASH.findall(line)):
        read.hashes.setdefault(canonicalize_name(name[0]), set()).update(hashes)


def _follow(name: str, folder: Path, root: Path, line: str, read: _Read) -> None:
    """Note the contents of a file that a line names, and of those that it names in turn.

    File names in it start at its own folder, paths of requirements at `root`: as installers read them.
    """
    waiting = [(name, folder, line)]
    while waiting:
        name, folder, line = waiting.pop()
        path = _absolute(name, folder)
        if "://" in path or path in read.contents or "${" in name:
            continue
        read.contents[path] = _digest(Path(path), line)
        for inner in _lines(Path(path).read_text(encoding="utf-8", errors="replace")):
            entry = _without_comment(inner)
            if entry == "--pre":
                read.prerelease = True
            elif match := _REFERENCE.fullmatch(entry):
                waiting.append((_unquoted(match["path"]), Path(path).parent, entry))
            elif entry:
                _note(entry, root, read)


def _lines(text: str) -> list[str]:
    """Return the lines of a text, those that end in a backslash joined with the next."""
    return text.replace("\r\n", "\n").replace("\\\n", " ").splitlines()


def _digest(file: Path, line: str) -> str:
    digest = hashlib.sha256()
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # nobody may ever write to a pipe
            raise CellError("lock", f"{file}, named by `{line}`, is no regular file")
        with file.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        message = f"{file}, named by `{line}`, cannot be read: {error.strerror}"
        raise CellError("lock", message) from error
    return digest.hexdigest()


def _absolute(name: str, folder: Path) -> str:
    return name if "://" in name else str((folder / of_home(name)).absolute())


def _unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted["inner"] if quoted else text


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*", "", line).strip()


def _project(built: Built, extras: tuple[str, ...]) -> Project:
    asked = {canonicalize_name(extra): extra for extra in extras}
    unknown = ", ".join(asked[extra] for extra in sorted(asked.keys() - set(built.provides)))
    if unknown:
        there = ", ".join(built.provides) or "none"
        raise CellError("lock", f"{built.name} {built.version} has no extra {unknown}; it has: {there}")
    chosen = f"[{','.join(extras)}]" if extras else ""
    return Project(
        line=f"{built.name}{chosen} @ {Path(built.path).as_uri()}",
        name=built.name,
        version=re.split(r"\.dev|\+", built.version)[0],
        extras=tuple(sorted(asked)),
        dependencies=_dependencies(built, asked.keys()),
        requires_python=built.requires_python,
    )


def _dependencies(built: Built, extras: AbstractSet[str]) -> tuple[str, ...]:
    """Return the dependencies that can matter when these extras are installed: others change no answer.

    Where the project depends on extras of its own, all can.
    """
    if any(canonicalize_name(line.partition("[")[0].strip()) == built.name for line in built.dependencies):
        return built.dependencies
    return tuple(line for line in built.dependencies if _can_matter(line, extras))


def _can_matter(line: str, extras: AbstractSet[str]) -> bool:
    named = {canonicalize_name(extra) for extra in _EXTRA.findall(line)}
    return not named or " or " in line or not named.isdisjoint(extras)
