"""Where Pythons may be: known from names of files and folders alone, nothing is executed here."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from runner.env.interpreters.answers import Looked, Sight
from runner.model.python import PythonSpec

SYSTEM_ROOTS = (
    *("/usr/bin", "/usr/local/bin", "/opt/*/bin", "/opt/python/*/bin", "/opt/hostedtoolcache/Py*/*/*/bin"),
    "/Library/Frameworks/Python.framework/Versions/*/bin",
)
"""Globs of folders that hold Pythons of the system, on PATH or not."""

_SYSTEM = "system"
_IN_ENVIRONMENT = "in a virtual environment"

_EXECUTABLE = re.compile(r"(?P<impl>python|pypy)(?:(?P<version>\d+\.\d+)|\d)?(?P<threads>t)?")
_FOLDER = re.compile(
    r"(?P<impl>cpython-|pypy-?|)v?(?P<version>\d+\.\d+(?:\.\d+)?)(?P<pre>(?:a|b|rc)\d+)?"
    r"(?P<threads>t|\+freethreaded)?(?P<debug>[-+]debug|d)?(?:[-+].*)?"
)


class Candidate(Struct, frozen=True):
    """An executable that may be a Python, and what its folder's name says.

    `version` has three numbers, two, or none when nothing is known; `pre` says that it is a pre-release.
    """

    program: Sight
    version: tuple[int, ...] = ()
    pre: bool = False


class Install(Struct, frozen=True):
    """A folder of executables of one installed Python, and what the name around it says."""

    folder: str
    implementation: str = ""
    version: tuple[int, ...] = ()
    pre: bool = False
    free_threaded: bool = False
    text: str = ""


class Place(Struct, frozen=True):
    """A folder in which Pythons may be: `name` is `PATH`, a manager's or `system`.

    `refusal` says why no request is answered from there; "" when it is.
    """

    name: str
    folder: str
    refusal: str = ""


def on_path(spec: PythonSpec, environ: Mapping[str, str], looked: Looked) -> Iterator[Candidate]:
    """Yield what may be the Python asked for, in the order of PATH, each real file once.

    `looked` notes all that was looked at so far, here and below.
    """
    seen = set()
    for folder in path_folders(environ):
        looked.folder(folder)
        for name in _names(spec, folder, looked):
            program = _program(os.path.join(folder, name), spec, looked)  # noqa: PTH118 - joined thousands of times
            if program is not None and program.real not in seen:
                seen.add(program.real)
                yield Candidate(program)


def installed(spec: PythonSpec, installs: tuple[Install, ...], looked: Looked) -> tuple[Candidate, ...]:
    """Return what may be the Python asked for among what is installed, each real file once."""
    found: dict[str, Candidate] = {}
    for install in installs:
        if not _may_hold(install, spec):
            continue
        for name in _exact_names(spec, install.folder, looked):
            program = _program(os.path.join(install.folder, name), spec, looked)  # noqa: PTH118 - as above
            if program is not None:
                version = install.version if spec.implementation == "cpython" else ()
                found.setdefault(program.real, Candidate(program, version, install.pre))
    return tuple(found.values())


def path_folders(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders of PATH without those of shims."""
    return tuple(folder for folder in _path(environ) if not is_shims(folder))


def is_shims(folder: str) -> bool:
    """Return whether a folder is one of shims, by its name."""
    return Path(folder).name == "shims"


def places(environ: Mapping[str, str], system_roots: tuple[str, ...]) -> Iterator[Place]:
    """Yield all folders in which Pythons may be, those of shims too, in the order in which requests look."""
    for folder in _path(environ):
        yield Place("PATH", folder)
    for name, folder in _install_folders(environ, system_roots, Looked()):
        yield Place(name, folder, _IN_ENVIRONMENT if _is_environment(folder) else "")


def pythons_in(folder: str) -> tuple[str, ...]:
    """Return the names of Pythons in a folder, those that tell most first."""
    names = (name for name in _listed(folder, Looked()) if is_python_name(name))
    return tuple(sorted(names, key=len, reverse=True))


def manager_roots(environ: Mapping[str, str]) -> dict[str, Path]:
    """Return, by the manager's name, the folder in which it keeps its Pythons."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises without one
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    roots = {
        "pyenv": Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions",
        "mise": Path(environ.get("MISE_DATA_DIR") or data / "mise") / "installs" / "python",
        "asdf": Path(environ.get("ASDF_DATA_DIR") or home / ".asdf") / "installs" / "python",
        "uv": Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python"),
    }
    return {manager: folder.absolute() for manager, folder in roots.items()}


def all_installed(
    environ: Mapping[str, str], system_roots: tuple[str, ...], looked: Looked
) -> tuple[Install, ...]:
    """Return the folders of all installed Pythons, the managers' first; environments are left out."""
    return tuple(
        Install(folder) if name == _SYSTEM else _install(Path(folder).parent)
        for name, folder in _install_folders(environ, system_roots, looked)
        if not _is_environment(folder)
    )


def is_python_name(path: str) -> bool:
    """Return whether a file is named as Pythons are."""
    return _match(path) is not None


def versions(installs: tuple[Install, ...], implementation: str) -> tuple[str, ...]:
    """Return the versions of an implementation that names tell of, newest first, as people write them."""
    found: dict[str, tuple[int, ...]] = {}
    for install in installs:
        if install.version and install.implementation == implementation:
            found.setdefault(install.text, install.version)
        elif not install.version:
            found |= _versions_in(install.folder, implementation)
    return tuple(sorted(found, key=lambda text: found[text], reverse=True))


