"""A whole PEP 517 build backend on one page: no dependencies, no network, quick.

`Project.package` copies this file into a project as its in-tree backend, and `runner.testing.wheels` writes
wheels with it, so it uses the standard library only and runs on every Python 3.8+. It reads
`metadata.json` beside itself, a `Metadata`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import TypedDict

_EPOCH = (2020, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


class Metadata(TypedDict):
    """What is packed, and how the build behaves.

    `tag` is a wheel tag, or `native`: that of the interpreter that builds, as if an extension were in it.
    `entry_points` maps a group to its entries, `extras` an extra to its requirements. `source` is the folder,
    relative to the project, whose files are packed; `counter` is a file to which each build adds a line, or
    empty; `fault` is what a build that breaks says last, or empty.
    """

    name: str
    version: str
    tag: str
    requires: list[str]
    extras: dict[str, list[str]]
    entry_points: dict[str, dict[str, str]]
    source: str
    counter: str
    fault: str


def core_metadata(about: Metadata) -> str:
    """Return the text of METADATA (and PKG-INFO)."""
    lines = ["Metadata-Version: 2.1", f"Name: {about['name']}", f"Version: {about['version']}"]
    lines += [f"Requires-Dist: {line}" for line in about["requires"]]
    for extra, requires in about["extras"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {line}; extra == '{extra}'" for line in requires]
    return "\n".join(lines) + "\n"


def write_wheel(folder: Path, about: Metadata, files: dict[str, bytes]) -> Path:
    """Write a wheel that holds `files` (path in site-packages: content) and return its path."""
    stem = f"{about['name'].replace('-', '_')}-{about['version']}"
    tag = _native_tag() if about["tag"] == "native" else about["tag"]
    info = f"{stem}.dist-info"
    contents = dict(files)
    contents[f"{info}/METADATA"] = core_metadata(about).encode()
    contents[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: runner-testing\nRoot-Is-Purelib: true\n" + f"Tag: {tag}\n"
    ).encode()
    if about["entry_points"]:
        contents[f"{info}/entry_points.txt"] = _entry_points(about["entry_points"]).encode()
    return pack_wheel(folder / f"{stem}-{tag}.whl", info, contents)


def pack_wheel(path: Path, info: str, files: dict[str, bytes]) -> Path:
    """Write `files` and the RECORD that goes with them; `info` is the name of the dist-info folder."""
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    record.append(f"{info}/RECORD,,\n")
    contents = {**files, f"{info}/RECORD": "\n".join(record).encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            member = zipfile.ZipInfo(name, date_time=_EPOCH)
            member.external_attr = _MODE
            archive.writestr(member, content)
    return path


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, str] | None = None,  # noqa: ARG001 - PEP 517 names it
    metadata_directory: str | None = None,  # noqa: ARG001 - PEP 517 names it
) -> str:
    """PEP 517: pack the source folder."""
    about = _begin("wheel")
    source = Path.cwd() / about["source"]
    files = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    return write_wheel(Path(wheel_directory), about, files).name


def build_editable(
    wheel_directory: str,
    config_settings: dict[str, str] | None = None,  # noqa: ARG001 - PEP 660 names it
    metadata_directory: str | None = None,  # noqa: ARG001 - PEP 660 names it
) -> str:
    """PEP 660: a wheel whose one file points at the source folder."""
    about = _begin("editable")
    pointer = f"{Path.cwd() / about['source']}\n".encode()
    return write_wheel(
        Path(wheel_directory), about, {f"_{about['name'].replace('-', '_')}.pth": pointer}
    ).name


def build_sdist(
    sdist_directory: str,
    config_settings: dict[str, str] | None = None,  # noqa: ARG001 - PEP 517 names it
) -> str:
    """PEP 517: pack pyproject.toml, this backend and the source folder."""
    about = _begin("sdist")
    stem = f"{about['name'].replace('-', '_')}-{about['version']}"
    path = Path(sdist_directory) / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name in ("pyproject.toml", Path(__file__).parent.name, about["source"]):
            archive.add(name, f"{stem}/{name}", filter=_plain)
        text = core_metadata(about).encode()
        member = tarfile.TarInfo(f"{stem}/PKG-INFO")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return path.name


def _begin(kind: str) -> Metadata:
    about: Metadata = json.loads((Path(__file__).parent / "metadata.json").read_text("utf-8"))
    if about["counter"]:
        with Path(about["counter"]).open("a", encoding="utf-8") as counter:
            counter.write(kind + os.linesep)
    if about["fault"]:
        raise RuntimeError(about["fault"])
    return about


def _native_tag() -> str:
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    return f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member


def _entry_points(groups: dict[str, dict[str, str]]) -> str:
    return "\n".join(
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
        for group, entries in groups.items()
    )


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
