"""The sample projects, as file contents by path, and how they are written out."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bench.model import BenchmarkError

SOURCE = "src/sample/__init__.py"
BIG = ("jupyterlab", "sphinx", "django", "httpx")
BIG_AT_LEAST = 60
"""Packages that come of them, dependencies included, or more."""

PROVE = """\
import os, sys

STAMP = "{stamp}"

_proof = os.environ.get("BENCH_PROOF")
if _proof:
    with open(_proof, "a") as _file:
        _file.write("%d.%d %s %s\\n" % (sys.version_info[0], sys.version_info[1], STAMP, sys.prefix))
"""
"""Tells the benchmark which Python imported which state of the source, and in which environment."""

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "sample"
version = "1.0"
requires-python = ">=3.9"

[tool.setuptools.packages.find]
where = ["src"]
"""

_WORDS = '''\
"""Counts words."""


def count(text):
    """Return how often each word is there."""
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def most(text):
    """Return the word that is there most often, the first of equals."""
    counts = count(text)
    return max(counts, key=counts.get) if counts else None
'''

_TESTS = """\
import pytest

import sample
from sample.words import count, most


@pytest.mark.parametrize("text", ["a b a", "A b a", "  a  b a "])
def test_counts(text):
    assert count(text) == {"a": 2, "b": 1}


@pytest.mark.parametrize(("text", "word"), [("a b b", "b"), ("a b", "a"), ("", None)])
def test_most(text, word):
    assert most(text) == word


def test_the_installed_one_is_tested():
    assert "site-packages" in sample.__file__ or "src" in sample.__file__


def test_refuses_what_is_no_text():
    with pytest.raises(AttributeError):
        count(None)
"""

_IGNORED = "".join(f"{name}\n" for name in (".*/", "*.egg-info/", "build/", "dist/", "__pycache__/"))


def package() -> dict[str, str]:
    """Return a setuptools project in the src layout, with a few tests."""
    return {
        "pyproject.toml": _PYPROJECT,
        "README.md": "A sample.\n",
        SOURCE: source("0"),
        "src/sample/words.py": _WORDS,
        "tests/test_words.py": _TESTS,
    }


def source(stamp: str) -> str:
    """Return the module that is changed between runs, with its one different line."""
    return PROVE.format(stamp=stamp)


def big() -> dict[str, str]:
    """Return a project that is no package: a program that imports from some of many dependencies."""
    return {"prove.py": f"import django.db.models, httpx, sphinx.application\n{source('0')}"}


def write(folder: Path, files: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Make the folder anew with these files, committed in a git repository. Raises BenchmarkError."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in {".gitignore": _IGNORED, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git = shutil.which("git", path=environ["PATH"])
    if git is None:
        raise BenchmarkError("git was not found: the sample projects are git repositories, so install it")
    who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost", "-c", "gc.auto=0")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "A sample")):
        subprocess.run((git, *who, *words), cwd=folder, env=dict(environ), check=True)