def _path(environ: Mapping[str, str]) -> tuple[str, ...]:
    folders = dict.fromkeys(environ.get("PATH", os.defpath).split(os.pathsep))
    return tuple(filter(os.path.isabs, folders))


def _install_folders(
    environ: Mapping[str, str], system_roots: tuple[str, ...], looked: Looked
) -> Iterator[tuple[str, str]]:
    """Yield the folders of programs of all that is installed, each with its manager's name."""
    for name, root in manager_roots(environ).items():
        for folder in _expand([str(root)], ("*", "bin"), looked):
            yield name, folder
    for pattern in system_roots:
        for folder in _expand(["/"], pattern.lstrip("/").split("/"), looked):
            yield _SYSTEM, folder


def _is_environment(folder: str) -> bool:
    return (Path(folder).parent / "pyvenv.cfg").exists()


def _names(spec: PythonSpec, folder: str, looked: Looked) -> tuple[str, ...]:
    """Return the names under which the Python asked for may be in the folder, the likeliest first."""
    major = spec.version[0]
    exact = _exact_names(spec, folder, looked)
    python = (f"python{major}", "python")
    if spec.implementation == "pypy":
        as_python = (name.replace("pypy", "python", 1) for name in exact)
        return (*exact, f"pypy{major}", "pypy", *as_python, *python)
    return (*exact, *python)


def _exact_names(spec: PythonSpec, folder: str, looked: Looked) -> tuple[str, ...]:
    """Return the names that tell the version asked for; of one number, all in the folder that begin so."""
    threads = "t" if spec.free_threaded else ""
    begin = "pypy" if spec.implementation == "pypy" else "python"
    if len(spec.version) > 1:
        return (f"{begin}{spec.version[0]}.{spec.version[1]}{threads}",)
    plain = f"{begin}{spec.version[0]}"
    numbered = {
        name: int(name.removeprefix(f"{plain}.").removesuffix("t"))
        for name in _listed(folder, looked)
        if name.startswith(f"{plain}.")
        and (match := _match(name))
        and bool(match["threads"]) == bool(threads)
    }
    return (plain, *sorted(numbered, key=numbered.__getitem__, reverse=True))


def _program(path: str, spec: PythonSpec, looked: Looked) -> Sight | None:
    if not os.path.lexists(path):  # its folder will tell when it appears
        return None
    program = looked.program(path)
    if not program.is_file or not os.access(path, os.X_OK):
        return None
    return program if _may_be(program.real, spec) else None


def _match(path: str) -> "re.Match[str] | None":
    return _EXECUTABLE.fullmatch(os.path.basename(path).removesuffix(".exe"))  # noqa: PTH119 - as above


def _may_be(path: str, spec: PythonSpec) -> bool:
    """Whether a file of that name may be the Python asked for."""
    match = _match(path)
    if match is None:
        return False  # one program under many names, such as a version manager's
    if match["version"] and not _begin_alike(tuple(map(int, match["version"].split("."))), spec.version):
        return False
    if match["version"] and bool(match["threads"]) and not spec.free_threaded:
        return False
    return (spec.implementation == "pypy") == (match["impl"] == "pypy")


def _expand(folders: list[str], parts: Sequence[str], looked: Looked) -> list[str]:
    """Return the folders to which a glob, in its parts, leads; each is noted before it is read."""
    for part in parts:
        if "*" in part:
            folders = [
                os.path.join(folder, name)  # noqa: PTH118 - as above
                for folder in folders
                for name in _listed(folder, looked)
                if fnmatchcase(name, part)
            ]
        else:
            folders = [os.path.join(folder, part) for folder in folders]  # noqa: PTH118 - as above
    return [folder for folder in folders if looked.folder(folder).is_folder]


def _listed(folder: str, looked: Looked) -> list[str]:
    looked.folder(folder)
    with suppress(OSError):
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is wanted
    return []


def _install(folder: Path) -> Install:
    name = folder.resolve().name if folder.is_symlink() else folder.name
    match = _FOLDER.fullmatch(name)
    if match is None or match["debug"]:
        return Install(str(folder / "bin"))
    pypy = match["impl"].startswith("pypy")
    return Install(
        folder=str(folder / "bin"),
        implementation="pypy" if pypy else "cpython",
        version=tuple(map(int, match["version"].split("."))),
        pre=match["pre"] is not None,
        free_threaded=match["threads"] is not None,
        text=("pypy" if pypy else "")
        + match["version"]
        + (match["pre"] or "")
        + ("t" if match["threads"] else ""),
    )


def _may_hold(install: Install, spec: PythonSpec) -> bool:
    if not install.version:
        return True
    return (
        install.implementation == spec.implementation
        and install.free_threaded == spec.free_threaded
        and _begin_alike(install.version, spec.version)
    )


def _begin_alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two versions agree in the numbers that both have."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _versions_in(folder: str, implementation: str) -> dict[str, tuple[int, ...]]:
    prefix = "pypy" if implementation == "pypy" else ""
    found = {}
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - names are all that is wanted of big folders
            match = _EXECUTABLE.fullmatch(name)
            if match and match["version"] and (match["impl"] == "pypy") == bool(prefix):
                text = f"{prefix}{match['version']}{match['threads'] or ''}"
                found[text] = tuple(map(int, match["version"].split(".")))
    return found
