"""Environments: interpreters, the project's package, locks, backends, installers, and the folders they use."""

from runner.env.backends import NoneBackend, VenvBackend, VirtualenvBackend, interpreter_cache
from runner.env.folders import (
    prepare_work_dir,
    remove_cache,
    remove_environments,
    remove_work_dir,
    user_cache,
)
from runner.env.interpreters import Interpreters
from runner.env.workshop import LocalWorkshop

__all__ = [
    "Interpreters",
    "LocalWorkshop",
    "NoneBackend",
    "VenvBackend",
    "VirtualenvBackend",
    "interpreter_cache",
    "prepare_work_dir",
    "remove_cache",
    "remove_environments",
    "remove_work_dir",
    "user_cache",
]
