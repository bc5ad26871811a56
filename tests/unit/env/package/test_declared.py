"""What pyproject.toml declares of a wheel that is not built yet."""

from pathlib import Path

import pytest

from runner.env.package.declared import declared

STATIC = """
[project]
name = "Some.Project"
version = "1.0.0-rc1"
requires-python = ">=3.8"
dependencies = ["beta >= 2", "alpha; python_version<'3.11'"]
[project.optional-dependencies]
Test_All = ["gamma", "delta; sys_platform == 'linux' or python_version < '3.9'"]
"""


def test_what_is_declared_is_what_a_wheel_would_say(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(STATIC)
    built = declared(tmp_path, tmp_path / "new" / "folder")
    assert built is not None
    assert (built.name, built.version, built.requires_python) == ("some-project", "1.0.0rc1", ">=3.8")
    assert built.dependencies == (
        'alpha; python_version < "3.11"',
        "beta>=2",
        'delta; (sys_platform == "linux" or python_version < "3.9") and extra == "test-all"',
        'gamma; extra == "test-all"',
    )
    assert built.provides == ("test-all",)
    assert Path(built.path).parent == tmp_path / "new" / "folder"


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "x"\n',
        '[project]\nname = "x"\ndynamic = ["version"]\n',
        '[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n',
        '[project]\nname = "x"\nversion = "one"\n',
        '[project]\nname = "x"\nversion = "1"\ndependencies = "alpha"\n',
        '[project]\nname = "x/../y"\nversion = "1"\n',
        '[project]\nname = "x\\nRequires-Dist: y"\nversion = "1"\n',
        '[project]\nname = "x"\nversion = "1"\nrequires-python = "yes"\n',
        '[project]\nname = "x"\nversion = "1"\n[project.optional-dependencies]\na = ["?"]\n',
        "[project",
        "",
    ],
)
def test_what_is_not_declared_or_wrong_waits_for_the_build(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert declared(tmp_path, tmp_path / "folder") is None
    assert not list(tmp_path.glob("**/*.whl"))


def test_a_project_without_pyproject_declares_nothing(tmp_path: Path) -> None:
    assert declared(tmp_path, tmp_path / "folder") is None
