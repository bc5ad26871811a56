"""Conda environments: solved once, locked with hashes, installed exactly, with PyPI distributions on top.

This is its hook. What only a conda environment needs is imported when there is one: other verbs start fast.
"""

from runner import Backend, hookimpl
from runner_conda.keys import NAME

__version__ = "0.1.0"


@hookimpl
def runner_backend(name: str) -> Backend | None:
    """Return the backend for `backend = "conda"`."""
    if name != NAME:
        return None
    from runner_conda.backend import CondaBackend  # noqa: PLC0415 - start-up

    return CondaBackend()
