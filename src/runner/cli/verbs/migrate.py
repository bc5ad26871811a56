"""`runner migrate`: a config of another tool becomes a `runner.toml`, and is shown to mean the same."""

from pathlib import Path

from msgspec.structs import replace

from runner.cli.migration import OldConfig, Translation
from runner.cli.options import Arguments
from runner.cli.project import Project, load_plugins, request_for
from runner.cli.proof import circumstances, differences, read_text
from runner.cli.world import World
from runner.config import Found, find
from runner.migrate import Difference, Outcome, told, written
from runner.model.errors import ExitCode, Problem, RunnerError, UsageError
from runner.model.request import ConfigRequest

_NAME = "runner.toml"
_WANTED = (
    "ids begin with the session's name; -e takes their parts in any order, so py311-django42 still works",
    "cells run side by side, as many as there are CPUs; -j1 runs one after the other, as tox does",
    "commands see RUNNER_CELL, RUNNER_ROOT, RUNNER_TMP; TOX_ENV_NAME and the like only where they name them",
    "environments are bare: pip and setuptools are there only where commands call them (seed)",
    "pass-env names only what neither tool passes by itself; what runner passes is in its reference",
)


def run(arguments: Arguments, world: World) -> int:
    """Write the file beside the config, or to stdout, and tell what came of it."""
    explicit = Path(world.cwd, arguments.config) if arguments.config is not None else None
    found = find(world.cwd, explicit)
    target = found.file.with_name(_NAME)
    request = _request(arguments, world, found)
    _check_target(target, arguments)
    old = OldConfig(load_plugins(arguments, world, None), request)
    translation = Translation(old, found.file.name)
    text = written(translation.document)
    outcome = _compared(translation, old, text, target, world)
    kept = outcome.is_proven or arguments.force
    if arguments.stdout:
        world.stdout.write(text)
    elif kept:
        _write(target, text)
    report = told(replace(outcome, written=_last(target, arguments, kept=kept)))
    (world.stderr if arguments.stdout else world.stdout).write(world.secrets.concealed(report))
    return ExitCode.PASSED if outcome.is_proven else ExitCode.FAILED


def _request(arguments: Arguments, world: World, found: Found) -> ConfigRequest:
    if found.foreign is None:
        raise UsageError(
            Problem(
                f"{found.shown} is in runner's own format already",
                hint="name the config of tox, as in: runner migrate tox.ini",
            )
        )
    return request_for(arguments, world, found, found.foreign)


def _check_target(target: Path, arguments: Arguments) -> None:
    if target.exists() and not (arguments.force or arguments.stdout):
        hint = "--force writes over it, --stdout prints instead"
        raise UsageError(Problem(f"{target.name} is there already, and is left as it is", hint=hint))


def _compared(translation: Translation, old: OldConfig, text: str, target: Path, world: World) -> Outcome:
    """Read the text as a config, and compare its plan with that of the other."""
    document = translation.document
    among = circumstances(old, world.environ)
    found: tuple[Difference, ...] = ()
    refused: tuple[str, ...] = ()
    try:
        config = read_text(text, target, old.plugins)
        new = Project(config, old.plugins, old.request.host)
        found = tuple(differences(old, new, document.ids, among))
    except RunnerError as error:
        refused = tuple(map(str, error.problems))
    return Outcome(
        source=document.facts.source,
        target=target.name,
        ids=document.ids,
        sessions=len(document.sessions),
        circumstances=tuple(each.name for each in among),
        differences=found,
        refused=refused,
        left=tuple(translation.left),
        lost=tuple(translation.lost),
        wanted=(*_WANTED, *document.notes),
    )


def _write(target: Path, text: str) -> None:
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from error


def _last(target: Path, arguments: Arguments, *, kept: bool) -> str:
    if arguments.stdout:
        return ""
    if kept:
        return f"written: {target.name}; runner reads it from now on, and not the other config"
    return f"{target.name} is not written; --force writes it all the same, --stdout prints it"
