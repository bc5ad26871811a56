"""What the documentation and the examples say fits the code."""

import json
from pathlib import Path

import jsonschema
import pytest
from packaging.requirements import Requirement

from runner.config import schema
from runner.model.toml import tomllib

REPOSITORY = Path(__file__).parents[3]
CONFIGS = [
    *sorted((REPOSITORY / "tox-examples").glob("*/runner.toml")),
    REPOSITORY / "runner.toml",
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.parent.name)
def test_every_example_fits_the_schema(config: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    data = tomllib.loads(config.read_text("utf-8"))
    assert [error.message for error in validator.iter_errors(json.loads(json.dumps(data)))] == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    page = (REPOSITORY / "docs" / "explanation" / "dependencies.md").read_text("utf-8")
    lines = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for file in ("tests/requirements.txt", "docs/requirements.txt"):
        lines += (REPOSITORY / file).read_text("utf-8").split("\n")
    names = {Requirement(line).name for line in lines if line.strip()}
    assert {name for name in names if f"| {name} |" not in page} == set()


def test_the_schema_that_is_shipped_is_the_one_of_the_code() -> None:
    shipped = json.loads((REPOSITORY / "docs" / "runner.schema.json").read_text("utf-8"))
    assert shipped == schema(), "write it anew: runner schema > docs/runner.schema.json"
