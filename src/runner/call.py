"""Runs the function of a `Call` step, in a process of its own: what it needs is JSON on stdin, an `Order`.

The interpreter is runner's own, isolated (`-I`): neither the cell's variables nor the folder that it runs in
change what is imported. So the first thing to do is to look for modules where runner does.
"""

import json
import os
import sys
from contextlib import suppress
from typing import TypedDict


class Order(TypedDict):
    """What to call.

    `path` is runner's `sys.path`; `file` is where the module is, empty for one to import by its name;
    `context` is the function's `CallContext`.
    """

    path: list[str]
    module: str
    function: str
    file: str
    context: dict[str, object]


def main() -> int:
    """Call the function and return the exit code."""
    order: Order = json.loads(sys.stdin.buffer.read())
    if hasattr(os, "ttyname") and os.isatty(1):  # from now on what is typed there: debuggers work
        with suppress(OSError), open(os.ttyname(1), "rb") as terminal:  # noqa: PTH123 - a descriptor is wanted
            os.dup2(terminal.fileno(), 0)
    sys.path[:] = order["path"]
    from runner.hooks.calling import call  # noqa: PLC0415 - found by the path that was set just now

    return call(**order)


if __name__ == "__main__":
    sys.exit(main())
