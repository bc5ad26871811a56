"""Where runner's own parts become plugins: they enter through the same hooks as anyone's.

Modules that only a run needs are imported when their hook is called, so that the other verbs start fast.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

from msgspec import Struct

from runner.cli.complaints import outlet
from runner.cli.world import World
from runner.hooks.manager import Plugins
from runner.hooks.spec import hookimpl
from runner.model.config import Config
from runner.model.options import Options
from runner.model.plugins import Backend, Collector, Reporter, SessionType, Stream
from runner.model.request import ConfigKind, ConfigRequest, ToxKind
from runner.model.settings import BACKENDS

REPORTS = ("json", "junit")
_OF_TOX: tuple[ConfigKind, ...] = get_args(ToxKind)
FILES = "files"
"""The name of the plugin that writes the files of a run."""


class ToxConfigs:
    """The configs of tox."""

    @hookimpl
    def runner_load_config(self, request: ConfigRequest) -> Config | None:
        """Return what a config of tox says."""
        if request.kind not in _OF_TOX:
            return None
        from runner.compat.tox import load  # noqa: PLC0415 - start-up

        return load(request)


class PythonSessions:
    """The session type `python`."""

    @hookimpl
    def runner_session_type(self, name: str) -> SessionType[Struct] | None:
        """Return the type `python`."""
        if name != "python":
            return None
        from runner.plan import PythonType  # noqa: PLC0415 - start-up

        return PythonType()


class Backends:
    """The backends `virtualenv`, `venv` and `none`."""

    def __init__(self, world: World) -> None:
        self._world = world

    @hookimpl
    def runner_backend(self, name: str) -> Backend | None:
        """Return the backend of that name."""
        if name not in BACKENDS:
            return None
        from runner.env.backends import builtin as backends  # noqa: PLC0415 - start-up
        from runner.env.folders import user_cache  # noqa: PLC0415 - start-up

        environ = self._world.environ
        if name == "virtualenv":
            cache = backends.interpreter_cache(user_cache(environ))
            return backends.VirtualenvBackend(environ=environ, cache=cache)
        if name == "venv":
            return backends.VenvBackend(environ=environ, processes=self._world.processes())
        return backends.NoneBackend()


class JUnit:
    """Test results of the cells, from JUnit XML."""

    def __init__(self, world: World) -> None:
        self._world = world

    @hookimpl
    def runner_collector(self) -> Collector:
        """Return the reader of JUnit XML."""
        from runner.results import JUnitCollector  # noqa: PLC0415 - start-up

        return JUnitCollector(self._world.secrets.concealed)


class Terminal:
    """Plain text for people."""

    @hookimpl
    def runner_reporter(self, options: Options, stream: Stream) -> Reporter:
        """Return the reporter that writes to the terminal."""
        from runner.report import PlainReporter  # noqa: PLC0415 - start-up

        return PlainReporter(stream, options)


class Files:
    """The files of a run: events and result in its own folder, `--events` and `--report`."""

    def __init__(self, world: World) -> None:
        self._world = world

    @hookimpl
    def runner_reporter(self, options: Options) -> tuple[Reporter, ...]:
        """Return one reporter for each file that the run writes."""
        from runner.report import (  # noqa: PLC0415 - start-up
            EventsReporter,
            EventsToStream,
            JsonReporter,
            JUnitReporter,
        )
        from runner.results import Fold  # noqa: PLC0415 - start-up

        folder = Path(options.run_folder)
        makers: list[Callable[[], Reporter]] = [
            partial(EventsReporter, folder / "events.jsonl"),
            partial(JsonReporter, folder / "result.json", Fold),
        ]
        if options.events == "-":
            makers.append(partial(EventsToStream, outlet(self._world)))
        elif options.events is not None:
            makers.append(partial(EventsReporter, options.events))
        for report in options.reports:
            kind = JsonReporter if report.kind == "json" else JUnitReporter
            makers.append(partial(kind, report.path, Fold))
        return _all_or_none(makers)


def _all_or_none(makers: list[Callable[[], Reporter]]) -> tuple[Reporter, ...]:
    """Make the reporters; when one cannot open its file, those before it let go of theirs."""
    made: list[Reporter] = []
    try:
        made.extend(make() for make in makers)
    except BaseException:
        for reporter in made:
            reporter.close()
        raise
    return tuple(made)


def add_built_ins(plugins: Plugins, world: World) -> None:
    """Register everything of runner's own."""
    plugins.add_built_in("tox", ToxConfigs())
    plugins.add_built_in("python", PythonSessions())
    plugins.add_built_in("environments", Backends(world))
    plugins.add_built_in("junit", JUnit(world))
    plugins.add_built_in(FILES, Files(world))
    plugins.add_built_in("terminal", Terminal())
