"""Which code counts: the folders and import names of the project."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_NOT_ITS_CODE = {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks"}
_NOT_ITS_MODULES = {"setup", "conftest", "noxfile", "tasks", "fabfile"}


class Sources(NamedTuple):
    """What is measured: `folders`, relative to the project with slashes, and importable `names`.

    `strict`: nothing but what is in the folders counts. Empty: whatever coverage itself measures.
    """

    folders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    strict: bool = True


def chosen_sources(root: Path, source: tuple[str, ...], names: tuple[str, ...]) -> Sources:
    """Return what the user's `source` and `source_pkgs` say: as coverage does, a folder or else a name."""
    folders = tuple(dict.fromkeys(_relative(entry, root) for entry in source if (root / entry).is_dir()))
    packages = (*(entry for entry in source if not (root / entry).is_dir()), *names)
    importable = (name for folder in folders for name in _names_in(root / folder, root))
    return Sources(folders, tuple(dict.fromkeys((*packages, *importable))), strict=not packages)


def guessed_sources(root: Path) -> Sources:
    """Return the code of a project that does not say: `src`, or else the packages and modules at its top."""
    if (root / "src").is_dir():
        return chosen_sources(root, ("src",), ())
    folders = [
        folder.name
        for folder in _folders(root)
        if (folder / "__init__.py").is_file() and folder.name not in _NOT_ITS_CODE
    ]
    modules = [file.stem for file in sorted(root.glob("*.py")) if _is_module(file)]
    return Sources(tuple(folders), (*folders, *modules), strict=not modules)


def import_roots(root: Path, sources: Sources) -> tuple[str, ...]:
    """Return the folders, relative to the project, below which what is installed of it has its source."""
    above = (_import_root(root / folder, root) for folder in sources.folders)
    return tuple(dict.fromkeys((*above, "src", ".")))


def _names_in(folder: Path, root: Path) -> Iterator[str]:
    """Yield the first names by which code in a folder is imported: to know others, coverage would import."""
    if (folder / "__init__.py").is_file():
        top = folder
        while top.parent != root.parent and (top.parent / "__init__.py").is_file():
            top = top.parent
        yield top.name
        return
    yield from (file.stem for file in sorted(folder.glob("*.py")) if file.stem.isidentifier())
    for inner in _folders(folder):
        if inner.name == "src" and not (inner / "__init__.py").is_file():
            yield from _names_in(inner, root)
        elif any(inner.glob("*.py")) or any(inner.glob("*/*.py")):
            yield inner.name


def _import_root(folder: Path, root: Path) -> str:
    while folder != root and (folder / "__init__.py").is_file():
        folder = folder.parent
    return _relative(str(folder), root)


def _folders(folder: Path) -> list[Path]:
    return [inner for inner in sorted(folder.iterdir()) if inner.name.isidentifier() and inner.is_dir()]


def _is_module(file: Path) -> bool:
    return (
        file.stem.isidentifier() and file.stem not in _NOT_ITS_MODULES and not file.stem.startswith("test_")
    )


def _relative(entry: str, root: Path) -> str:
    path = root / entry
    return str(PurePosixPath(*path.relative_to(root).parts)) if path.is_relative_to(root) else path.as_posix()
