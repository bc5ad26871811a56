"""A real Python, packed from the one that runs the tests, that uv downloads from a mirror on loopback."""

import gzip
import hashlib
import io
import json
import os
import platform
import signal
import sys
import sysconfig
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import OWN
from tests.integration.index_server import IndexServer, serving

from runner.testing import Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there is a Python packed so simply")

VERSION = f"{OWN}.99"
"""What the packed Python says that it is: no machine has one."""

RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/download"
SAYS_SO = f"""
import collections, sys
sys.version = sys.version.replace(sys.version.split()[0], {VERSION!r}, 1)
fields = "major minor micro releaselevel serial"
sys.version_info = collections.namedtuple("version_info", fields)(*sys.version_info[:2], 99, "final", 0)
"""
LEFT_OUT = (
    *("test", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "pydoc_data", "unittest"),
    *("site-packages", "dist-packages", "__pycache__", "sitecustomize.py"),
)


@pytest.fixture(scope="module")
def archive() -> bytes:
    """The Python that runs the tests, as it is downloaded: program and standard library."""
    content = io.BytesIO()
    home = f"python/lib/python{OWN}"
    stdlib = Path(sysconfig.get_path("stdlib"))
    library = Path(sys.base_prefix, "lib", str(sysconfig.get_config_var("INSTSONAME")))

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        name = Path(member.name).name
        return None if name in LEFT_OUT or name.startswith("config-") else member

    with (
        gzip.GzipFile(fileobj=content, mode="wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w", dereference=True) as tar,
    ):
        tar.add(os.path.realpath(sys.executable), f"python/bin/python{OWN}")
        tar.add(stdlib, home, filter=wanted)
        if library.suffix != ".a" and library.is_file():
            tar.add(library, f"python/lib/{library.name}")
        member = tarfile.TarInfo(f"{home}/sitecustomize.py")
        member.size = len(SAYS_SO)
        tar.addfile(member, io.BytesIO(SAYS_SO.encode()))
    return content.getvalue()


@pytest.fixture
def mirror(project: Project, archive: bytes) -> Iterator[IndexServer]:
    """A mirror with that Python; the project names it in uv.toml, and has its own folder for Pythons."""
    folder = project.folder / "mirror"
    folder.mkdir()
    (folder / "python.tar.gz").write_bytes(archive)
    major, minor, patch = map(int, VERSION.split("."))
    builds = {
        f"cpython-{VERSION}-linux-{platform.machine()}-gnu": {
            "name": "cpython",
            "arch": {"family": platform.machine(), "variant": None},
            "os": "linux",
            "libc": "gnu",
            "major": major,
            "minor": minor,
            "patch": patch,
            "prerelease": "",
            "url": f"{RELEASES}/python.tar.gz",
            "sha256": hashlib.sha256(archive).hexdigest(),
            "variant": None,
            "build": "20260101",
        }
    }
    list_ = project.folder / "builds.json"
    list_.write_text(json.dumps(builds))
    project.environ["UV_PYTHON_INSTALL_DIR"] = str(project.folder / "pythons")
    project.environ["UV_HTTP_RETRIES"] = "0"
    del project.environ["UV_CONFIG_FILE"]
    with serving(folder) as server:
        project.file(
            "uv.toml",
            f"""
            python-install-mirror = "{server.url}/files"
            python-downloads-json-url = "{list_}"
            """,
        )
        yield server


def asking(project: Project, *pythons: str) -> Project:
    project.config(
        f"""
        missing-python = "download"
        [sessions.t]
        package = "none"
        python = {json.dumps(pythons)}
        commands = ["python -c 'import sys; print(sys.version, sys.base_prefix)'"]
        [sessions.t.matrix]
        backend = ["virtualenv", "venv"]
        """
    )
    return project


def test_a_missing_python_is_downloaded_once_and_runs_the_cells(
    project: Project, mirror: IndexServer
) -> None:
    asking(project, VERSION)
    pythons = project.folder / "pythons"
    missing = f"Python {VERSION} is not installed"
    project.run("plan").assert_exit(0).assert_said(f"{missing}: uv is asked for it")
    project.run("python", "list").assert_exit(0).assert_said(f"{missing}: uv is asked for it")
    project.run("--offline").assert_exit(4).assert_said(f"{missing}, and --offline forbids its download")
    assert not pythons.exists()
    assert mirror.requests == []
    ran = project.run().assert_exit(0)
    note = f"note: {missing}: uv downloads it into {pythons}\n"
    assert ran.stdout.count(note) + ran.stderr.count(note) == 1
    assert mirror.requests == ["/files/python.tar.gz"]
    for cell in ran.cells.values():
        assert cell.python == VERSION, cell
        assert cell.log is not None
        assert f"\n{VERSION} " in Path(project.root, cell.log).read_text()
        assert str(pythons) in Path(project.root, cell.log).read_text()
    assert not (project.folder / "home" / ".local" / "bin").exists()
    again = project.run().assert_exit(0)
    assert note not in again.stdout + again.stderr
    assert len(mirror.requests) == 1
    listed = json.loads(project.run("python", "list", "--format", "json").assert_exit(0).stdout)
    (found,) = (each for each in listed["pythons"] if each["version"] == VERSION)
    assert (found["place"], VERSION in found["taken_for"]) == ("uv", True)
    assert [(each["python"], each["missing"]) for each in listed["config"]["asks"]] == [(VERSION, "")]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("unknown", f"Python {OWN}.98 is not installed, and uv has no build of it: No download found"),
        ("404", "python-install-mirror in uv.toml, names another place to download from"),
        ("damaged", f"could not download Python {VERSION}: Hash mismatch"),
        ("never", f"could not download Python {VERSION}: Python downloads are not allowed"),
    ],
)
def test_what_cannot_be_downloaded_is_one_error(
    project: Project, mirror: IndexServer, fault: str, says: str
) -> None:
    asking(project, f"{OWN}.98" if fault == "unknown" else VERSION)
    if fault == "404":
        mirror.files = "404"
    if fault == "damaged":
        with (mirror.folder / "python.tar.gz").open("ab") as file:
            file.write(b"more")
    ran = project.run(env={"UV_PYTHON_DOWNLOADS": "never"} if fault == "never" else {}).assert_exit(4)
    ran.assert_said(says)
    assert {cell.outcome for cell in ran.cells.values()} == {"error"}


def test_a_download_ends_when_the_run_is_interrupted(project: Project, mirror: IndexServer) -> None:
    asking(project, VERSION)
    mirror.files = "silent"
    with project.start() as started:
        deadline = time.monotonic() + 60
        while not mirror.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        started.send(signal.SIGINT)
        ran = started.wait()
    mirror.released.set()
    ran.assert_exit(130)
    assert {cell.outcome for cell in ran.cells.values()} == {"cancelled"}
    mirror.files = "none"
    project.run("-e", "t-virtualenv").assert_exit(0)
