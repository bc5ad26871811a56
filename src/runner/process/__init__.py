"""Processes, signals and the machine's CPUs: the only place of our code that touches them.

POSIX only. `SystemProcesses` is loaded on first use: `subprocess` costs as much as the rest of this package
and a verb that only lists cells does without it.
"""

import importlib
import sys
from typing import TYPE_CHECKING

from runner.model.errors import UsageError

if sys.platform == "win32":
    raise UsageError(
        "runner starts processes on Linux, macOS and other POSIX systems only; on Windows, run it inside WSL"
    )

from runner.process.clock import SystemClock
from runner.process.cpus import usable_cpus
from runner.process.signals import signals_to
from runner.process.stop import StopSwitch

if TYPE_CHECKING:
    from runner.process.system import SystemProcesses
else:

    def __getattr__(name: str) -> object:
        if name == "SystemProcesses":
            return importlib.import_module("runner.process.system").SystemProcesses
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["StopSwitch", "SystemClock", "SystemProcesses", "signals_to", "usable_cpus"]
