"""A project without a config: what its one environment is made of."""

from pathlib import Path

import pytest

from runner.config.bare import Bare, bare_config, find_bare
from runner.model.errors import ConfigError
from runner.model.text import Literal

OWN = (3, 11, 7)


def bare(root: Path, **files: str) -> Bare:
    for name, text in files.items():
        (root / name.replace("__", "-").replace("_", ".")).write_text(text)
    return bare_config(root, OWN)


def settings(made: Bare) -> dict[str, object]:
    return made.config.sessions[0].layers[0].values


def python_of(made: Bare) -> str | None:
    python = made.config.sessions[0].python
    return None if python is None else ",".join((python.text, *(other.text for other in python.others)))


def test_a_project_that_can_be_built_comes_with_what_people_work_with(tmp_path: Path) -> None:
    made = bare(
        tmp_path,
        pyproject_toml="""
            [build-system]
            requires = []
            [project]
            name = "Some.Thing"
            [project.optional-dependencies]
            Test = ["a"]
            fast = ["b"]
            [dependency-groups]
            dev = ["c"]
            docs = ["d"]
            """,
        requirements__dev_txt="e\n",
    )
    assert settings(made) == {
        "package": Literal("wheel"),
        "extras": (Literal("Test"),),
        "groups": (Literal("dev"),),
        "deps": (Literal("-r requirements-dev.txt"),),
    }
    assert (made.config.package.buildable, made.config.package.name) == (True, "some-thing")
    assert "the project, its extra Test, the dependency group dev" in made.notes[0]
    assert python_of(made) is None


def test_one_that_cannot_gives_its_dependencies(tmp_path: Path) -> None:
    made = bare(tmp_path, pyproject_toml='[project]\nname = "x"\nversion = "1"\n')
    assert settings(made)["package"] == Literal("deps-only")


def test_requirements_alone_will_do(tmp_path: Path) -> None:
    made = bare(tmp_path, requirements_txt="a\n")
    assert settings(made)["package"] == Literal("none")
    assert settings(made)["deps"] == (Literal("-r requirements.txt"),)


@pytest.mark.parametrize(
    ("wanted", "python"),
    [
        (">=3.8", None),
        ("<3.10,>=3.8", "3.9,3.8"),
        (">=3.11.8,<3.13", "3.12,3.11"),
        ("==3.9.18", "3.9"),
    ],
)
def test_the_python_is_our_own_unless_the_project_rules_it_out(
    tmp_path: Path, wanted: str, python: str | None
) -> None:
    made = bare(tmp_path, pyproject_toml=f'[project]\nname = "x"\nrequires-python = "{wanted}"\n')
    assert python_of(made) == python


def test_a_file_that_pins_the_python_wins(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\nrequires-python = "<3.10"\n'
    (tmp_path / ".python-version").write_text("system\n3.12.1\n3.9\n")
    assert python_of(bare(tmp_path, pyproject_toml=text)) == "3.12.1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[project", "not valid TOML"),
        ('[project]\nrequires-python = "three"', "'three' is no requirement on versions"),
        ('[project]\nrequires-python = "<3"', "no Python 3 that runner knows is <3"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        bare(tmp_path, pyproject_toml=text)
    assert words in str(caught.value.problems[0])


def test_the_nearest_project_upwards_counts_and_git_ends_the_search(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "src" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "requirements.txt").touch()
    assert find_bare(inner) == tmp_path
    (tmp_path / "project" / ".git").mkdir()
    assert find_bare(inner) is None
    (tmp_path / "project" / "setup.py").touch()
    assert find_bare(inner) == tmp_path / "project"
