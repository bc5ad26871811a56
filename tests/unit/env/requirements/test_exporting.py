"""Locks in the formats of other tools."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from runner.env.requirements.exporting import exported
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.python import Interpreter, PythonSpec

LOCK = """\
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "attrs"
version = "25.3.0"
marker = "python_version < '4'"
sdist = { url = "https://example.invalid/attrs-25.3.0.tar.gz", hashes = { sha256 = "aa" } }
wheels = [
    { url = "https://example.invalid/attrs-25.3.0-py3-none-any.whl", hashes = { sha256 = "bb" } },
    { path = "/somewhere/attrs-25.3.0-py2-none-any.whl", hashes = { sha256 = "cc", md5 = "dd" } },
]

[[packages]]
name = "from-archive"
version = "1.0"
archive = { url = "https://example.invalid/a.zip", subdirectory = "sub", hashes = { sha256 = "ee" } }

[[packages]]
name = "from-git"
version = "1.0"
vcs = { type = "git", url = "https://example.invalid/r.git", commit-id = "c0ffee", subdirectory = "p" }

[[packages]]
name = "from-file"
version = "1.0"
archive = { path = "/project/wheels/from_file-1.0-py3-none-any.whl", hashes = { sha256 = "ff" } }

[[packages]]
name = "edited"
directory = { path = "/project/libs/edited", editable = true }

[[packages]]
name = "folder"
directory = { path = "/elsewhere/folder" }
"""


def spec(implementation: str = "cpython") -> EnvSpec:
    interpreter = Interpreter(
        executable="/usr/bin/python3.12",
        implementation=implementation,
        version="3.12.4",
        sys_version="3.12.4",
        soabi="",
        free_threaded=False,
        size=1,
        mtime=1,
        platform="linux-x86_64",
        tags=(),
    )
    return EnvSpec(
        root="/project",
        cell="tests-py312",
        folder="/project/.runner/dev/tests-py312",
        backend="virtualenv",
        installer="uv",
        python=PythonSpec(text="3.12"),
        interpreter=interpreter,
    )


def test_requirements_have_all_that_the_lock_pins() -> None:
    lines = exported(LOCK, spec(), "requirements", Path("/project")).splitlines()
    assert lines[0].startswith("# What the cell tests-py312 installs, for cpython 3.12.4 on linux-x86_64")
    assert lines[1:] == [
        "attrs==25.3.0 ; python_version < '4' \\",
        "    --hash=md5:dd \\",
        "    --hash=sha256:aa \\",
        "    --hash=sha256:bb \\",
        "    --hash=sha256:cc",
        "from-archive @ https://example.invalid/a.zip#subdirectory=sub \\",
        "    --hash=sha256:ee",
        "from-git @ git+https://example.invalid/r.git@c0ffee#subdirectory=p",
        "from-file @ file:///project/wheels/from_file-1.0-py3-none-any.whl \\",
        "    --hash=sha256:ff",
        "-e ./libs/edited",
        "/elsewhere/folder",
    ]
    for line in (lines[1], lines[6], lines[8]):
        Requirement(line.rstrip(" \\"))


def test_an_environment_file_is_yaml_for_conda() -> None:
    assert exported(LOCK, spec(), "environment", Path("/project")).splitlines()[1:] == [
        "name: tests-py312",
        "dependencies:",
        "  - python=3.12",
        "  - pip",
        "  - pip:",
        "      - \"attrs==25.3.0 ; python_version < '4'\"",
        '      - "from-archive @ https://example.invalid/a.zip#subdirectory=sub"',
        '      - "from-git @ git+https://example.invalid/r.git@c0ffee#subdirectory=p"',
        '      - "from-file @ file:///project/wheels/from_file-1.0-py3-none-any.whl"',
        '      - "-e ./libs/edited"',
        '      - "/elsewhere/folder"',
    ]
    assert exported("", spec(), "environment", Path("/project")).endswith("  - python=3.12\n")
    with pytest.raises(CellError, match="CPython"):
        exported(LOCK, spec("pypy"), "environment", Path("/project"))


def test_a_pylock_has_paths_from_where_it_is() -> None:
    text = exported(LOCK, spec(), "pylock", Path("/project/sub"))
    assert 'path = "../wheels/from_file-1.0-py3-none-any.whl"' in text
    assert 'path = "/elsewhere/folder"' in text
    assert "packages = []" in exported("", spec(), "pylock", Path("/project"))


def test_a_lock_with_a_password_is_not_written_anywhere() -> None:
    secret = LOCK.replace("https://example.invalid/a.zip", "https://me:hidden@example.invalid/a.zip")
    with pytest.raises(CellError, match="credentials") as caught:
        exported(secret, spec(), "requirements", Path("/project"))
    assert "hidden" not in caught.value.message
