"""The project beside the config: whether it can be built, its name, and `[package]`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.model.config import Config
from runner.model.text import Origin, Template

Load = Callable[[str], Config]

NOT_BUILT = (
    "pyproject.toml has no [build-system], so the project is not installed into its cells; "
    'add one, or say package = "none" in [defaults]'
)


def test_a_project_with_a_build_system_is_built(load: Load, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\n[project]\nname = "My.Nice__Project"\n')
    config = load("[sessions.x]")
    assert (config.package.buildable, config.package.name) == (True, "my-nice-project")
    assert config.notices == ()


def test_a_project_with_a_setup_py_is_built(load: Load, tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    config = load("[sessions.x]")
    assert (config.package.buildable, config.package.name) == (True, None)


@pytest.mark.parametrize(
    ("sessions", "notices"),
    [
        ("[sessions.x]", (NOT_BUILT,)),
        ('[sessions.x]\npackage = "none"\n[sessions.y]', (NOT_BUILT,)),
        ('[sessions.x]\npackage = "none"', ()),
        ('[defaults]\npackage = "none"\n[sessions.x]', ()),
    ],
)
def test_a_mere_project_table_is_not_built_and_says_so_once(
    load: Load, tmp_path: Path, sessions: str, notices: tuple[str, ...]
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    config = load(sessions)
    assert not config.package.buildable
    assert config.notices == notices


def test_a_pyproject_of_tools_only_says_nothing(load: Load, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    config = load("[sessions.x]")
    assert (config.package.buildable, config.package.name, config.notices) == (False, None, ())


def test_the_package_may_be_in_a_folder(load: Load, tmp_path: Path) -> None:
    (tmp_path / "lib" / "core").mkdir(parents=True)
    (tmp_path / "lib" / "core" / "pyproject.toml").write_text('[project]\nname = "core"\n')
    config = load('package.root = "lib/./core/"\n[sessions.x]')
    assert (config.package.root, config.package.name) == ("lib/core", "core")
    assert config.notices[0].startswith("lib/core/pyproject.toml has no [build-system]")


def test_the_keys_of_package(load: Load) -> None:
    package = load(
        """
        [package]
        env = { A = "{root}", B = false }
        pass-env = ["C"]
        config-settings = { a = "b", c = ["d", ""] }
        inputs = ["*.c"]
        [sessions.x]
        """
    ).package
    where = Origin("runner.toml", 3, "package.env.A")
    assert package.env == {"A": Template("{root}", where), "B": False}
    assert package.pass_env == (Template("C", Origin("runner.toml", 4, "package.pass-env[0]")),)
    assert package.config_settings == {"a": "b", "c": ("d", "")}
    assert package.inputs == ("*.c",)
