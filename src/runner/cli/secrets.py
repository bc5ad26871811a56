"""The secrets of a run: known from variables, and concealed in all that is shown."""

from collections.abc import Iterable, Iterator, Mapping

from runner.model.errors import ConfigError, Problem
from runner.model.globs import Globs
from runner.model.plan import PackageSpec, ReadyCell
from runner.model.secrets import LEAST, Concealer, looks_secret

Variable = tuple[str, str]


class Secrets:
    """What is known to be secret so far: at first the values of outer variables whose names say so.

    `concealer` conceals in all that is shown what is known by then.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._redact: tuple[str, ...] = ()
        self._values = frozenset(value for name, value in environ.items() if looks_secret(name))
        self._concealer: Concealer | None = None

    @property
    def concealer(self) -> Concealer:
        if self._concealer is None:
            self._concealer = Concealer(self._values)
        return self._concealer

    def concealed(self, text: str) -> str:
        """Return the text without what is known to be secret by now."""
        return self.concealer.text(text)

    def redact(self, globs: tuple[str, ...]) -> None:
        """Learn the values of outer variables that the config names. Raises ConfigError."""
        self._redact = globs
        self._learn(self._environ.items())

    def of_cells(self, cells: Iterable[ReadyCell], package: PackageSpec | None = None) -> None:
        """Learn those that the config gives to cells and to builds. Raises ConfigError."""
        found: set[Variable] = set(package.environ.items()) if package else set()
        for cell in cells:
            found.update(cell.variables.items())
            found.update(_of_commands(cell))
        self._learn(found)

    def is_secret(self, name: str) -> bool:
        """Say whether the variable of that name holds a secret."""
        return looks_secret(name) or Globs(self._redact).match(name)

    def _learn(self, variables: Iterable[Variable]) -> None:
        globs = Globs(self._redact)
        listed = [(name, value) for name, value in variables if value and globs.match(name)]
        short = sorted({name for name, value in listed if len(value) < LEAST})
        if short:
            raise ConfigError(
                Problem(
                    f"redact: the value of {', '.join(short)} is shorter than {LEAST} characters,"
                    " and stands in too much text that is no secret",
                    hint="take it out of `redact`, or give it a longer value",
                )
            )
        new = {value for _, value in listed} | {value for name, value in variables if looks_secret(name)}
        if not new <= self._values:
            self._values |= new
            self._concealer = None


def _of_commands(cell: ReadyCell) -> Iterator[Variable]:
    for command in (*cell.steps.setup, *cell.steps.commands, *cell.steps.teardown):
        yield from ((name, value) for name, value in command.env.items() if value is not None)
