"""The JSON Schema, held to an independent validator."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest

from runner.config import EXAMPLE, schema
from runner.config.places import SHAPE, TOP
from runner.config.sessions import SHAPE_KEYS
from runner.config.top import TOP_KEYS
from runner.model.config import Config
from runner.model.toml import tomllib

Load = Callable[[str], Config]

REPOSITORY = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(schema())

EVERYTHING = dedent(
    """\
    requires-runner = ">=0.1"
    default = ["tests", "lint"]
    plugins = ["runner_coverage", "./ci/our_plugin.py"]
    limits = { db = 1 }

    [defaults]
    pass-env = ["DATABASE_URL"]

    [sessions.tests]
    description = "Unit tests on every supported Python and Django"
    python = ["3.10", "3.11", "3.12", "3.13"]
    deps = ["pytest>=8", "coverage", "django~={django}.0"]
    package = "wheel"
    extras = ["async"]
    groups = ["test"]
    env = { DJANGO_DEBUG = "1", OTHER = false }
    commands = ["coverage run -m pytest {posargs:tests}"]
    exclude = [{ python = "3.10", django = "5.2" }]
    include = [{ python = "3.14", django = ["5.2", "6.0"], allow-failure = true }]
    timeout = "10m"
    retries = 1
    installer = "{env:INSTALLER:uv}"
    junit = false

    [sessions.tests.matrix]
    django = ["4.2", "5.2"]
    resolution = ["highest", "lowest-direct"]
    db.sqlite = {}
    db.postgres = { extra-deps = ["psycopg"], extra-pass-env = ["PGHOST"] }
    db.other = { value = "x y" }

    [[sessions.tests.when]]
    match = { python = "<3.11", platform = ["linux", "darwin"] }
    extra-deps = ["tomli"]

    [sessions.lint]
    extends = "tests"
    package = "none"
    python = "./python"
    deps = ["ruff"]
    commands = ["ruff check src", { run = ["ruff", "format", "--check", "src"], ok-codes = [0], cwd = "." }]

    [sessions.coverage]
    package = "none"
    python = "3.12"
    needs = ["tests"]
    deps = ["coverage"]
    commands = ["coverage combine", "coverage report"]
    interrupt-grace = 0.5
    """
)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("text", [EVERYTHING, EXAMPLE], ids=["everything", "example"])
def test_what_is_read_is_valid(load: Load, text: str) -> None:
    # the inherited `when` of this file matches python, which a path has not
    load(text.replace('python = "./python"', 'python = "3.13"'))
    VALIDATOR.validate(tomllib.loads(text))


def configs() -> Iterator[Path]:
    """Every config in our own format in the repository: examples, the docs' and our own."""
    for pattern in ("runner.toml", "tox-examples/**/runner.toml", "docs/**/runner.toml"):
        yield from REPOSITORY.glob(pattern)


def test_every_config_of_this_repository_is_valid() -> None:
    for path in configs():
        VALIDATOR.validate(tomllib.loads(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[sessions]",
        "combine = 1\n[sessions.x]",
        "[sessions.x]\nretrys = 1",
        "[sessions.x]\nextra-env = {}",
        '[sessions.x]\ndeps = "pytest"',
        "[sessions.x]\nretries = -1",
        "[sessions.x]\nkeep-going = 'true'",
        "[sessions.x]\nresolution = 'lowst'",
        "[sessions.x]\ntimeout = '10 minutes'",
        "[sessions.x]\npython = [3.10]",
        "[sessions.x]\npython = ['3']",
        "[sessions.x]\npython = []",
        "[sessions.x]\nmatrix.a = []",
        "[sessions.x]\nmatrix.a = ['>=4']",
        "[sessions.x]\nmatrix.python = ['3.11']",
        "[sessions.x]\nmatrix.platform = ['a']",
        "[sessions.x]\nmatrix.timeout = ['a']",
        "[sessions.x]\nmatrix.a.b = { tags = [] }",
        "[sessions.x]\nwhen = [{ deps = [] }]",
        "[sessions.x]\nwhen = [{ match = {}, tags = [] }]",
        "[sessions.x]\nexclude = [{ python = 3.1 }]",
        "[sessions.x]\nenv.A = true",
        "[sessions.x]\nenv.A = 1",
        "[sessions.x]\ncommands = [{ ok-codes = [1] }]",
        "[sessions.x]\ncommands = [[]]",
        "[sessions.'a b']",
        "missing-python = 'downloaded'\n[sessions.x]",
        "limits.a = 0\n[sessions.x]",
        "package.roots = 'x'\n[sessions.x]",
        "[defaults]\nextends = 'x'\n[sessions.x]",
    ],
)
def test_what_is_refused_without_looking_further_is_invalid_too(
    problems: Callable[[str], list[str]], text: str
) -> None:
    assert problems(text)
    assert not VALIDATOR.is_valid(tomllib.loads(text))


def described(node: object, path: str = "") -> Iterator[tuple[str, bool]]:
    """Yield each property of the schema and whether it has a description, or refers to one that has."""
    if not isinstance(node, dict):
        return
    for name, inner in node.get("properties", {}).items():
        yield f"{path}.{name}", "description" in inner or inner.keys() == {"$ref"}
    for key, inner in node.items():
        yield from described(inner, f"{path}/{key}")


def test_every_key_is_described() -> None:
    found = dict(described(schema()))
    assert found[".sessions"]
    assert found["/$defs/session.extra-deps"]
    assert [path for path, has_one in found.items() if not has_one and "include" not in path] == []


def references(node: object) -> Iterator[str]:
    """Yield what the schema refers to, each as often as it does."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    whole = schema()
    found = set(references(whole))
    for reference in found:
        node: object = whole
        for step in reference.removeprefix("#/").split("/"):
            assert isinstance(node, dict)
            node = node[step]
    definitions = whole["$defs"]
    assert isinstance(definitions, dict)
    assert {f"#/$defs/{name}" for name in definitions} <= found


def test_the_places_of_keys_are_those_that_are_read() -> None:
    assert tuple(key.name for key in SHAPE_KEYS) == SHAPE
    assert (*(key.name for key in TOP_KEYS), "package", "defaults", "sessions") == TOP
