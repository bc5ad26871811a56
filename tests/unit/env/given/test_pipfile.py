"""Whether a Pipfile.lock follows from a Pipfile: hashes that pipenv itself wrote."""

from pathlib import Path

import pytest

from runner.env.given.pipfile import check_fresh, check_python, pipfile_sha256
from runner.env.given.pipfile_lock import PipfileLock
from runner.model.errors import CellError
from runner.model.toml import parse

WHOLE = """
[[source]]
url = "https://PUBLIC/simple"
verify_ssl = true
name = "pypi"

[packages]
requests = "*"
colorama = {version="*", markers="sys_platform == 'win32'"}

[dev-packages]
pytest = "*"

[docs]
markdown = "*"

[requires]
python_version = "3.11"
""".replace("PUBLIC", "{}.org".format("pypi"))


def test_the_hash_is_the_one_that_pipenv_writes() -> None:
    expected = "61ae939d398e98fcb9f54c43801e4cdfb74f8948d7899803fd1d649daf645117"
    assert pipfile_sha256(parse(WHOLE)) == expected
    more = WHOLE + '\n[scripts]\ntest = "pytest"\n\n[pipenv]\nallow_prereleases = true\n'
    assert pipfile_sha256(parse(more)) == expected
    assert pipfile_sha256(parse(WHOLE.replace("requests", "httpx"))) != expected


def lock(sha256: str = "", **requires: str) -> PipfileLock:
    return PipfileLock(sha256=sha256, requires=requires, sources=(), sections={})


def test_a_lock_of_another_pipfile_is_stale(tmp_path: Path) -> None:
    path = tmp_path / "Pipfile.lock"
    assert check_fresh(lock(), path) == (
        "there is no Pipfile beside Pipfile.lock: whether it is stale is not known",
    )
    (tmp_path / "Pipfile").write_text(WHOLE)
    assert check_fresh(lock(pipfile_sha256(parse(WHOLE))), path) == ()
    with pytest.raises(CellError, match=r"Pipfile.lock is stale: .*`pipenv lock` updates it"):
        check_fresh(lock("0" * 64), path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("packages = [", "Pipfile cannot be read"),
        ("[packages]\nsix = 2020-01-01\n", "it holds what no lock can"),
        ("<<<<<<< HEAD\n[packages]\n", "Pipfile:1: there are marks of a merge conflict"),
        (b"\xff\xfe", "it is no UTF-8 text"),
    ],
)
def test_a_pipfile_that_cannot_be_read_is_an_error(tmp_path: Path, content: str | bytes, says: str) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "Pipfile").write_bytes(data)
    with pytest.raises(CellError, match=says):
        check_fresh(lock(), tmp_path / "Pipfile.lock")


@pytest.mark.parametrize(
    ("requires", "version", "refused"),
    [
        ({"python_version": "3.11"}, "3.11.7", False),
        ({"python_version": "3.1"}, "3.11.7", True),
        ({"python_version": "*"}, "3.11.7", False),
        ({"python_full_version": "3.11.7"}, "3.11.7", False),
        ({"python_full_version": "3.11.6"}, "3.11.7", True),
        ({"python_version": "3.12"}, "3.11.7", True),
    ],
)
def test_the_python_that_a_pipfile_requires(requires: dict[str, str], version: str, refused: bool) -> None:
    if refused:
        with pytest.raises(CellError, match=r"is for Python .*, and this is 3\.11\.7\nset python = "):
            check_python(lock(**requires), Path("Pipfile.lock"), version)
    else:
        check_python(lock(**requires), Path("Pipfile.lock"), version)
