"""What a Pipfile.lock pins, read without pipenv."""

import json
from pathlib import Path

import pytest
from packaging.markers import default_environment

from runner.env.given.pipfile_lines import batches, indexes
from runner.env.given.pipfile_lock import PipfileLock, Source, parse_pipfile_lock
from runner.env.requirements.index import Index

PYPI = {"name": "pypi", "url": "https://{}.org/simple".format("pypi"), "verify_ssl": True}
OTHER = {"name": "ours", "url": "https://${WHO}:$WORD@example.invalid/simple", "verify_ssl": False}
SIX = {"version": "==1.17.0", "hashes": ["sha256:aa", "sha256:bb"]}


def parsed(*sources: dict[str, object], meta: object = None, **sections: dict[str, object]) -> PipfileLock:
    about = {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {}, "sources": sources or (PYPI,)}
    document = {"_meta": about if meta is None else meta, "default": {}, "develop": {}, **sections}
    return parse_pipfile_lock(json.dumps(document))


def lines(lock: PipfileLock, *groups: str, folder: Path = Path("/project")) -> tuple[str, ...]:
    """Return what is pinned for this interpreter on Linux, whatever index it comes from."""
    environment = {**default_environment(), "sys_platform": "linux", "python_version": "3.11"}
    found = batches(lock.chosen(groups, environment), lock.sources, folder, {})  # type: ignore[arg-type]
    return tuple(line for batch in found for line in batch.lines)


def test_default_is_always_there_and_other_categories_when_they_are_asked_for() -> None:
    lock = parsed(default={"six": SIX}, develop={"dev": {"version": "==1"}}, docs={"doc": {"version": "==2"}})
    assert lines(lock) == ("six==1.17.0 --hash=sha256:aa --hash=sha256:bb",)
    for name in ("dev", "dev-packages", "develop"):
        assert lines(lock, name)[0] == "dev==1"
    assert lines(lock, "docs", "packages")[0] == "doc==2"
    with pytest.raises(ValueError, match="no category doc; it has: default, develop, docs"):
        lines(lock, "doc")


def test_conditions_decide_whether_an_entry_counts() -> None:
    entries: dict[str, object] = {
        "marked": {"version": "==1", "markers": "python_version >= '3.8'"},
        "old": {"version": "==1", "markers": "python_version < '3.8'"},
        "windows": {"version": "*", "sys_platform": "== 'win32'"},
        "both": {"version": "==1", "markers": "python_version >= '3.8'", "sys_platform": "== 'linux'"},
    }
    assert lines(parsed(default=entries)) == ("both==1", "marked==1")
    with pytest.raises(ValueError, match=r"default\.windows has no version.*run `pipenv lock` on a machine"):
        lines(parsed(default={"windows": {"version": "*"}}))
    with pytest.raises(ValueError, match=r"default\.x holds characters that no requirement can have"):
        lines(parsed(default={"x": {"version": "==1\n--index-url https://example.invalid"}}))
    with pytest.raises(ValueError, match=r"default\.x has a marker that is none"):
        lines(parsed(default={"x": {"version": "==1", "markers": "python is 3"}}))


def test_two_categories_cannot_pin_one_name_twice() -> None:
    lock = parsed(default={"six": {"version": "==1"}}, old={"six": {"version": "==2"}})
    with pytest.raises(ValueError, match="pins six twice: 1 in default, 2 in old; a cell can have one"):
        lines(lock, "old")
    assert lines(lock) == ("six==1",)


def test_entries_may_name_their_own_place(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    entries: dict[str, object] = {
        "a": {"git": "https://example.invalid/a.git", "ref": "abc", "subdirectory": "sub"},
        "b": {"git": "git@example.invalid:me/b.git", "ref": "abc"},
        "c": {"path": "./lib", "editable": True},
        "d": {"path": "./lib"},
        "e": {"file": "https://example.invalid/e-1-py3-none-any.whl", "hashes": ["sha256:aa"]},
        "f": {"path": "dist/f-1-py3-none-any.whl"},
        "g": {"git": "https://me@example.invalid/@us/g.git", "ref": "abc"},
        "h": {"git": "https://example.invalid/h.git@v1", "ref": "abc"},
    }
    assert lines(parsed(default=entries), folder=tmp_path) == (
        f"-e {tmp_path}/lib",
        "a @ git+https://example.invalid/a.git@abc#subdirectory=sub",
        "b @ git+ssh://git@example.invalid/me/b.git@abc",
        "e @ https://example.invalid/e-1-py3-none-any.whl --hash=sha256:aa",
        f"f @ {(tmp_path / 'dist').as_uri()}/f-1-py3-none-any.whl",
        (tmp_path / "lib").as_uri(),
        "g @ git+https://me@example.invalid/@us/g.git@abc",
        "h @ git+https://example.invalid/h.git@abc",
    )
    with pytest.raises(ValueError, match=r'repository of hg.*backend = "pipenv"'):
        lines(parsed(default={"x": {"hg": "https://example.invalid/x"}}))
    with pytest.raises(ValueError, match=r"x: \.\./x\.git is no address"):
        lines(parsed(default={"x": {"git": "../x.git"}}))


def test_each_entry_comes_from_its_own_index_alone() -> None:
    lock = parsed(PYPI, OTHER, default={"six": SIX, "own": {"version": "==1", "index": "ours"}})
    environ = {"WHO": "me", "WORD": "s3"}
    found = batches(lock.chosen((), default_environment()), lock.sources, Path("/p"), environ)
    assert [(batch.index, batch.lines) for batch in found] == [
        (None, ("six==1.17.0 --hash=sha256:aa --hash=sha256:bb",)),
        (Index("https://me:s3@example.invalid/simple", verified=False), ("own==1",)),
    ]
    assert indexes(lock.sources, environ) == (found[1].index,)
    mirrored = {**environ, "PIPENV_PYPI_MIRROR": "https://mirror.invalid"}
    assert indexes(lock.sources, mirrored)[0] == Index("https://mirror.invalid")
    with pytest.raises(ValueError, match="its source ours refers to the variable WHO, which is not set"):
        indexes((Source(url=str(OTHER["url"]), name="ours"),), {})
    with pytest.raises(ValueError, match="own comes from the index ours, which is not among its sources"):
        lines(parsed(PYPI, default={"own": {"version": "==1", "index": "ours"}}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ('{"default": {}}', "it has no `_meta`"),
        ('{"_meta": {"pipfile-spec": 7}}', "its format is of version 7, and runner reads version 6"),
        ('{"_meta": {"sources": 3}}', "Expected `array`"),
        ('{"_meta": {}, "default": 3}', "Expected `object`"),
        ('{"a":{"b":' + "[" * 10_000, "nested too deeply"),
    ],
)
def test_what_is_no_pipfile_lock_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_pipfile_lock(text)


def test_an_entry_of_another_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"default\.six: Expected `array`, got `str` - at `\$\.hashes`"):
        lines(parsed(default={"six": {"version": "==1", "hashes": "sha256:aa"}}))
