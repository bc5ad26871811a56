"""Conda channels that a test makes: folders of packages with an index, and a server for them on this machine.

The formats are those of conda's own documentation: `.tar.bz2` and `.conda` packages, `repodata.json`.
"""

import base64
import bz2
import functools
import hashlib
import io
import json
import os
import struct
import sys
import sysconfig
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from rattler import Subdir

PLATFORM = str(Subdir.current())
VERSION = ".".join(map(str, sys.version_info[:3]))
MINOR = ".".join(map(str, sys.version_info[:2]))

_RUNS_A_FILE = """
def main():
    import runpy
    import sys

    runpy.run_path(sys.argv[1], run_name="__main__")
"""

_LEFT_OUT = frozenset(
    (
        *(
            "test",
            "tests",
            "site-packages",
            "dist-packages",
            "__pycache__",
            "idlelib",
            "ensurepip",
            "tkinter",
        ),
        *("lib2to3", "turtledemo", "pydoc_data"),
    )
)


class Configure(Protocol):
    """Writes the config: one session on conda with these packages, and `more` keys and tables."""

    def __call__(
        self, *packages: str, command: str = "python --version", more: str = "", package: str = "none"
    ) -> None: ...


class Link(Struct, frozen=True):
    """A symbolic link in a package."""

    target: str


class Program(Struct, frozen=True):
    """A file in a package that can be run."""

    content: bytes


Content = bytes | Program | Link


