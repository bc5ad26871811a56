"""The user's settings of coverage, as the cells get them."""

from pathlib import Path

import coverage
import pytest

from runner_coverage.settings import SettingsError, find_file, for_cells, read_settings
from runner_coverage.sources import Sources

INI = """
[{prefix}run]
branch = true
omit =
    src/shop/old.py
    */generated/*
    we$$ird.py
concurrency = thread
patch = subprocess
[{prefix}report]
fail_under = 80
"""
TOML = """
[tool.coverage.run]
branch = true
omit = ["src/shop/old.py", "*/generated/*", "we$$ird.py"]
concurrency = ["thread"]
patch = ["subprocess"]
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".coveragerc", INI.format(prefix="")),
        ("setup.cfg", INI.format(prefix="coverage:")),
        ("tox.ini", INI.format(prefix="coverage:")),
        ("pyproject.toml", TOML),
    ],
)
def test_the_users_settings_reach_the_cells_with_paths_from_their_own_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    (tmp_path / "src/shop").mkdir(parents=True)
    (tmp_path / "src/shop/__init__.py").touch()
    (tmp_path / name).write_text(text)
    told = tmp_path / "measure.ini"
    told.write_text(for_cells(read_settings(tmp_path)))
    monkeypatch.setenv("RUNNER_ROOT", "/the/copy")
    monkeypatch.setenv("RUNNER_CELL", "tests-py313")
    read = coverage.Coverage(config_file=str(told)).get_option
    assert read("run:branch") is True
    assert read("run:parallel") is True
    assert read("run:context") == "tests-py313"
    assert read("run:omit") == ["/the/copy/src/shop/old.py", "*/generated/*", "/the/copy/we$ird.py"]
    assert read("run:source") == ["/the/copy/src"]
    assert read("run:source_pkgs") == ["shop"]
    assert read("run:concurrency") == ["thread"]
    assert read("run:patch") == []


def test_the_project_itself_as_source_is_the_root_of_each_cell(tmp_path: Path) -> None:
    (tmp_path / ".coveragerc").write_text("[run]\nsource = .\n")
    assert "source = \n    ${RUNNER_ROOT}\n" in for_cells(read_settings(tmp_path))


def test_a_file_of_others_counts_only_with_a_section_of_coverage(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = x\n")
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert find_file(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text("[tool.coverage.report]\nprecision = 1\n")
    assert find_file(tmp_path) == tmp_path / "pyproject.toml"


def test_settings_of_coverages_plugins_reach_the_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".coveragerc").write_text(
        "[run]\nplugins = a_plugin\n[a_plugin]\npaths =\n  one\n  $$two\nx = 1\n"
    )
    told = tmp_path / "measure.ini"
    told.write_text(for_cells(read_settings(tmp_path)))
    monkeypatch.setenv("RUNNER_CELL", "tests")
    read = coverage.Coverage(config_file=str(told)).config.get_plugin_options("a_plugin")
    assert str(read["paths"]).split() == ["one", "$two"]
    assert read["x"] == "1"


def test_include_alone_is_left_to_coverage(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / ".coveragerc").write_text("[run]\ninclude = tools/*\n")
    settings = read_settings(tmp_path)
    assert settings.sources == Sources(strict=False)
    assert "include = \n    ${RUNNER_ROOT}/tools/*" in for_cells(settings)


def test_settings_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    (tmp_path / ".coveragerc").write_text("[run]\nconcurrency = magic\n")
    with pytest.raises(SettingsError, match="Unknown concurrency choices: magic"):
        read_settings(tmp_path)
