"""A backend that needs nothing of the machine: its environments hold the programs that a test gives it."""

from collections.abc import Mapping
from pathlib import Path

from runner.hooks.spec import hookimpl
from runner.model.environment import Environment, Installation
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend
from runner.model.ports import Stop
from runner.model.results import Installed
from runner.testing.commands import write_program


class FakeBackend:
    """A `Backend` that makes an environment in a moment: no Python, no virtualenv, no network.

    `programs` maps the name of a program to its script: text without a `#!` line is run by `sh`. `packages`
    is what `install` says that it installed. `specs` are the environments that were asked for, in the order
    in which they were created. It is a plugin, too: `project.run(plugins=(FakeBackend(...),))` lets sessions
    say `backend = "fake"`.
    """

    def __init__(
        self,
        programs: Mapping[str, str] | None = None,
        *,
        name: str = "fake",
        packages: tuple[Installed, ...] = (),
    ) -> None:
        self.name = name
        self.specs: list[EnvSpec] = []
        self._programs = dict(programs or {})
        self._packages = packages

    @hookimpl
    def runner_backend(self, name: str) -> Backend | None:
        """Return itself for its name."""
        return self if name == self.name else None

    def describe(self) -> str:
        """Return its name."""
        return self.name

    def interpreter(self, spec: EnvSpec, stop: Stop) -> str | None:  # noqa: ARG002 - the Protocol's
        """Return None: its environments have no Python."""
        return None

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:  # noqa: ARG002 - the Protocol's
        """Write the programs into `folder`."""
        self.specs.append(spec)
        programs = folder / "bin"
        programs.mkdir()
        for name, text in self._programs.items():
            write_program(programs / name, text)
        return Environment(python="", programs=(str(programs),), variables={}, folder=str(folder))

    def install(self, spec: EnvSpec, environment: Environment, stop: Stop) -> Installation:  # noqa: ARG002 - the Protocol's
        """Install nothing, and say that `packages` are there."""
        return Installation(packages=self._packages)
