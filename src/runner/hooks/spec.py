"""The hooks: what a plugin may add, and when it is asked.

Hooks register things and are called on the main thread with frozen values; what they return is used where
its Protocol says. Implementations are marked with `hookimpl` and may leave out arguments that they do not
need, so a plugin keeps working when a hook gains one.
"""

import pluggy
from msgspec import Struct

from runner.model.config import Config
from runner.model.options import Option, Options
from runner.model.plan import Addition, Cell
from runner.model.plugins import Backend, Collector, Executor, Reporter, SessionType, Stream, Verb
from runner.model.python import PythonSpec
from runner.model.request import ConfigRequest
from runner.model.results import Finish, RunResult

PROJECT = "runner"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def runner_options() -> Option | tuple[Option, ...] | None:
    """Return more options of the command line; `Options.of_plugins` has their values.

    Asked when the command line is read, in every call of runner in the project.
    """


@hookspec
def runner_commands() -> Verb | tuple[Verb, ...] | None:
    """Return more verbs of the command line.

    Asked when the command line is read, in every call of runner in the project.
    """


@hookspec(firstresult=True)
def runner_load_config(request: ConfigRequest) -> Config | None:
    """Return the config that the file holds, or None when its kind is not yours.

    Asked when the config that was found is not in runner's own format. What is wrong with the file is a
    ConfigError with all of it.
    """


@hookspec(firstresult=True)
def runner_session_type(name: str) -> SessionType[Struct] | None:
    """Return the session type of that name, or None when it is not yours.

    Asked for each name that stands in a config, while it is read. Two plugins that answer are an error.
    """


@hookspec(firstresult=True)
def runner_backend(name: str) -> Backend | None:
    """Return the environment backend of that name, or None when it is not yours.

    Asked for each name that stands in a config, while it is read, and when a run starts. Two plugins that
    answer are an error.
    """


@hookspec(firstresult=True)
def runner_executor(url: str) -> Executor | None:
    """Return where `--on URL` means that cells run, or None when that is not yours.

    Asked when a run with `--on` starts, before anything is written. Two plugins that answer are an error.
    """


@hookspec(firstresult=True)
def runner_find_python(spec: PythonSpec) -> str | None:
    """Return the path of an interpreter for what a cell asks for, or None to let runner look for one.

    Asked once for each Python of the cells that run, except one that is a path, by `run`, `plan` and `lock`;
    of a request that takes several in turn, for each alone. A path is absolute or relative to root. One that
    is no such Python makes its cells an `error`.
    """


@hookspec
def runner_cell(cell: Cell) -> Addition | None:
    """Return what to add to a cell that runs, before its lock is looked for.

    Asked by `run`, `plan`, `config` and `lock`. Two plugins, or a plugin and the config, that set one
    variable to different values are an error, and so are requirements for a cell without an environment.
    """


@hookspec(firstresult=True)
def runner_deselect(cell: Cell, options: Options) -> str | None:
    """Return the reason to leave out a cell that is selected, or None to let it run.

    Asked by `run` and `plan`. Cells that need it do not wait for it, as with `--skip`.
    """


@hookspec
def runner_collector(options: Options) -> Collector | None:
    """Return a collector: it reads what a cell's commands left behind into test results.

    Asked when a run starts.
    """


@hookspec
def runner_reporter(options: Options, stream: Stream) -> Reporter | tuple[Reporter, ...] | None:
    """Return a reporter, or several: they show or store events. `stream` is where text for people goes.

    Asked when a run starts. A UsageError, such as for a file that cannot be opened, ends the program.
    """


@hookspec
def runner_finish(result: RunResult, options: Options) -> Finish | None:
    """Look at the whole run: return lines for its summary and an exit code that can only make it worse.

    Asked when all cells have ended; reporters are told of it last.
    """
