"""The project in a lasting environment: installed to be edited, so that its source is no reason to build."""

import hashlib
import shutil
import zipfile
from pathlib import Path

from msgspec.structs import astuple, replace

from runner.env.lasting.record import Project, Record
from runner.env.requirements.local import local_files
from runner.model.encode import canonical
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec, PackageSpec
from runner.model.python import Interpreter

_FOLDER = ".project"
_NOT_INSTALLED = ("/METADATA", "/RECORD")


def place_to_work(spec: EnvSpec, *, editable: bool = True) -> EnvSpec:
    """Return the spec of the lasting environment of a cell: the project in it is editable.

    It shares no files with the caches of uv and conda, whatever the session says of links: people edit what
    is installed when they look for a fault. (Where a disk cannot clone files, uv makes hard links instead.)
    """
    if editable and spec.package in {"wheel", "sdist"} and spec.package_file is None:
        spec = replace(spec, package="editable")
    return replace(spec, link_mode="copy")


def deciding(spec: EnvSpec, package: PackageSpec) -> dict[str, str]:
    """Map what decides how the project is installed to be edited to hashes; nothing where it is not.

    Raises CellError.
    """
    if spec.package != "editable":
        return {}
    root = Path(package.root)
    try:
        files = {
            str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in local_files("./", root)
        }
    except OSError as error:
        raise CellError("package", f"{error.filename} cannot be read: {error.strerror}") from error
    settings = hashlib.sha256(canonical(package.config.config_settings)).hexdigest()
    return {**files, "config-settings": settings}


def installed_before(record: Record | None, spec: EnvSpec, decided_by: dict[str, str]) -> Built | None:
    """Return the editable wheel that is in the environment, if it would come out the same for `spec`.

    `decided_by` is what `deciding` says now.
    """
    project = record.project if record else None
    if record is None or project is None or spec.package != "editable" or spec.package_file is not None:
        return None
    python = record.parts.python
    if python is None or not _is_same(spec.interpreter, python.executable, python.size, python.mtime):
        return None
    same = project.decided_by == decided_by and Path(project.built.path).is_file()
    return replace(project.built, how="as it was installed", notes=()) if same else None


def digest(built: Built) -> str:
    """Return a hash of what an editable wheel installs, and of what decides its lock.

    Backends write the time of the build into wheels. Raises OSError and zipfile.BadZipFile.
    """
    with zipfile.ZipFile(built.path) as archive:
        files = sorted(
            (file.filename, file.CRC, file.file_size)
            for file in archive.infolist()
            if not file.filename.endswith(_NOT_INSTALLED)
        )
    about = astuple(replace(built, path="", sha256="", how="", notes=()))
    return hashlib.sha256(canonical([files, about])).hexdigest()


def keep(built: Built, decided_by: dict[str, str], folder: Path) -> Project:
    """Copy the wheel that was installed into the environment's folder, to be known again. Raises OSError."""
    copy = folder / _FOLDER / Path(built.path).name
    part = copy.with_suffix(".part")
    copy.parent.mkdir(exist_ok=True)
    shutil.copyfile(built.path, part)
    part.replace(copy)
    return Project(replace(built, path=str(copy)), decided_by)


def _is_same(interpreter: Interpreter | None, executable: str, size: int, mtime: int) -> bool:
    return interpreter is not None and (
        (interpreter.executable, interpreter.size, interpreter.mtime) == (executable, size, mtime)
    )
