"""What a cell wants installed, as installers are told: lines, files, constraints and the project."""

import hashlib
import re
import zipfile
from email.parser import Parser
from pathlib import Path

from msgspec import Struct

from runner.env.groups import group_lines
from runner.env.installed import normalized
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec

_REFERENCE = re.compile(
    r"(?:(?P<short>-[rc])\s*|(?P<long>--requirement|--constraint)(?:\s*=\s*|\s+))(?P<path>\S.*)"
)


class Project(Struct, frozen=True):
    """The project's wheel as a requirement, and a hash of the metadata that resolving depends on."""

    line: str
    metadata: str
    sha256: str


class Wanted(Struct, frozen=True, kw_only=True):
    """All that is to be installed together, nothing looked up yet.

    Files are absolute paths; `contents` maps each file that is referred to, at any depth, to its sha256.
    `prerelease` is set by the cell's settings or by a `--pre` line, which is not among the lines.
    """

    lines: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    contents: dict[str, str] = {}
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
    prerelease: bool = False


def wanted(spec: EnvSpec, built: Built | None) -> Wanted:
    """Return what the cell wants installed. Raises CellError for what cannot be read or is not there."""
    root = Path(spec.root)
    deps = _Read()
    for line in (*spec.requirements, *spec.seed):
        _take(line, root, deps)
    deps.lines += group_lines(root, spec.groups)
    limits = _Read()
    for line in spec.constraints:
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
        prerelease=spec.prerelease or deps.prerelease,
        project=_project(built, spec.extras) if built is not None else None,
    )


def _take(line: str, root: Path, read: _Read) -> None:
    line = _without_comment(line)
    if not line:
        return
    if line == "--pre":
        read.prerelease = True
        return
    match = _REFERENCE.fullmatch(line)
    if match is None:
        read.lines.append(line)
        return
    name = match["path"].strip("'\"")
    is_requirement = match["short"] == "-r" or match["long"] == "--requirement"
    (read.requirement_files if is_requirement else read.constraint_files).append(_absolute(name, root))
    _follow(name, root, line, read)


def _follow(name: str, folder: Path, line: str, read: _Read) -> None:
    """Note the contents of a file that a line names, and of those that it names in turn."""
    path = _absolute(name, folder)
    if "://" in path or path in read.contents or "${" in name:
        return
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        where = f"{path}, named by `{line}`, cannot be read: {error.strerror}"
        raise CellError("lock", f"requirements file {where}") from error
    read.contents[path] = hashlib.sha256(data).hexdigest()
    for inner in data.decode(errors="replace").replace("\\\n", " ").splitlines():
        text = _without_comment(inner)
        if text == "--pre":
            read.prerelease = True
        elif match := _REFERENCE.fullmatch(text):
            _follow(match["path"].strip("'\""), Path(path).parent, text, read)


def _absolute(name: str, folder: Path) -> str:
    return name if "://" in name else str((folder / Path(name).expanduser()).absolute())


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*", "", line).strip()


def _project(built: Built, extras: tuple[str, ...]) -> Project:
    text = wheel_metadata(Path(built.path))
    provided = {normalized(str(extra)) for extra in Parser().parsestr(text).get_all("Provides-Extra", [])}
    unknown = sorted(extra for extra in extras if normalized(extra) not in provided)
    if unknown:
        there = ", ".join(sorted(provided)) or "none"
        raise CellError(
            "lock", f"{built.name} {built.version} has no extra {', '.join(unknown)}; it has: {there}"
        )
    chosen = f"[{','.join(extras)}]" if extras else ""
    version = re.split(r"\.dev|\+", built.version)[0]
    lasting = re.sub(r"(?m)^Version:.*$", f"Version: {version}", text, count=1)
    return Project(
        line=f"{built.name}{chosen} @ {Path(built.path).as_uri()}",
        metadata=hashlib.sha256(lasting.encode()).hexdigest(),
        sha256=built.sha256,
    )


def wheel_metadata(wheel: Path) -> str:
    """Return the METADATA text of a wheel. Raises CellError."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if re.fullmatch(r"[^/]+\.dist-info/METADATA", name):
                    return archive.read(name).decode(errors="replace")
    except (OSError, zipfile.BadZipFile) as error:
        raise CellError("lock", f"{wheel} cannot be read as a wheel: {error}") from error
    raise CellError("lock", f"{wheel} is not a wheel: it has no METADATA")
