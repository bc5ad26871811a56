"""What counts as the project's code."""

from pathlib import Path

import pytest

from runner_coverage.sources import Sources, chosen_sources, guessed_sources, import_roots


def laid_out(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


@pytest.mark.parametrize(
    ("files", "sources"),
    [
        (("src/shop/__init__.py", "tests/test_a.py"), Sources(("src",), ("shop",))),
        (("src/name/space/a.py", "src/one.py"), Sources(("src",), ("one", "name"))),
        (("shop/__init__.py", "tests/__init__.py", "setup.py"), Sources(("shop",), ("shop",))),
        (("tool.py", "test_tool.py", "conftest.py"), Sources((), ("tool",), strict=False)),
        (("README.md",), Sources()),
    ],
)
def test_a_project_that_does_not_say_is_looked_at(
    tmp_path: Path, files: tuple[str, ...], sources: Sources
) -> None:
    assert guessed_sources(laid_out(tmp_path, *files)) == sources


@pytest.mark.parametrize(
    ("source", "names", "sources"),
    [
        (("src/shop/inner",), (), Sources(("src/shop/inner",), ("shop",))),
        (("shop",), (), Sources((), ("shop",), strict=False)),
        (("src",), ("other",), Sources(("src",), ("other", "shop"), strict=False)),
        ((".",), (), Sources((".",), ("setup", "shop", "tests"))),
    ],
)
def test_a_source_is_a_folder_or_else_a_name(
    tmp_path: Path, source: tuple[str, ...], names: tuple[str, ...], sources: Sources
) -> None:
    root = laid_out(
        tmp_path, "src/shop/__init__.py", "src/shop/inner/__init__.py", "tests/test_a.py", "setup.py"
    )
    assert chosen_sources(root, source, names) == sources


def test_import_roots_are_the_folders_above_packages(tmp_path: Path) -> None:
    root = laid_out(tmp_path, "python/shop/inner/__init__.py", "python/shop/__init__.py")
    assert import_roots(root, Sources(("python/shop/inner",))) == ("python", "src", ".")
