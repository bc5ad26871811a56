"""runner: test-matrix automation for Python.

What plugins may import stands here, and is resolved on first use so that starting stays cheap.
"""

from importlib import import_module

TYPE_CHECKING = False  # as type checkers read it; the real one costs half of `--version`
if TYPE_CHECKING:
    from runner.env.backends.builtin import create_virtualenv
    from runner.env.given.pipfile_pins import pipfile_pins
    from runner.hooks.reading import read_config
    from runner.hooks.spec import hookimpl
    from runner.model.config import Config
    from runner.model.environment import BackendLock, Content, Environment, Fixed, Installation, ResolveWish
    from runner.model.errors import Cancelled, CellError, ConfigError, Problem, UsageError
    from runner.model.events import (
        AttemptStarted,
        CellFinished,
        CellStarted,
        Event,
        Interrupted,
        Notice,
        RunFinished,
        RunStarted,
        StepFinished,
        StepStarted,
        decode_event,
    )
    from runner.model.options import Option, Options
    from runner.model.plan import Addition, Cell, EnvSpec, ReadyCell, Work
    from runner.model.plugins import (
        AddsKeys,
        Backend,
        BringsInterpreter,
        Collector,
        Executor,
        FollowsLock,
        Installs,
        NoKeys,
        Reporter,
        Resolves,
        SessionType,
        Stream,
        Verb,
        VerbRequest,
        WritesEnvironmentFile,
    )
    from runner.model.ports import Stop
    from runner.model.python import Interpreter, PythonSpec
    from runner.model.request import ConfigRequest
    from runner.model.results import (
        Attempt,
        CellResult,
        Collected,
        Exited,
        Finish,
        Installed,
        NotStarted,
        RunResult,
        Signalled,
        StepResult,
        TestResult,
        TimedOut,
    )
    from runner.model.settings import Call, CallContext, Steps
    from runner.model.writing import command

__version__ = "0.1.0"

_HOMES = {
    "runner.env.backends.builtin": ("create_virtualenv",),
    "runner.env.given.pipfile_pins": ("pipfile_pins",),
    "runner.hooks.reading": ("read_config",),
    "runner.hooks.spec": ("hookimpl",),
    "runner.model.config": ("Config",),
    "runner.model.environment": (
        "BackendLock",
        "Content",
        "Environment",
        "Fixed",
        "Installation",
        "ResolveWish",
    ),
    "runner.model.errors": ("Cancelled", "CellError", "ConfigError", "Problem", "UsageError"),
    "runner.model.events": (
        "AttemptStarted",
        "CellFinished",
        "CellStarted",
        "Event",
        "Interrupted",
        "Notice",
        "RunFinished",
        "RunStarted",
        "StepFinished",
        "StepStarted",
        "decode_event",
    ),
    "runner.model.options": ("Option", "Options"),
    "runner.model.plan": ("Addition", "Cell", "EnvSpec", "ReadyCell", "Work"),
    "runner.model.plugins": (
        "AddsKeys",
        "Backend",
        "BringsInterpreter",
        "Collector",
        "Executor",
        "FollowsLock",
        "Installs",
        "NoKeys",
        "Reporter",
        "Resolves",
        "SessionType",
        "Stream",
        "Verb",
        "VerbRequest",
        "WritesEnvironmentFile",
    ),
    "runner.model.ports": ("Stop",),
    "runner.model.python": ("Interpreter", "PythonSpec"),
    "runner.model.request": ("ConfigRequest",),
    "runner.model.results": (
        "Attempt",
        "CellResult",
        "Collected",
        "Exited",
        "Finish",
        "Installed",
        "NotStarted",
        "RunResult",
        "Signalled",
        "StepResult",
        "TestResult",
        "TimedOut",
    ),
    "runner.model.settings": ("Call", "CallContext", "Steps"),
    "runner.model.writing": ("command",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Addition",
    "AddsKeys",
    "Attempt",
    "AttemptStarted",
    "Backend",
    "BackendLock",
    "BringsInterpreter",
    "Call",
    "CallContext",
    "Cancelled",
    "Cell",
    "CellError",
    "CellFinished",
    "CellResult",
    "CellStarted",
    "Collected",
    "Collector",
    "Config",
    "ConfigError",
    "ConfigRequest",
    "Content",
    "EnvSpec",
    "Environment",
    "Event",
    "Executor",
    "Exited",
    "Finish",
    "Fixed",
    "FollowsLock",
    "Installation",
    "Installed",
    "Installs",
    "Interpreter",
    "Interrupted",
    "NoKeys",
    "NotStarted",
    "Notice",
    "Option",
    "Options",
    "Problem",
    "PythonSpec",
    "ReadyCell",
    "Reporter",
    "ResolveWish",
    "Resolves",
    "RunFinished",
    "RunResult",
    "RunStarted",
    "SessionType",
    "Signalled",
    "StepFinished",
    "StepResult",
    "StepStarted",
    "Steps",
    "Stop",
    "Stream",
    "TestResult",
    "TimedOut",
    "UsageError",
    "Verb",
    "VerbRequest",
    "Work",
    "WritesEnvironmentFile",
    "command",
    "create_virtualenv",
    "decode_event",
    "hookimpl",
    "pipfile_pins",
    "read_config",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'runner' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
