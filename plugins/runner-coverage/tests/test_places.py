"""Paths of other machines and of environments, brought home."""

import pytest

from runner_coverage.places import is_foreign, local_path
from runner_coverage.record import Record

HERE = {"/here/src/shop/a.py", "/here/tool.py", "/here/lib/shop/b.py"}


def record(*roots: str, environment: str = "/ci/shop/.runner/envs/tests") -> Record:
    return Record(cell="tests", factors={}, roots=roots, environment=environment)


@pytest.mark.parametrize(
    ("path", "roots", "local"),
    [
        ("/ci/shop/src/shop/a.py", ("/ci/shop",), "/here/src/shop/a.py"),
        ("/ci/shop/tool.py", ("/ci/shop",), "/here/tool.py"),
        ("/ci/copy/tool.py", ("/ci/copy", "/ci/shop"), "/here/tool.py"),
        (
            "/ci/shop/.runner/envs/t/lib/python3.8/site-packages/shop/a.py",
            ("/ci/shop",),
            "/here/src/shop/a.py",
        ),
        ("/ci/shop/.runner/envs/t/lib/python3.8/site-packages/tool.py", ("/ci/shop",), "/here/tool.py"),
        ("C:\\ci\\shop\\.runner\\envs\\t\\Lib\\site-packages\\shop\\a.py", (), "/here/src/shop/a.py"),
        ("c:\\CI\\shop\\src\\shop\\a.py", ("C:\\ci\\shop",), "/here/src/shop/a.py"),
        ("/CI/shop/tool.py", ("/ci/shop",), "/CI/shop/tool.py"),
        ("/ci/shop/gone.py", ("/ci/shop",), "/ci/shop/gone.py"),
        ("/ci/shopping/tool.py", ("/ci/shop",), "/ci/shopping/tool.py"),
        (
            "/envs/lib/python3.8/site-packages/other.py",
            ("/ci/shop",),
            "/envs/lib/python3.8/site-packages/other.py",
        ),
    ],
)
def test_a_path_is_that_of_the_file_here(path: str, roots: tuple[str, ...], local: str) -> None:
    assert local_path(path, record(*roots), "/here", ("src", "."), HERE.__contains__) == local


def test_import_roots_are_tried_in_order() -> None:
    path = "/x/site-packages/shop/b.py"
    assert (
        local_path(path, record(), "/here", ("src", "lib", "."), HERE.__contains__) == "/here/lib/shop/b.py"
    )


@pytest.mark.parametrize(
    ("path", "foreign"),
    [
        ("/here/src/shop/a.py", False),
        ("/site-packages/project/a.py", False),
        ("/here/.runner/envs/t/tmp/made.py", True),
        ("/usr/lib/python3/dist-packages/apt.py", True),
        ("/site-packages/project/venv/lib/site-packages/b.py", True),
    ],
)
def test_what_is_in_an_environment_is_of_others(path: str, foreign: bool) -> None:
    root = "/site-packages/project" if path.startswith("/site") else "/here"
    assert is_foreign(path, root, ("/here/.runner/envs/t",)) is foreign
