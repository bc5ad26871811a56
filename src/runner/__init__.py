"""runner: test-matrix automation for Python.

What plugins may import stands here, and is resolved on first use so that starting stays cheap.
"""

from importlib import import_module

TYPE_CHECKING = False  # as type checkers read it; the real one costs half of `--version`
if TYPE_CHECKING:
    from runner.hooks.spec import hookimpl
    from runner.model.environment import Environment
    from runner.model.errors import CellError
    from runner.model.events import Event
    from runner.model.options import Options
    from runner.model.plan import Cell, EnvSpec, ReadyCell
    from runner.model.ports import Backend, Collector, Reporter, SessionType, Stream
    from runner.model.results import Attempt, CellResult, Collected, Finish, RunResult, TestResult
    from runner.model.settings import Steps

__version__ = "0.1.0"

__all__ = [
    "Attempt",
    "Backend",
    "Cell",
    "CellError",
    "CellResult",
    "Collected",
    "Collector",
    "EnvSpec",
    "Environment",
    "Event",
    "Finish",
    "Options",
    "ReadyCell",
    "Reporter",
    "RunResult",
    "SessionType",
    "Steps",
    "Stream",
    "TestResult",
    "hookimpl",
]

_HOMES = {
    "environment": ("Environment",),
    "errors": ("CellError",),
    "events": ("Event",),
    "options": ("Options",),
    "plan": ("Cell", "EnvSpec", "ReadyCell"),
    "ports": ("Backend", "Collector", "Reporter", "SessionType", "Stream"),
    "results": ("Attempt", "CellResult", "Collected", "Finish", "RunResult", "TestResult"),
    "settings": ("Steps",),
}


def __getattr__(name: str) -> object:
    if name == "hookimpl":
        module = "runner.hooks.spec"
    else:
        homes = [f"runner.model.{home}" for home, names in _HOMES.items() if name in names]
        if not homes:
            raise AttributeError(f"module 'runner' has no attribute {name!r}")
        module = homes[0]
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value
