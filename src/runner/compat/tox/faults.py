"""What is wrong with the keys of one environment, kept with it until it is to run."""

from collections.abc import Callable
from typing import TypeVar

from runner.compat.tox.errors import ToxError, shortened
from runner.compat.tox.scope import Scope
from runner.model.errors import Problem
from runner.model.text import Origin

T = TypeVar("T")


def origin_of(scope: Scope, key: str) -> Origin:
    """Return where a key of an environment stands, or the environment itself."""
    shown_name = scope.file_shown
    line = scope.line(key) if key else next((section.line("") for section in scope.sections), 0)
    return Origin(shown_name, line, f"{scope.name}.{key}" if key else scope.name or "")


class Faults:
    """What is wrong with the keys of one environment, each told once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._keys: set[str] = set()

    def add(self, scope: Scope, key: str, message: str, hint: str = "") -> None:
        if key not in self._keys:
            self._keys.add(key)
            said = shortened(message).removeprefix(f"{key}: ")  # the origin says it
            self.problems.append(Problem(said, origin_of(scope, key), hint))

    def call(self, scope: Scope, key: str, work: Callable[[], T]) -> T | None:
        """Return what the work gives, or None when a value cannot be had."""
        try:
            return work()
        except ToxError as error:
            at = error.key if error.key in scope.known_keys and not scope.line(key) else key
            self.add(scope, at, str(error))
            return None

    def get(self, scope: Scope, key: str, default: T) -> T:
        """Return the value of a key, the default when it cannot be had."""
        value = self.call(scope, key, lambda: scope.load(key))
        return value if isinstance(value, type(default)) else default
