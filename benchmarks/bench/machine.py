"""What is on this machine: its facts, and the Pythons for the matrix."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.model import BenchmarkError, Machine, Python

WANTED = ("3.9", "3.10", "3.11", "3.12", "3.13")
_SHOW = "import platform, sys; print(sys.version_info[3], platform.python_version(), sys.implementation.name)"


def facts() -> Machine:
    """Return what a reader of the numbers has to know of the machine, and nothing that names it."""
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "model": _first(r"^model name\s*: (.+)$", Path("/proc/cpuinfo")) or platform.machine(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def pythons() -> tuple[Python, ...]:
    """Find a final release of each wanted Python, outside of folders of shims. Raises BenchmarkError."""
    found = tuple(python for name in WANTED if (python := _find(name)))
    if not found:
        raise BenchmarkError(
            f"none of the Pythons {', '.join(WANTED)} was found: install one, or put it on PATH"
        )
    return found


def _find(name: str) -> Python | None:
    candidates = (_ask(name, folder) for folder in _folders(name))
    return next((python for python in candidates if python), None)


def _folders(name: str) -> Iterator[Path]:
    """Yield where Pythons stand: on PATH, then the newest of pyenv's and uv's."""
    yield from (Path(entry) for entry in os.get_exec_path() if "shims" not in Path(entry).parts)
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = home / ".local" / "share" / "uv" / "python"
    for parent, pattern in ((pyenv, f"{name}.*"), (uv, f"cpython-{name}.*")):
        yield from (folder / "bin" for folder in sorted(parent.glob(pattern), key=_numbers, reverse=True))


def _ask(name: str, folder: Path) -> Python | None:
    program = folder / f"python{name}"
    if not os.access(program, os.X_OK):
        return None
    told = subprocess.run(
        [program, "-I", "-c", _SHOW], capture_output=True, text=True, check=False
    ).stdout.split()
    if len(told) != 3 or told[0] != "final" or told[2] != "cpython":  # noqa: PLR2004 - the words that _SHOW prints
        return None
    return Python(name=name, version=told[1], folder=folder)


def _numbers(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.name))


def _first(pattern: str, file: Path) -> str | None:
    if not file.is_file():
        return None
    found = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else None
