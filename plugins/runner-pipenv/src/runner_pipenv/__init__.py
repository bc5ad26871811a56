"""Environments that pipenv itself fills, from Pipfile.lock."""

from runner import Backend, hookimpl

__version__ = "0.1.0"


@hookimpl
def runner_backend(name: str) -> Backend | None:
    """Return the backend `pipenv`."""
    if name != "pipenv":
        return None
    from runner_pipenv.backend import PipenvBackend  # noqa: PLC0415 - start-up

    return PipenvBackend()
