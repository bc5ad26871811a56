"""Anything in the place of a lock file of another tool: one error each, and no lock that cannot be read."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from packaging.markers import default_environment
from packaging.tags import sys_tags
from tests.property.effort import effort
from tests.property.hostile import TOML_TOKENS, mutated

from runner.env.given.pipfile import pipfile_sha256
from runner.env.given.pipfile_lines import batches
from runner.env.given.pipfile_lock import parse_pipfile_lock
from runner.env.given.pylock_parts import Part, for_cell, read_pylock
from runner.env.requirements.pylock import checked, entries, joined, places, without
from runner.model.errors import CellError
from runner.model.python import Interpreter
from runner.model.toml import parse

HERE = Interpreter(
    executable=sys.executable,
    implementation="cpython",
    version="{}.{}.{}".format(*sys.version_info),
    sys_version=sys.version,
    soabi="",
    free_threaded=False,
    size=0,
    mtime=0,
    platform="linux-x86_64",
    tags=tuple(map(str, sys_tags())),
)
PIPFILE_LOCK = json.dumps(
    {
        "_meta": {
            "hash": {"sha256": "0"},
            "pipfile-spec": 6,
            "requires": {"python_version": "3.11"},
            "sources": [{"name": "pypi", "url": "https://${WHO}@example.invalid/simple", "verify_ssl": True}],
        },
        "default": {
            "six": {"version": "==1.17.0", "hashes": ["sha256:aa"], "markers": "python_version >= '3'"},
            "a": {"git": "git@example.invalid:a.git", "ref": "main", "subdirectory": "x"},
            "b": {"path": "./b", "editable": True, "sys_platform": "== 'linux'"},
            "c": {"file": "https://example.invalid/c.zip", "index": "pypi"},
        },
        "develop": {"six": "==1.17.0"},
    },
    indent=1,
)
PYLOCK = """\
lock-version = "1.0"
created-by = "x"
requires-python = ">=3.8"
extras = ["more"]

[[packages]]
name = "a"
version = "1"
marker = "python_version >= '3' and 'more' in extras"
wheels = [{ path = "a-1-py3-none-any.whl", upload-time = 2024-01-01T00:00:00Z, hashes = { sha256 = "aa" } }]

[[packages]]
name = "b"
directory = { path = "b", editable = true, subdirectory = "x" }

[[packages]]
name = "c"
vcs = { type = "git", url = "https://example.invalid/c", commit-id = "abc" }

[[packages]]
name = "d"
version = "2"
archive = { url = "https://example.invalid/d-2.zip", size = 3, hashes = { md5 = "aa" } }
"""


PIPFILE = b'[[source]]\nname = "x"\nurl = "y"\n[packages]\nsix = "*"\n[docs]\na = { path = "." }\n'
TOKENS = (*TOML_TOKENS, '"": 1', "null", "==", "\\n", "../", "${", "\\u0000", "1e999", "[[", "file://[")


@effort(400)
@given(mutated((PIPFILE_LOCK.encode(),), TOKENS))
def test_a_pipfile_lock_is_read_or_refused(data: bytes) -> None:
    text = data.decode(errors="replace")
    try:
        lock = parse_pipfile_lock(text)
        found = batches(
            lock.chosen(("dev",), default_environment()), lock.sources, Path("/project"), {"WHO": "me"}
        )
    except ValueError:
        return
    assert all("\n" not in line for batch in found for line in batch.lines)


@effort(400)
@given(mutated((PYLOCK.encode(),), TOKENS))
def test_a_pylock_is_read_or_refused_and_what_is_made_of_it_is_one(data: bytes) -> None:
    text = data.decode(errors="replace")
    path = Path("/project/pylock.toml")
    try:
        lock = read_pylock(text, path)
        made = for_cell(lock, Part(extras=("more",)), path, HERE)
    except CellError:
        return
    if entries(made):
        checked(made)
        places(made)
        assert entries(joined((made, ""))) == entries(made)
        assert entries(without(made, {"a"})) == tuple(e for e in entries(made) if e.name != "a")


@effort(200)
@given(mutated((PIPFILE,), TOKENS))
def test_a_pipfile_has_a_hash_or_is_refused(data: bytes) -> None:
    try:
        digest = pipfile_sha256(parse(data.decode(errors="replace")))
    except ValueError:
        return
    assert len(digest) == len(pipfile_sha256({}))


def test_the_honest_ones_are_taken() -> None:
    lock = parse_pipfile_lock(PIPFILE_LOCK)
    assert len(lock.chosen(("dev",), {**default_environment(), "sys_platform": "linux"})) == 4
    path = Path("/project/pylock.toml")
    made = for_cell(read_pylock(PYLOCK, path), Part(extras=("more",)), path, HERE)
    assert [entry.name for entry in entries(made)] == ["a", "b", "c", "d"]
    assert places(made) == ("b @ file:///project/b/x", "c @ git+https://example.invalid/c@abc")
    with pytest.raises(CellError, match=r"Multiple packages|cannot be read"):
        for_cell(read_pylock(PYLOCK.replace('"d"', '"a"'), path), Part(extras=("more",)), path, HERE)
