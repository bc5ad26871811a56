"""The secrets of a run: known from variables and addresses, and concealed in all that is shown."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from runner.model.config import Redacted
from runner.model.errors import ConfigError, Problem
from runner.model.globs import Globs
from runner.model.plan import Command, PackageSpec, ReadyCell
from runner.model.secret_names import LEAST, long_enough, looks_secret

if TYPE_CHECKING:
    from runner.model.secrets import Concealer

Variable = tuple[str, str]


class Secrets:
    """What is known to be secret so far: at first values of outer variables, by their names.

    `concealer` conceals in all that is shown what is known by then.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._redact: tuple[Redacted, ...] = ()
        self._variables = frozenset[Variable]()
        self._texts = frozenset[str]()
        self._listed = Globs(())
        self._concealer: Concealer | None = None

    @property
    def concealer(self) -> "Concealer":
        if self._concealer is None:
            # A verb that only lists cells does without.
            from runner.env.requirements.credentials import logins  # noqa: PLC0415 - start-up
            from runner.model.secrets import Concealer  # noqa: PLC0415 - start-up

            variables = {*self._environ.items(), *self._variables}
            known = {value for name, value in variables if self.is_secret(name)}
            texts = {value for name, value in variables if _may_hold_logins(name)} | self._texts
            self._concealer = Concealer(known.union(*map(logins, texts)))
        return self._concealer

    def concealed(self, text: str) -> str:
        """Return the text without what is known to be secret by now, and without passwords in addresses."""
        from runner.env.requirements.credentials import hidden  # noqa: PLC0415 - start-up

        return hidden(self.concealer.text(text))

    def redact(self, listed: tuple[Redacted, ...]) -> None:
        """Learn which variables the config lists. Raises ConfigError for values that cannot be concealed."""
        self._redact = listed
        self._listed = Globs(each.glob for each in listed)
        self._concealer = None
        self._refuse_short(self._environ.items())

    def of_cells(self, cells: Iterable[ReadyCell], package: PackageSpec | None = None) -> None:
        """Learn what the config gives to cells and to builds. Raises ConfigError as `redact` does."""
        matters = cache(lambda name: self.is_secret(name) or _may_hold_logins(name))
        variables: set[Variable] = set()
        texts: set[str] = set()
        for cell in cells:
            variables.update(item for item in _variables(cell) if matters(item[0]))
            texts.update(text for text in _texts(cell) if "://" in text)
        if package is not None:
            variables.update(item for item in package.environ.items() if matters(item[0]))
        self._refuse_short(variables)
        self._variables |= variables
        self._texts |= texts
        self._concealer = None

    def is_secret(self, name: str) -> bool:
        """Say whether the variable of that name holds a secret."""
        return looks_secret(name) or self._listed.match(name)

    def _refuse_short(self, variables: Iterable[Variable]) -> None:
        short = (
            {name for name, value in variables if value and not long_enough(value)} if self._redact else ()
        )
        problems = [
            Problem(
                f"the value of {', '.join(names)} is shorter than {LEAST} characters, and stands in too much"
                " text that is no secret",
                each.origin,
                hint="list only variables with longer values, or give it a longer one",
            )
            for each in self._redact
            if (names := sorted(filter(Globs((each.glob,)).match, short)))
        ]
        if problems:
            raise ConfigError(*problems)


def _may_hold_logins(name: str) -> bool:
    """Say whether it is a variable with addresses of package indexes, or of proxies on the way to them."""
    return name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy")


def _commands(cell: ReadyCell) -> Iterator[Command]:
    return iter((*cell.steps.setup, *cell.steps.commands, *cell.steps.teardown))


def _variables(cell: ReadyCell) -> Iterator[Variable]:
    yield from cell.variables.items()
    for command in _commands(cell):
        yield from ((name, value) for name, value in command.env.items() if value is not None)


def _texts(cell: ReadyCell) -> Iterator[str]:
    yield from (*cell.spec.requirements, *cell.spec.constraints)
    for command in _commands(cell):
        yield from command.argv