class LocalChannel:
    """A channel in a folder. What is added can be had once `index` was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: dict[str, dict[str, dict[str, object]]] = {PLATFORM: {}, "noarch": {}}

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def add(
        self,
        name: str,
        version: str = "1.0",
        files: Mapping[str, Content] | None = None,
        *,
        depends: tuple[str, ...] = (),
        scripts: tuple[str, ...] = (),
        python: bool = False,
        more: Mapping[str, object] | None = None,
    ) -> Path:
        """Add a package, and return its file; a `python` one is for every platform."""
        subdir = "noarch" if python else PLATFORM
        about = _about(
            name, version, subdir, depends, **({"noarch": "python"} if python else {}), **(more or {})
        )
        info = {
            "info/index.json": json.dumps(about).encode(),
            "info/paths.json": json.dumps({"paths": _paths(files or {}), "paths_version": 1}).encode(),
        }
        if python:
            link = {"noarch": {"type": "python", "entry_points": scripts}, "package_metadata_version": 1}
            info["info/link.json"] = json.dumps(link).encode()
        file = self.folder / subdir / f"{name}-{version}-0.tar.bz2"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bz2.compress(_tar({**info, **(files or {})}), 1))
        self._enter(file, about)
        return file

    def distribution(
        self, name: str, version: str = "1.0", *, package: str = "", requires: tuple[str, ...] = ()
    ) -> Path:
        """Add a distribution, and return the file of its `package`.

        It has a module with its VERSION, and a script `NAME-tool` that runs a Python file.
        """
        module = name.replace("-", "_")
        folder = f"site-packages/{module}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        code = f"VERSION = 'conda {version}'\n{_RUNS_A_FILE}"
        files = {
            f"site-packages/{module}.py": code.encode(),
            f"{folder}/METADATA": metadata.encode(),
            f"{folder}/RECORD": f"{module}.py,,\n".encode(),
            f"{folder}/INSTALLER": b"conda\n",
        }
        scripts = (f"{name}-tool = {module}:main",)
        depends = ("python", *requires)
        return self.add(package or name, version, files, depends=depends, scripts=scripts, python=True)

    def add_python(self, file: Path) -> None:
        """Add the Python in this file, as `write_python` wrote it."""
        target = self.folder / PLATFORM / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
        self._enter(target, _about_python())

    def _enter(self, file: Path, about: Mapping[str, object]) -> None:
        data = file.read_bytes()
        self._entries[file.parent.name][file.name] = {
            **about,
            "sha256": hashlib.sha256(data).hexdigest(),
            "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "size": len(data),
        }

    def index(self, **lies: str) -> None:
        """Write what the channel has. `lies` maps names of packages to the sha256 that is said of them."""
        for subdir, entries in self._entries.items():
            told = {
                name: {**entry, "sha256": lies.get(str(entry["name"]), entry["sha256"])}
                for name, entry in entries.items()
            }
            document = {
                "info": {"subdir": subdir},
                "packages": {name: entry for name, entry in told.items() if name.endswith(".bz2")},
                "packages.conda": {name: entry for name, entry in told.items() if name.endswith(".conda")},
                "repodata_version": 1,
            }
            (self.folder / subdir).mkdir(parents=True, exist_ok=True)
            (self.folder / subdir / "repodata.json").write_text(json.dumps(document))


def write_python(folder: Path) -> Path:
    """Write the Python that runs the tests as a `.conda` package, and return the file.

    It is without its own tests and what needs a screen. It looks for its modules from where it is, so it can
    be in any prefix.
    """
    about = _about_python()
    files = dict(_python_files())
    info = {
        "info/index.json": json.dumps(about).encode(),
        "info/paths.json": json.dumps({"paths": _paths(files), "paths_version": 1}).encode(),
    }
    stem = f"python-{VERSION}-0"
    file = folder / f"{stem}.conda"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        archive.writestr(f"pkg-{stem}.tar.zst", _zstandard(_tar(files)))
        archive.writestr(f"info-{stem}.tar.zst", _zstandard(_tar(info)))
    return file


@contextmanager
def served(folder: Path, *, login: str = "", token: str = "") -> Iterator[str]:
    """Serve a channel on this machine, and yield its address.

    With a `login`, `user:password`, or a `token`, which comes in paths, it is private.
    """
    handler = functools.partial(_Handler, login, token, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, login: str, token: str, *args: object, **kwargs: object) -> None:
        self._expected = f"Basic {base64.b64encode(login.encode()).decode()}" if login else None
        self._before = f"/t/{token}" if token else ""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a request, an address, a server

    def do_GET(self) -> None:
        with suppress(ConnectionError):  # whoever asked has heard enough
            known = self.headers.get("Authorization") == self._expected
            if known and self.path.startswith(self._before):
                self.path = self.path.removeprefix(self._before)
                super().do_GET()
            else:
                self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _about(
    name: str, version: str, subdir: str, depends: tuple[str, ...] = (), **more: object
) -> dict[str, object]:
    return {
        "name": name,
        "version": version,
        "build": "0",
        "build_number": 0,
        "subdir": subdir,
        "depends": list(depends),
        "constrains": [],
        "timestamp": 1_700_000_000_000,
        **more,
    }


def _about_python() -> dict[str, object]:
    site = f"lib/python{MINOR}/site-packages"
    return _about("python", VERSION, PLATFORM, python_site_packages_path=site)


def _python_files() -> Iterator[tuple[str, Content]]:
    library = Path(sysconfig.get_path("stdlib"))
    for folder, names, files in os.walk(library):
        names[:] = [name for name in names if name not in _LEFT_OUT and not name.startswith("config-")]
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                yield f"lib/python{MINOR}/{path.relative_to(library).as_posix()}", path.read_bytes()
    program = Path(sys.executable).resolve().read_bytes()
    yield f"bin/python{MINOR}", Program(program)
    shared = str(sysconfig.get_config_var("INSTSONAME"))
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and b"$ORIGIN" in program:
        yield f"lib/{shared}", Path(str(sysconfig.get_config_var("LIBDIR")), shared).read_bytes()
    yield "bin/python3", Link(f"python{MINOR}")
    yield "bin/python", Link(f"python{MINOR}")


def _paths(files: Mapping[str, Content]) -> list[dict[str, object]]:
    return [
        {
            "_path": path,
            "path_type": "softlink" if isinstance(content, Link) else "hardlink",
            "sha256": hashlib.sha256(_bytes(content)).hexdigest(),
            "size_in_bytes": len(_bytes(content)),
        }
        for path, content in files.items()
    ]


def _bytes(content: Content) -> bytes:
    match content:
        case Program():
            return content.content
        case Link():
            return b""
        case bytes():
            return content


def _tar(files: Mapping[str, Content]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if isinstance(content, Link):
                member.type, member.linkname = tarfile.SYMTYPE, content.target
            else:
                member.size = len(_bytes(content))
                member.mode = 0o755 if isinstance(content, Program) else 0o644
            archive.addfile(member, io.BytesIO(_bytes(content)))
    return buffer.getvalue()


def _zstandard(data: bytes) -> bytes:
    """Return a frame of Zstandard (RFC 8878) in which nothing is compressed: quick, and no library needed."""
    most = 1 << 17
    blocks = [data[at : at + most] for at in range(0, len(data), most)]
    frame = [b"\x28\xb5\x2f\xfd", b"\xa0", struct.pack("<I", len(data))]
    for number, block in enumerate(blocks, 1):
        frame += [struct.pack("<I", len(block) << 3 | (number == len(blocks)))[:3], block]
    return b"".join(frame)
