"""The hooks: what a plugin may add, and when it is asked.

Hooks register things and are called on the main thread with frozen values; what they return is used where
its Protocol says. Implementations are marked with `hookimpl` and may leave out arguments that they do not
need, so a plugin keeps working when a hook gains one.
"""

import pluggy

from runner.model.config import Config
from runner.model.options import Options
from runner.model.ports import Backend, Collector, Reporter, SessionType, Stream
from runner.model.request import ConfigRequest
from runner.model.results import Finish, RunResult

PROJECT = "runner"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def runner_load_config(request: ConfigRequest) -> Config | None:
    """Return the config that the file holds, or None when its kind is not yours.

    What is wrong with the file is a ConfigError with all of it.
    """


@hookspec(firstresult=True)
def runner_session_type(name: str) -> SessionType | None:
    """Return the session type of that name, or None when it is not yours."""


@hookspec(firstresult=True)
def runner_backend(name: str) -> Backend | None:
    """Return the environment backend of that name, or None when it is not yours."""


@hookspec
def runner_collector(options: Options) -> Collector | None:
    """Return a collector: it reads what a cell's commands left behind into test results."""


@hookspec
def runner_reporter(options: Options, stream: Stream) -> Reporter | tuple[Reporter, ...] | None:
    """Return a reporter, or several: they show or store events. `stream` is where text for people goes."""


@hookspec
def runner_finish(result: RunResult) -> Finish | None:
    """Look at the whole run: return lines for its summary and an exit code that can only make it worse."""
