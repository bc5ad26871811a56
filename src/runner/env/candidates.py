"""Where Pythons may be: known from names of files and folders alone, nothing is executed here."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from runner.model.python import PythonSpec

SYSTEM_ROOTS = (
    *("/usr/bin", "/usr/local/bin", "/opt/*/bin", "/opt/python/*/bin", "/opt/hostedtoolcache/Py*/*/*/bin"),
    "/Library/Frameworks/Python.framework/Versions/*/bin",
)
"""Globs of folders that hold Pythons of the system, on PATH or not."""

_EXECUTABLE = re.compile(r"(?P<impl>python|pypy)(?:(?P<version>\d+\.\d+)|\d)?(?P<threads>t)?")
_FOLDER = re.compile(
    r"(?P<impl>cpython-|pypy-?|)v?(?P<version>\d+\.\d+(?:\.\d+)?)(?P<pre>(?:a|b|rc)\d+)?"
    r"(?P<threads>t|\+freethreaded)?(?P<debug>[-+]debug|d)?(?:[-+].*)?"
)


class Candidate(Struct, frozen=True):
    """An executable that may be a Python: its real path, and what its folder's name says.

    `version` has three numbers, two, or none when nothing is known; `pre` says that it is a pre-release.
    """

    real: str
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


def on_path(spec: PythonSpec, environ: Mapping[str, str]) -> Iterator[Candidate]:
    """Yield what may be the Python asked for, in the order of PATH, each real file once."""
    seen = set()
    for folder in path_folders(environ):
        for name in _names(spec):
            real = _real(os.path.join(folder, name), spec)  # noqa: PTH118 - joined thousands of times
            if real is not None and real not in seen:
                seen.add(real)
                yield Candidate(real)


def installed(spec: PythonSpec, installs: tuple[Install, ...]) -> tuple[Candidate, ...]:
    """Return what may be the Python asked for among what is installed, each real file once."""
    found: dict[str, Candidate] = {}
    for install in installs:
        if _may_hold(install, spec):
            real = _real(os.path.join(install.folder, _names(spec)[0]), spec)  # noqa: PTH118 - as above
            if real is not None:
                version = install.version if spec.implementation == "cpython" else ()
                found.setdefault(real, Candidate(real, version, install.pre))
    return tuple(found.values())


def path_folders(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders of PATH without those of shims."""
    folders = dict.fromkeys(environ.get("PATH", os.defpath).split(os.pathsep))
    return tuple(folder for folder in folders if os.path.isabs(folder) and Path(folder).name != "shims")  # noqa: PTH117 - text


def manager_roots(environ: Mapping[str, str]) -> dict[str, Path]:
    """Return, by the manager's name, the folder in which it keeps its Pythons."""
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    return {
        "pyenv": Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions",
        "mise": Path(environ.get("MISE_DATA_DIR") or data / "mise") / "installs" / "python",
        "asdf": Path(environ.get("ASDF_DATA_DIR") or home / ".asdf") / "installs" / "python",
        "uv": Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python"),
    }


def all_installed(
    environ: Mapping[str, str], system_roots: tuple[str, ...] = SYSTEM_ROOTS
) -> tuple[Install, ...]:
    """Return the folders of all installed Pythons, the managers' first; environments are left out."""
    found = []
    for root in manager_roots(environ).values():
        with suppress(OSError):
            found += [_install(folder) for folder in sorted(root.iterdir()) if (folder / "bin").is_dir()]
    for pattern in system_roots:
        glob = Path("/").glob(pattern.lstrip("/"))
        found += [Install(str(folder)) for folder in sorted(glob) if folder.is_dir()]
    return tuple(install for install in found if not (Path(install.folder).parent / "pyvenv.cfg").exists())


def versions(installs: tuple[Install, ...], implementation: str) -> tuple[str, ...]:
    """Return the versions of an implementation that names tell of, newest first, as people write them."""
    found: dict[str, tuple[int, ...]] = {}
    for install in installs:
        if install.version and install.implementation == implementation:
            found.setdefault(install.text, install.version)
        elif not install.version:
            found |= _versions_in(install.folder, implementation)
    return tuple(sorted(found, key=lambda text: found[text], reverse=True))


def _names(spec: PythonSpec) -> tuple[str, ...]:
    major, minor = spec.version[:2]
    threads = "t" if spec.free_threaded else ""
    python = (f"python{major}.{minor}{threads}", f"python{major}", "python")
    if spec.implementation == "pypy":
        return (f"pypy{major}.{minor}{threads}", f"pypy{major}", "pypy", *python)
    return python


def _real(path: str, spec: PythonSpec) -> str | None:
    if not os.access(path, os.X_OK):
        return None
    real = os.path.realpath(path)
    match = _EXECUTABLE.fullmatch(Path(real).name.removesuffix(".exe"))
    if match is None:
        return None  # one program under many names, such as a version manager's
    if match["version"] and tuple(map(int, match["version"].split("."))) != spec.version[:2]:
        return None
    if (spec.implementation == "pypy") != (match["impl"] == "pypy"):
        return None
    if match["version"] and bool(match["threads"]) and not spec.free_threaded:
        return None
    return real if Path(real).is_file() else None


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
        and all(a == b for a, b in zip(install.version, spec.version, strict=False))
    )


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
