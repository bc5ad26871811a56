"""The backend, as runner asks it: its methods import rattler, 81 MB of it, when there is something to do."""

import importlib.metadata
import json
import re
from collections.abc import Mapping
from pathlib import Path

from runner import CellError, Content, Environment, EnvSpec, ResolveWish, Stop
from runner_conda.keys import NAME, CondaKeys
from runner_conda.request import Request, request_of

_PROJECT = re.compile(r"(?:(?:-e|--editable)\s*=?\s*)?\.(?:/\.?)?(?:\[(?P<extras>[^\]]*)\])?")


class CondaBackend:
    """Environments of conda packages, Python among them; what is from PyPI runner installs on top."""

    name = NAME
    keys = CondaKeys
    lock_ending = "lock"

    def describe(self) -> str:
        """Return name and version of what installs."""
        return f"{NAME} (rattler {importlib.metadata.version('py-rattler')})"

    def inputs(self, spec: EnvSpec) -> Mapping[str, str]:
        """Return what a solve follows from, but the machine and what the channels have just now."""
        from runner_conda.engine.solving import platform  # noqa: PLC0415 - start-up

        return {**_request(spec).parts(), "platform": platform()}

    def requirements(self, spec: EnvSpec) -> tuple[str, ...]:
        """Return the `pip:` section of the environment file, but the project, if runner installs that."""
        lines = _request(spec).file.pip
        if not spec.installs_project:
            return lines
        itself = {line: _PROJECT.fullmatch(line) for line in lines}
        for line, match in itself.items():
            if match and match["extras"]:
                raise CellError(
                    "lock",
                    f"environment-file: `{line}` is the project itself, which runner installs: leave it out,"
                    f" and set extras = {json.dumps(match['extras'].split(','))}",
                )
        return tuple(line for line, match in itself.items() if not match)

    def resolve(self, spec: EnvSpec, wish: ResolveWish, stop: Stop) -> str:
        """Return a lock of all that the session asks of conda."""
        from runner_conda.environments import solve  # noqa: PLC0415 - start-up

        return solve(spec, _request(spec), wish, stop)

    def contents(self, lock: str) -> tuple[Content, ...]:
        """Return what a lock pins: the packages, and the Python distributions in them."""
        from runner_conda.environments import contents  # noqa: PLC0415 - start-up

        try:
            return contents(lock)
        except CellError as error:
            raise ValueError(error.message) from error

    def interpreter(self, spec: EnvSpec, stop: Stop) -> str | None:
        """Return the Python to resolve and build with."""
        from runner_conda.environments import interpreter  # noqa: PLC0415 - start-up

        return interpreter(spec, _request(spec), stop)

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
        """Install what the lock pins, and activate it."""
        from runner_conda.environments import create  # noqa: PLC0415 - start-up

        return create(spec, _request(spec), folder, stop)

    def environment_file(self, spec: EnvSpec, pip: tuple[str, ...]) -> str:
        """Return the text of an environment.yml: what the lock pins, and what `pip` installs on top."""
        from runner_conda.environments import exported  # noqa: PLC0415 - start-up

        return exported(spec, _request(spec), pip)


def _request(spec: EnvSpec) -> Request:
    return request_of(spec, spec.keys_as(CondaKeys))
