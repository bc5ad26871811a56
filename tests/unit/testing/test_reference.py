"""The pages of reference that are made from the code: every hook and name is there, with types and words."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import runner
import runner.testing
from runner.hooks.loading import HOOKS

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    found = spec_from_file_location("described", DOCS / "_ext" / "described.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    monkeypatch.setitem(sys.modules, "described", module)
    found.loader.exec_module(module)
    return module


def test_every_hook_is_described(described: ModuleType) -> None:
    hooks = {entry.name: entry for entry in described.hooks()}
    assert set(hooks) == set(HOOKS)
    assert all("Asked " in entry.doc for entry in hooks.values())
    cell = hooks["runner_cell"]
    assert cell.declaration == "def runner_cell(cell: Cell) -> Addition | None"
    assert cell.doc.endswith("All plugins are asked, and all that they return counts.")
    assert hooks["runner_backend"].doc.endswith("are an error.\n\nOne answer counts.")
    assert "that of the plugin named last" in hooks["runner_deselect"].doc


@pytest.mark.parametrize("module", [runner, runner.testing], ids=["runner", "testing"])
def test_every_name_is_described(described: ModuleType, module: ModuleType) -> None:
    entries = described.names(module)
    assert {entry.name for entry in entries} == set(module.__all__)
    assert all(entry.doc for entry in entries)
    shown = "\n".join(
        line for entry in entries for line in (entry.declaration, *(m.declaration for m in entry.members))
    )
    assert not re.search(r" at 0x|typing\.|runner\.|<class|ForwardRef|/bin/python", shown)


def test_values_and_protocols_have_what_they_hold(described: ModuleType) -> None:
    entries = {entry.name: entry for entry in described.names(runner)}
    assert entries["Installation"].declaration == (
        "class Installation\n    packages: tuple[Installed, ...] = ()\n    notes: tuple[str, ...] = ()"
    )
    (create, describe) = entries["Backend"].members
    assert create.declaration == "def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment"
    assert create.doc.startswith("Create an environment")
    assert describe.declaration == "def describe(self) -> str"
    inner = {entry.name for entry in described.inner(runner)}
    assert {"Settings", "Coordinate", "Session"} <= inner
    assert not inner & set(runner.__all__)
