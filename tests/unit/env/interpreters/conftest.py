"""Fake Pythons to be found, and finders of one run each."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.unit.env.interpreters.asking import MakeInterpreters

from runner.env.interpreters.find import Downloads, Interpreters
from runner.model.ports import Processes
from runner.model.python import Interpreter, Missing, Offer, PythonSpec

FAKE = """#!{real} -I
import collections, runpy, sys
with open({asked!r}, "a") as file:
    print({text!r}, file=file)
fields = "major minor micro releaselevel serial"
sys.version = sys.version.replace(sys.version.split()[0], {text!r}, 1)
sys.version_info = collections.namedtuple("version_info", fields)(*{version!r})
sys.executable = __file__
if sys.version_info < (3, 4) and sys.argv[1] != "-E":
    sys.exit("Unknown option")
if sys.argv[1] in ("-I", "-E"):
    exec(sys.argv[-1])
else:
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[str]]:
    """Return a look at the versions of all fake Pythons that were run so far, a run each."""

    def look() -> list[str]:
        file = tmp_path / "asked"
        return file.read_text().split() if file.exists() else []

    return look


@pytest.fixture
def fake(tmp_path: Path, interpreter: Interpreter) -> Callable[[str, str], Path]:
    """Return a maker of programs that answer like a Python of another version."""

    def make(name: str, text: str) -> Path:
        release, _, pre = text.partition("rc")
        version = (*map(int, release.split(".")), "candidate" if pre else "final", int(pre or 0))
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        asked = str(tmp_path / "asked")
        path.write_text(FAKE.format(real=interpreter.executable, asked=asked, text=text, version=version))
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def interpreters(environ: dict[str, str], root: Path, processes: Processes) -> MakeInterpreters:
    """Return a maker of Interpreters, one a run, that see PATH and the managers' folders below home."""

    def make(
        missing: Missing = "error",
        path: str = "/nowhere",
        system_roots: tuple[str, ...] = (),
        offers: Mapping[PythonSpec, Offer] = MappingProxyType({}),
        downloads: Downloads | None = None,
    ) -> Interpreters:
        return Interpreters(
            environ=environ | {"PATH": path},
            root=root,
            cache=Path(environ["RUNNER_CACHE_DIR"]),
            processes=processes,
            missing=missing,
            remember=Path(environ["RUNNER_CACHE_DIR"]),
            system_roots=system_roots,
            offers=offers,
            downloads=downloads,
        )

    return make


@pytest.fixture
def later(tmp_path: Path) -> Callable[[], None]:
    """Let an hour pass for all that was made or changed since the last call."""

    def age() -> None:
        now = time.time()
        for path in (tmp_path, *tmp_path.rglob("*")):
            if now - path.lstat().st_mtime < 600:
                os.utime(path, (now - 3600, now - 3600), follow_symlinks=False)

    return age
