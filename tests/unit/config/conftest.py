"""What the config's tests share: a config written to a folder, read and converted."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.types import OWN

from runner.config import convert, find, read
from runner.model.config import Config, Session
from runner.model.errors import ConfigError

Load = Callable[[str], Config]
Problems = Callable[[str], list[str]]
SessionOf = Callable[[str], Session]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a runner.toml and return its Config."""

    def loaded(text: str) -> Config:
        (tmp_path / "runner.toml").write_text(text, encoding="utf-8")
        return convert(
            read(find(tmp_path)),
            version="0.1.0",
            lookups=OWN,
        )

    return loaded


@pytest.fixture
def problems(load: Load) -> Problems:
    """Write a runner.toml and return all that is wrong with it, less the file's name."""

    def told(text: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(text)
        assert caught.value.exit_code == 2
        return [str(problem).removeprefix("runner.toml:").lstrip() for problem in caught.value.problems]

    return told


@pytest.fixture
def session(load: Load) -> SessionOf:
    """Write the inside of `[sessions.x]` and return the session."""

    def of(text: str) -> Session:
        return load(f"[sessions.x]\n{text}").sessions[0]

    return of
