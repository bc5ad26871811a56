"""What plugins may import: a list that changes only on purpose, and holds all that hooks speak of."""

import ast
import inspect
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import runner
from runner.hooks import spec
from runner.hooks.loading import HOOKS

PUBLIC = {
    "Addition", "AddsKeys", "Attempt", "AttemptStarted", "Backend", "BackendLock", "BringsInterpreter",
    "Call", "CallContext", "Cancelled", "Cell", "CellError", "CellFinished", "CellResult", "CellStarted",
    "Collected", "Collector", "Config", "ConfigError", "ConfigRequest", "Content", "EnvSpec", "Environment",
    "Event", "Executor", "Exited", "Finish", "Fixed", "FollowsLock", "Installation", "Installed",
    "Installs", "Interpreter", "Interrupted", "NoKeys", "NotStarted", "Notice", "Option", "Options",
    "Problem", "PythonSpec", "ReadyCell", "Reporter", "ResolveWish", "Resolves", "RunFinished", "RunResult",
    "RunStarted", "SessionType", "Signalled", "StepFinished", "StepResult", "StepStarted", "Steps", "Stop",
    "Stream", "TestResult", "TimedOut", "UsageError", "Verb", "VerbRequest", "Work",
    "WritesEnvironmentFile", "command", "create_virtualenv", "decode_event", "hookimpl", "pipfile_pins",
    "read_config",
}  # fmt: skip
"""Taking a name away, or changing what it means, breaks plugins."""


def public(name: str) -> object:
    value: object = getattr(runner, name)
    return value


PROTOCOLS = [name for name in sorted(PUBLIC) if getattr(public(name), "_is_protocol", False)]


def test_the_public_names_are_these() -> None:
    assert set(runner.__all__) == PUBLIC
    assert len(runner.__all__) == len(PUBLIC)
    assert all(inspect.getdoc(public(name)) for name in PUBLIC)


def test_what_type_checkers_see_is_what_is_imported() -> None:
    seen = {
        name.name: statement.module
        for block in ast.parse(Path(str(runner.__file__)).read_text("utf-8")).body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for name in statement.names
    }
    assert seen == runner._HOME_OF
    assert set(seen) == PUBLIC


def test_importing_runner_imports_nothing_of_it() -> None:
    code = (
        "import runner, sys; print([name for name in sys.modules if name.startswith(('runner.', 'msgspec'))])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def named_in(annotation: object) -> Iterator[type]:
    """Yield the classes that an annotation is made of."""
    arguments = typing.get_args(annotation)
    if arguments:
        for argument in arguments:
            for one in argument if isinstance(argument, list) else [argument]:
                yield from named_in(one)
    origin = typing.get_origin(annotation)
    if origin is None and isinstance(annotation, type):
        yield annotation
    elif isinstance(origin, type) and origin is not types.UnionType:
        yield origin


def unknown_in(function: object) -> set[str]:
    """Return the classes of ours that a signature names and that plugins cannot import."""
    ours = {one for hint in typing.get_type_hints(function).values() for one in named_in(hint)}
    return {one.__name__ for one in ours if one.__module__.startswith("runner.")} - PUBLIC


@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_hook_speaks_of_is_public(hook: str) -> None:
    assert unknown_in(getattr(spec, hook)) == set()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_what_a_protocol_speaks_of_is_public(name: str) -> None:
    protocol = public(name)
    methods = [
        one for one in vars(protocol).values() if inspect.isfunction(one) and not one.__name__.startswith("_")
    ]
    assert methods or typing.get_type_hints(protocol)
    assert unknown_in(protocol).union(*map(unknown_in, methods)) == set()


@pytest.mark.parametrize(
    ("struct", "field"), [(runner.Event, "body"), (runner.StepResult, "exit")], ids=["body", "exit"]
)
def test_what_plugins_tell_apart_is_public(struct: type[msgspec.Struct], field: str) -> None:
    kinds = typing.get_args(typing.get_type_hints(struct)[field])
    assert {kind.__name__ for kind in kinds} <= PUBLIC


def test_values_are_frozen_structs() -> None:
    structs = [public(name) for name in PUBLIC if isinstance(public(name), type)]
    mutable = [s for s in structs if isinstance(s, type(msgspec.Struct)) and not s.__struct_config__.frozen]
    assert mutable == []
