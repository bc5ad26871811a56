"""What a `Call` step needs to be run: a command line, and what to read on stdin."""

import importlib.util
import json
import sys

from msgspec import to_builtins

from runner.model.environment import Environment
from runner.model.plan import ReadyCell
from runner.model.settings import Call, CallContext

_CALL = "runner.call"


def argv_of_call() -> tuple[str, ...]:
    """Return the command line of the process that calls functions.

    Isolated (`-I`) from variables, which are those of the cell; so what these would say is said here.
    """
    found = importlib.util.find_spec(_CALL)
    if found is None or found.origin is None:
        raise AssertionError(f"{_CALL} is part of runner")
    return (sys.executable, "-I", "-u", "-X", "faulthandler", found.origin)


def stdin_of_call(call: Call, cell: ReadyCell, environment: Environment, phase: str, attempt: int) -> str:
    """Return what that process reads: `runner.call.Order` as JSON."""
    context = CallContext(
        cell=cell.id,
        session=cell.cell.session,
        axes=cell.cell.axes,
        phase=phase,
        attempt=attempt,
        root=cell.root,
        env_dir=cell.env_dir,
        tmp=cell.tmp,
        python=environment.python,
        programs=environment.programs,
        arguments=call.arguments,
    )
    module, _, function = call.function.partition(":")
    order = {
        "path": [folder for folder in sys.path if folder],
        "module": module,
        "function": function,
        "file": call.file or "",
    }
    # Not as msgspec has it, which knows neither bytes in names of files nor numbers that are none.
    return json.dumps({**order, "context": to_builtins(context)})
