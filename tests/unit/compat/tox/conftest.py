"""Reads configs of tox from text, as `runner` does it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest
from tests.unit.plan.builders import HOST

from runner.compat.tox import load
from runner.config import locate, parse_toml
from runner.model.config import Config
from runner.model.request import ConfigKind, ConfigRequest

FILES: Mapping[ConfigKind, str] = {
    "tox.ini": "tox.ini",
    "setup.cfg": "setup.cfg",
    "[tool.tox]": "pyproject.toml",
    "legacy_tox_ini": "pyproject.toml",
    "tox.toml": "tox.toml",
}


class Read(Protocol):
    """Reads a config: of tox.ini, unless the kind says otherwise."""

    def __call__(
        self,
        text: str,
        kind: ConfigKind = "tox.ini",
        *,
        select: tuple[str, ...] | None = None,
        posargs: tuple[str, ...] | None = None,
        environ: Mapping[str, str] = ...,
        brief: bool = False,
    ) -> Config: ...


Shown = Callable[..., object]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(
        text: str,
        kind: ConfigKind = "tox.ini",
        *,
        select: tuple[str, ...] | None = None,
        posargs: tuple[str, ...] | None = None,
        environ: Mapping[str, str] | None = None,
        brief: bool = False,
    ) -> Config:
        shown = FILES[kind]
        in_toml = shown.endswith(".toml")
        return load(
            ConfigRequest(
                kind=kind,
                file=str(tmp_path / shown),
                shown=shown,
                text=text,
                document=parse_toml(text, shown) if in_toml else None,
                lines=locate(text) if in_toml else {},
                cwd=str(tmp_path),
                select=select,
                posargs=posargs,
                environ=dict(environ or {}),
                host=HOST,
                tty=False,
                hash_seed=7,
                brief=brief,
                as_json=True,
            )
        )

    return read_text


@pytest.fixture
def value(read: Read) -> Shown:
    """Read one key of an environment, as `tox config` shows it: of `[testenv]` alone, or of a whole file."""

    def shown(key: str, text: str, *, env: str = "py", **options: object) -> object:
        whole = text if text.startswith("[") or options.get("kind") else f"[testenv]\n{key} = {text}\n"
        config = read(whole, **options)  # type: ignore[arg-type]
        session = next(session for session in config.sessions if session.name == env)
        assert session.foreign is not None
        tox = session.foreign.shown["tox"]
        assert isinstance(tox, dict)
        found = tox[key]
        return found["error"] if isinstance(found, dict) and "error" in found else found

    return shown


def names(config: Config) -> list[str]:
    return [session.name for session in config.sessions]
