"""What uv reads of its own settings: the files, and what we cannot let them say."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from runner.env.installers.pipsettings import is_on
from runner.model.errors import CellError
from runner.model.toml import TOMLError, parse

_ELSEWHERE = ("target", "prefix", "python-platform", "extra", "all-extras", "group", "no-emit-package")
"""Settings of `uv pip` that change what gets into an environment, or where, and cannot be overruled."""


class UvFile(Struct, frozen=True):
    """A file that uv takes settings from: its path, and the settings in it."""

    path: str
    table: dict[str, object]

    @property
    def pip(self) -> dict[str, object]:
        """The settings of `uv pip` alone."""
        table = self.table.get("pip")
        return table if isinstance(table, dict) else {}


def uv_files(environ: Mapping[str, str], root: Path) -> tuple[UvFile, ...]:
    """Return the files that uv takes settings from when it runs in `root`, the strongest first."""
    if is_on(environ.get("UV_NO_CONFIG", "")):
        return ()
    if environ.get("UV_CONFIG_FILE"):
        return tuple(_read(root / environ["UV_CONFIG_FILE"]))
    config = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or Path.home()) / ".config")
    return (*_of_project(root), *_read(config / "uv" / "uv.toml"), *_read(Path("/etc/uv/uv.toml")))


def refuse_elsewhere(files: tuple[UvFile, ...]) -> None:
    """Raise CellError when a file would make uv install other things, or elsewhere, than a cell asks for."""
    for file in files:
        said = [key for key in _ELSEWHERE if file.pip.get(key)]
        if said:
            raise CellError(
                "lock",
                f"{file.path}: the settings of uv pip ({', '.join(said)}) change what is installed into"
                " environments, or where: remove them, or set UV_NO_CONFIG=1, and uv reads none of its files",
            )


def _of_project(root: Path) -> Iterator[UvFile]:
    """The nearest uv.toml or [tool.uv], upwards from `root`: uv reads one only."""
    for folder in (root, *root.parents):
        if (folder / "uv.toml").is_file():
            yield from _read(folder / "uv.toml")
            return
        found = tuple(_read(folder / "pyproject.toml", ("tool", "uv")))
        if found:
            yield from found
            return


def _read(file: Path, keys: tuple[str, ...] = ()) -> Iterator[UvFile]:
    """The settings at `keys` of a TOML file, if there are any; what cannot be read, uv reports itself."""
    table: object = None
    with suppress(OSError, UnicodeDecodeError, TOMLError):
        table = parse(file.read_text(encoding="utf-8"))
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    if isinstance(table, dict):
        yield UvFile(str(file), table)
