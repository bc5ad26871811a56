"""Example configs: those in tox's documentation, and those that tox's own tests are about."""

import ast
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from msgspec import Struct
from tests.differential.fetch import Sdist

from runner.model.toml import TOMLError, parse

DOCUMENTED = Sdist("tox", "3.28.0", "d0d28f3fe6d6d7195c27f8b054c3e99d5451952b54abdae673b71609a581f640")
"""The last release whose sdist carries the user's documentation: its examples are still what users have."""

TESTED = Sdist("tox", "4.67.15", "70307cf6cc0a328ca766dc8c20939c697af48d4df2d4bd0c93531eb3be50295d")
"""The sdist with the tests of the tox that is asked, and the documentation for authors of plugins."""

LEFT_OUT = {
    "tests/test_provision.py:166": "a broken line of requires is no hindrance: nothing is provisioned",
    "tests/config/source/test_setup_cfg.py:18": "the test is that tox refuses the file, as runner does",
    "tests/config/source/test_toml_pyproject.py:401": "the test is that tox refuses the file, as runner does",
    "tests/session/test_env_select.py:127": "ALL is every cell, also those that only labels name",
    "tests/session/test_env_select.py:559": "an environment of an unknown runner is shown, and cannot run",
    "tests/session/test_env_select.py:575": "the same",
    "tests/session/test_env_select.py:600": "the same",
    "tests/session/cmd/test_depends.py:246": "a circle of depends is told at once, not when it would run",
    "tests/session/cmd/test_sequential.py:845": "the same",
    "tests/session/cmd/test_list_envs.py:114": "an environment that packages itself is none that packages",
    "tests/session/cmd/test_state.py:22": "the same",
    "tests/session/cmd/test_man.py:87": "an empty tox.toml is one of tables, to tox it is no config",
    "tests/config/test_main.py:636": "an environment that makes the package by commands is a cell, too",
    "tests/tox_env/python/virtual_env/package/test_package_cmd_builder.py:105": "the same",
    "tests/tox_env/python/virtual_env/package/test_package_cmd_builder.py:229": "the same",
    "tests/tox_env/python/test_python_runner.py:569": "the project has no config; tox takes it for one",
    "tests/tox_env/python/test_python_runner.py:500": "the project has no config; tox takes it for one",
}
"""Where the tests that are left out stand, and why: of what they have, the two differ on purpose."""

_BLOCK = re.compile(
    r"^(?P<indent>[ ]*)\.\. code(?:-block)?:: (?P<kind>ini|cfg|toml)\n"
    r"(?:(?P=indent)[ ]+:.*\n)*\n"
    r"(?P<body>(?:(?P=indent)[ ]+.*\n|[ ]*\n)+)",
    re.MULTILINE,
)
_CONFIGS = ("tox.ini", "setup.cfg", "pyproject.toml", "tox.toml")
_INI = re.compile(r"^\[(?:tox|testenv|pkgenv)", re.MULTILINE)
_TOML = re.compile(r"^(?:\[(?:env_run_base|env_pkg_base|env[._])|env_list\s*=)", re.MULTILINE)


class Example(Struct, frozen=True):
    """Files of a project, by name, and where they were found."""

    title: str
    files: tuple[tuple[str, str], ...]


def of_docs(archive: Path) -> tuple[Example, ...]:
    """Return the examples in an sdist's `docs`, each once."""
    found = [
        Example(f"{name}:{text[: block.start()].count(chr(10)) + 1}", files)
        for name, text in _texts(archive, "docs", ".rst")
        for block in _BLOCK.finditer(text)
        for files in _example(block["kind"], dedent(block["body"]))
    ]
    return _each_once(found)


def of_tests(archive: Path) -> tuple[Example, ...]:
    """Return the projects that the tests in an sdist's `tests` write down as text, each once."""
    found = [
        Example(f"{name}:{call.lineno}", files)
        for name, text in _texts(archive, "tests", ".py")
        for call, files in _projects(ast.parse(text))
    ]
    return _each_once(found)


def _texts(archive: Path, folder: str, suffix: str) -> Iterator[tuple[str, str]]:
    """Yield the name below the archive's top folder and the text of files with that suffix."""
    with tarfile.open(archive) as opened:
        for member in opened:
            name = member.name.partition("/")[2]
            content = opened.extractfile(member) if name.startswith(f"{folder}/") else None
            if content is not None and name.endswith(suffix):
                yield name, content.read().decode("utf-8")


def _example(kind: str, text: str) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield the one file that the text is, if it is a config."""
    if kind == "toml" and _parses(text):
        if "[tool.tox" in text:
            yield (("pyproject.toml", text),)
        elif _TOML.search(text):
            yield (("tox.toml", text),)
    elif kind != "toml" and "[tox:tox]" in text:
        yield (("setup.cfg", text),)
    elif kind != "toml" and _INI.search(text):
        yield (("tox.ini", text),)


def _parses(text: str) -> bool:
    try:
        parse(text)
    except TOMLError:
        return False
    return True


def _projects(tree: ast.Module) -> Iterator[tuple[ast.Call, tuple[tuple[str, str], ...]]]:
    """Yield the calls that make a project of literal texts, and its files."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = _assigned(function)
        for call in ast.walk(function):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id == "tox_project"
            ):
                files = _files(call, names)
                if any(name in _CONFIGS for name, _ in files):
                    yield call, files


def _assigned(function: ast.FunctionDef) -> dict[str, str]:
    """The texts that are assigned to a name in the function, those of names assigned twice left out."""
    found: dict[str, list[str | None]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(_text(node.value, {}))
    return {name: texts[0] for name, texts in found.items() if len(texts) == 1 and texts[0] is not None}


def _files(call: ast.Call, names: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The files of the call's first argument; none when any is not a text."""
    if not call.args or not isinstance(call.args[0], ast.Dict):
        return ()
    table = call.args[0]
    pairs = [
        (_text(key, {}) if key else None, _text(value, names))
        for key, value in zip(table.keys, table.values, strict=True)
    ]
    files = tuple((name, text) for name, text in pairs if name is not None and text is not None)
    return files if len(files) == len(pairs) else ()


def _text(node: ast.expr, names: dict[str, str]) -> str | None:
    """The text that an expression is: a literal, a name with a known one, or `dedent` of either."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Call) and len(node.args) == 1 and ast.unparse(node.func).endswith("dedent"):
        text = _text(node.args[0], names)
        return None if text is None else dedent(text)
    return None


def _each_once(examples: list[Example]) -> tuple[Example, ...]:
    first: dict[tuple[tuple[str, str], ...], Example] = {}
    for example in examples:
        first.setdefault(tuple(sorted(example.files)), example)
    return tuple(first.values())
