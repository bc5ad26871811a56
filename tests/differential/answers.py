"""What a tool says of a project's config, in one shape for both, and how each is asked."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from tests.differential.oracle import Oracle, OracleError, Reply

from runner.testing import Project

Table = dict[str, object]


class Answer(Struct, frozen=True, kw_only=True):
    """What a tool says: `envs` holds, by name, what tox calls the env's keys; `core` the core keys, if shown.

    `refused` is why the config was refused whole, empty when it was not. `hosts` are the paths of the Python
    that runs the tool. `default` and `additional` are the names that it lists.
    """

    refused: str = ""
    default: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    envs: dict[str, Table] = {}
    core: Table = {}
    hosts: tuple[str, ...] = ()


class BrokenError(Exception):
    """tox broke instead of answering: nothing can be said of what it makes of the config."""


class _ToxConfig(Struct, frozen=True):
    env: dict[str, Table] = {}
    tox: Table = {}


class _Cell(Struct, frozen=True):
    tox: Table = {}


class _RunnerConfig(Struct, frozen=True):
    cells: dict[str, _Cell]
    tox: Table = {}


class _Listed(Struct, frozen=True):
    id: str
    default: bool


class _RunnerList(Struct, frozen=True):
    cells: tuple[_Listed, ...]


def ask_tox(
    oracle: Oracle,
    folder: Path,
    *options: str,
    env: Mapping[str, str] | None = None,
    posargs: Sequence[str] | None = None,
) -> Answer:
    """Ask tox of the config in `folder`; `options` are more of its own. Raises BrokenError, OracleError.

    Packaging environments are left out: they are no cells.
    """

    def ask(*argv: str) -> Reply:
        after = () if posargs is None else ("--", *posargs)
        reply = oracle.ask(folder, *argv, *options, *after, env=env)
        if reply.code is None:
            raise BrokenError(reply.said)
        return reply

    def config(selected: str) -> Reply:
        return ask("config", "-e", selected, "--format", "json", "--hashseed", "42", "-o", "{output}")

    reply = config("ALL")
    if reply.shown is None:
        if reply.code == 0:
            raise OracleError(f"tox showed nothing and complained of nothing: {reply.said}")
        return Answer(refused=reply.said.strip() or f"exit {reply.code}")
    every = _decoded(reply)
    names = tuple(ask("list", "--no-desc", "-qq").said.split())
    default = tuple(ask("list", "--no-desc", "-d", "-qq").said.split())
    envs = dict(every.env)
    for name in default:
        if name not in every.env:  # `py` where there is no env_list is no part of ALL
            envs |= _decoded(config(name)).env
    return Answer(
        default=default,
        additional=tuple(name for name in names if name not in default),
        envs={name: table for name, table in envs.items() if name in names},
        core=every.tox,
        hosts=(str(every.tox["host_python"]),),
    )


def _decoded(reply: Reply) -> _ToxConfig:
    return msgspec.json.decode(reply.shown or "{}", type=_ToxConfig)


def ask_runner(
    project: Project,
    *,
    env: Mapping[str, str] | None = None,
    posargs: Sequence[str] | None = None,
) -> Answer:
    """Ask runner of the config in the project's root. Raises AssertionError on an internal error."""
    after = () if posargs is None else ("--", *posargs)
    shown = project.run("config", "--format", "json", "--show-secrets", "-e", "ALL", *after, env=env)
    if shown.exit_code == 2:
        return Answer(refused=shown.stderr.strip())
    config = msgspec.json.decode(shown.assert_exit(0).stdout, type=_RunnerConfig)
    listed = msgspec.json.decode(
        project.run("list", "--format", "json", env=env).assert_exit(0).stdout, type=_RunnerList
    )
    return Answer(
        default=tuple(cell.id for cell in listed.cells if cell.default),
        additional=tuple(cell.id for cell in listed.cells if not cell.default),
        envs={name: cell.tox for name, cell in config.cells.items()},
        core=config.tox,
        hosts=(sys.executable, getattr(sys, "_base_executable", sys.executable)),
    )
