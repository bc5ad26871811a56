"""Calling the function of a step, in the process that was started for it."""

import sys
import traceback
from pathlib import Path
from types import ModuleType

from runner.hooks.loading import Unusable, import_file, import_module
from runner.model.encode import converted
from runner.model.settings import CallContext

FAILED = 1
_CODES = range(256)
"""What the system keeps of an exit code: 256 would be 0, a success."""


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
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the function raises
        # From its own code on: how it came to be called helps nobody.
        traceback.print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        return FAILED
    if code is None:
        return 0
    if isinstance(code, int) and not isinstance(code, bool) and code in _CODES:
        return int(code)
    what = f"{code}" if isinstance(code, int) else f"a {type(code).__name__}"
    return _complain(f"{function} returned {what}: expected None or an exit code, 0 to 255")


def _complain(message: str, cause: BaseException | None = None) -> int:
    if cause is not None:
        traceback.print_exception(cause)
    sys.stderr.write(f"error: {message}\n")
    return FAILED
