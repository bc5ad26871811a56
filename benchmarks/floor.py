# /// script
# requires-python = ">=3.10"
# dependencies = ["uv", "virtualenv"]
# ///
"""The floor: what fresh environments cost when nothing is done but the work itself.

`prepare` resolves, builds the wheel, fills the installer's cache and keeps bytecode. `run` creates the
environments by virtualenv in this process, installs the ready locks offline and starts the command in each,
some at a time; with `--bytecode` it links the stored bytecode first. `clean` deletes what a run made.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import uv
import virtualenv

UV = uv.find_uv_bin()
MADE, READY = "made", "ready"


@dataclass(frozen=True)
class Floor:
    """What is to be done below `folder`: `command` in an environment with `requirements` for each Python."""

    folder: Path
    pythons: tuple[str, ...]
    requirements: tuple[str, ...]
    project: Path | None
    command: tuple[str, ...]
    jobs: int
    bytecode: bool

    def lock(self, number: int) -> Path:
        """Return the lock for a Python."""
        return self.folder / f"pylock.{number}.toml"

    def store(self, number: int) -> Path:
        """Return where the bytecode for a Python is kept."""
        return self.folder / "bytecode" / str(number)


def main() -> None:
    """Do what the command line says; after `--` stands the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("prepare", "run", "clean"))
    parser.add_argument("--folder", type=Path, default=Path(".floor"))
    parser.add_argument("--python", action="append", required=True)
    parser.add_argument("--requirement", action="append", default=[])
    parser.add_argument("--project", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--bytecode", action="store_true")
    end = sys.argv.index("--")
    given = parser.parse_args(sys.argv[1:end])
    floor = Floor(
        folder=given.folder.absolute(),
        pythons=tuple(given.python),
        requirements=tuple(given.requirement),
        project=given.project,
        command=tuple(sys.argv[end + 1 :]),
        jobs=given.jobs,
        bytecode=given.bytecode,
    )
    {"prepare": prepare, "run": run, "clean": clean}[given.what](floor)


def prepare(floor: Floor) -> None:
    """Do once what the floor does not count."""
    floor.folder.mkdir(parents=True)
    wanted = floor.folder / "requirements.in"
    wanted.write_text(
        "".join(f"{line}\n" for line in (*floor.requirements, *_wheel(floor))), encoding="utf-8"
    )
    for number, python in enumerate(floor.pythons):
        _call(
            UV,
            "pip",
            "compile",
            "-q",
            "--format",
            "pylock.toml",
            "--python",
            python,
            wanted,
            "-o",
            floor.lock(number),
        )
        ready = floor.folder / READY / str(number)
        _create(python, ready)
        _call(*_install(floor, number, ready))
        _call(ready / "bin" / "python", "-m", "compileall", "-q", "-j", "1", *_sites(ready), check=False)
        for site in _sites(ready):
            _link(sorted(site.rglob("*.pyc")), site, floor.store(number))


def run(floor: Floor) -> None:
    """Create, install, start: for all Pythons, `jobs` at a time."""
    with ThreadPoolExecutor(floor.jobs) as pool:
        for done in [pool.submit(_cell, floor, number) for number in range(len(floor.pythons))]:
            done.result()


def clean(floor: Floor) -> None:
    """Delete what a run made."""
    shutil.rmtree(floor.folder / MADE, ignore_errors=True)


def _cell(floor: Floor, number: int) -> None:
    environment = floor.folder / MADE / str(number)
    _create(floor.pythons[number], environment)
    _call(*_install(floor, number, environment), "--offline")
    if floor.bytecode:
        store = floor.store(number)
        _link(sorted(store.rglob("*.pyc")), store, _sites(environment)[0])
    programs = environment / "bin"
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    _call(programs / floor.command[0], *floor.command[1:], env={**os.environ, "PATH": path})


def _create(python: str, folder: Path) -> None:
    arguments = [str(folder), "--python", python, "--no-seed", "--no-periodic-update", "--activators", "bash"]
    virtualenv.cli_run(arguments, setup_logging=False)


def _install(floor: Floor, number: int, environment: Path) -> tuple[str | Path, ...]:
    python = environment / "bin" / "python"
    return (
        *(UV, "pip", "install", "-q", "--preview-features", "pylock", "--python", python),
        *("-r", floor.lock(number)),
    )


def _wheel(floor: Floor) -> tuple[str, ...]:
    """Build the project's wheel and return the requirement for it."""
    if floor.project is None:
        return ()
    _call(UV, "build", "-q", "--wheel", "--out-dir", floor.folder / "wheels", floor.project)
    return tuple(
        f"{wheel.name.split('-')[0]} @ {wheel.as_uri()}" for wheel in (floor.folder / "wheels").glob("*.whl")
    )


def _sites(environment: Path) -> tuple[Path, ...]:
    return tuple((environment / "lib").glob("python*/site-packages"))


def _link(files: Iterable[Path], source: Path, target: Path) -> None:
    """Link files below `source` to the same places below `target`."""
    made: set[Path] = set()
    for file in files:
        place = target / file.relative_to(source)
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        os.link(file, place)


def _call(*command: str | Path, check: bool = True, env: dict[str, str] | None = None) -> None:
    subprocess.run([str(word) for word in command], check=check, env=env, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
