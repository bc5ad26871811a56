"""Call the hooks of a build backend, each in a process of its own, all output in one log."""

import configparser
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct
from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller, HookMissing, UnsupportedOperation

from runner.env.package.buildsystem import BuildSystem
from runner.model.encode import converted, decoded
from runner.model.environment import Environment
from runner.model.errors import Cancelled
from runner.model.ports import Leftover, Processes, Spawn, Stop, tell_nobody
from runner.model.results import Exited
from runner.model.secrets import NO_SECRETS
from runner.model.words import exit_words, left_words
from runner.nofollow import open_file

T = TypeVar("T")
Target = Literal["wheel", "sdist", "editable"]
ConfigSettings = Mapping[str, str | list[str]]


class HookError(Exception):
    """A hook did not do what was asked of it; the text is for people, the log has the rest."""


class Build(Struct, frozen=True, kw_only=True):
    """One build of the tree at `source`, with a `folder` of its own for all that it writes but its `log`.

    `environ` is the whole environment of the hooks, but for what the build environment adds. `conceal` takes
    secrets out of what is written to the log here. `tell` is told what people should know of the build.
    """

    source: Path
    folder: Path
    log: Path
    system: BuildSystem
    settings: ConfigSettings
    environ: Mapping[str, str]
    conceal: Callable[[str], str] = NO_SECRETS.text
    tell: Callable[[str], None] = tell_nobody


def prepare(build: Build) -> None:
    """Make the build's folders, and settings that keep setuptools' files out of the tree. Raises OSError."""
    (build.folder / "out").mkdir(parents=True)
    build.log.parent.mkdir(parents=True, exist_ok=True)
    (build.folder / "egg-info").mkdir()
    parser = configparser.RawConfigParser()
    theirs = build.environ.get("DIST_EXTRA_CONFIG")
    if theirs:
        parser.read(theirs, "utf-8")
    parser.read_dict(
        {
            "build": {"build_base": _without_percent(build.folder / "build", build.source)},
            "egg_info": {"egg_base": _without_percent(build.folder / "egg-info", build.source)},
        }
    )
    with _distutils_settings(build).open("w", encoding="utf-8") as file:
        parser.write(file)


def extra_requires(
    build: Build, target: Target, environment: Environment, processes: Processes, stop: Stop
) -> tuple[str, ...]:
    """Ask what the backend needs beyond its `requires`. Raises HookError and Cancelled."""
    caller = _caller(build, environment, processes, stop)
    hooks: dict[Target, Callable[[ConfigSettings], Sequence[str]]] = {
        "wheel": caller.get_requires_for_build_wheel,
        "sdist": caller.get_requires_for_build_sdist,
        "editable": caller.get_requires_for_build_editable,
    }
    answer = _answer(build, lambda: hooks[target](build.settings))
    try:
        return converted(answer, tuple[str, ...])
    except msgspec.ValidationError as error:
        raise HookError(
            f"get_requires_for_build_{target} of {build.system.backend} must return a list of texts: {error}"
        ) from error


def make(build: Build, target: Target, environment: Environment, processes: Processes, stop: Stop) -> Path:
    """Build the target and return its file. Raises HookError and Cancelled."""
    caller = _caller(build, environment, processes, stop)
    hooks: dict[Target, Callable[[str, ConfigSettings], str]] = {
        "wheel": caller.build_wheel,
        "sdist": caller.build_sdist,
        "editable": caller.build_editable,
    }
    out = build.folder / "out"
    name: object = _answer(build, lambda: hooks[target](str(out), build.settings))
    if not isinstance(name, str) or not name or not (out / name).is_file():
        raise HookError(
            f"build_{target} of {build.system.backend} returned {name!r}, which is no file in the folder"
            " that it was given"
        )
    return out / name


def _without_percent(path: Path, source: Path) -> str:
    """Return the path as setuptools may read it: some versions expand `%`, others do not even take `%%`."""
    return os.path.relpath(path, source) if "%" in str(path) else str(path)


def _distutils_settings(build: Build) -> Path:
    return build.folder / "distutils.cfg"


def _caller(
    build: Build, environment: Environment, processes: Processes, stop: Stop
) -> BuildBackendHookCaller:
    variables = _variables(build, environment)

    def run(
        cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        hook = f"{cmd[2]} of {build.system.backend}"
        _note(build, f"$ {hook}, run by {environment.python}")
        spawn = Spawn(
            argv=tuple(cmd),
            cwd=cwd or str(build.source),
            env={**variables, **(extra_environ or {})},
            log=str(build.log),
            step=f"build-{uuid.uuid4().hex}",
            given=tuple(_texts(build.settings)),
        )

        def leaked(leftovers: tuple[Leftover, ...]) -> None:
            said = left_words(hook, leftovers)
            _note(build, said)
            build.tell(said)

        def lost(why: str) -> None:
            build.tell(f"the log {build.log} is not whole: {why}")

        exit_ = processes.run(spawn, stop, leaked, lost)
        if stop.level:
            raise Cancelled
        if exit_ != Exited(0):
            raise HookError(f"{hook} {exit_words(exit_)}")
        _keep_warnings(build, Path(cmd[3]) / "output.json")

    return BuildBackendHookCaller(
        str(build.source),
        build.system.backend,
        backend_path=build.system.backend_path or None,
        runner=run,
        python_executable=environment.python,
    )


def _variables(build: Build, environment: Environment) -> dict[str, str]:
    outer = build.environ.get("PATH")
    return {
        **build.environ,
        **environment.variables,
        "PATH": os.pathsep.join((*environment.programs, *((outer,) if outer else ()))),
        "DIST_EXTRA_CONFIG": str(_distutils_settings(build)),
    }


def _texts(settings: ConfigSettings) -> Iterator[str]:
    for value in settings.values():
        yield from (value,) if isinstance(value, str) else value


def _answer(build: Build, call: Callable[[], T]) -> T:
    try:
        return call()
    except BackendUnavailable as error:
        _note(build, str(error))
        raise HookError(
            f"the build backend {build.system.backend} cannot be imported; is it among build-system.requires?"
        ) from error
    except HookMissing as error:
        raise HookError(_missing(build, error.hook_name)) from error
    except UnsupportedOperation as error:
        _note(build, error.traceback)
        raise HookError(f"{build.system.backend} says that it cannot build this project so") from error
    except (OSError, ValueError, KeyError) as error:
        raise HookError(f"{build.system.backend} ended without an answer: {error}") from error


def _missing(build: Build, hook: str) -> str:
    instead = '; set package = "wheel" or "sdist"' if hook == "build_editable" else ""
    return f"the build backend {build.system.backend} has no {hook}{instead}"


def _keep_warnings(build: Build, answer: Path) -> None:
    """Move the backend's warnings from its answer into the log.

    pyproject_hooks would raise them as warnings of this process: on the user's terminal, from a thread.
    """
    try:
        data = decoded(answer.read_bytes(), dict[str, object])
        warnings = converted(data.pop("warnings", ()), tuple[dict[str, object], ...])
    except (OSError, ValueError) as error:
        raise HookError(f"{build.system.backend} ended without an answer: {error}") from error
    if warnings:
        for warning in warnings:
            _note(build, f"{warning.get('filename')}:{warning.get('lineno')}: {warning.get('message')}")
        answer.write_bytes(msgspec.json.encode(data))


def _note(build: Build, text: str) -> None:
    descriptor = open_file(build.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with open(descriptor, "a", encoding="utf-8", errors="backslashreplace") as log:  # noqa: PTH123 - a descriptor
        log.write(build.conceal(text.rstrip()) + "\n")
