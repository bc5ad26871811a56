"""Calling the function of a step, in the process that was started for it."""

import sys
import traceback
from pathlib import Path
from types import ModuleType

from runner.hooks.loading import Unusable, import_file, import_module
from runner.model.encode import converted
from runner.model.settings import CallContext

FAILED = 1
MOST = 255
"""The greatest exit code; of greater ones the system keeps the last eight bits, so 256 would be a pass."""


def call(*, module: str, function: str, file: str, context: dict[str, object], **_order: object) -> int:
    """Call the function and return an exit code; what it raises is printed, and 1."""
    try:
        found: object = import_file(Path(file)) if file else import_module(module)
    except Unusable as error:
        return _complain(f"the module {file or module} {error}", error.__cause__)
    for name in function.split("."):
        found = getattr(found, name, None)
    if not callable(found) or isinstance(found, ModuleType):
        return _complain(f"{file or module} has no function {function}")
    try:
        code: object = found(converted(context, CallContext))
    except Exception as error:  # noqa: BLE001 - whatever the function raises
        # From its own code on: how it came to be called helps nobody.
        traceback.print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        return FAILED
    if code is None:
        return 0
    if isinstance(code, int) and not isinstance(code, bool) and 0 <= code <= MOST:
        return int(code)
    got = code if isinstance(code, int) else f"a {type(code).__name__}"
    return _complain(f"{function} returned {got}: expected None or an exit code from 0 to {MOST}")


def _complain(message: str, cause: BaseException | None = None) -> int:
    if cause is not None:
        traceback.print_exception(cause)
    sys.stderr.write(f"error: {message}\n")
    return FAILED
