"""What cells will need beside the wheel, done while one is built by workers that wait for it."""

from collections import deque
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from runner.env.interpreters.find import Interpreters
from runner.env.locks.cells import CellLocks
from runner.env.locks.choose import Locks
from runner.model.environment import Built
from runner.model.errors import Cancelled, unheard
from runner.model.plan import EnvSpec
from runner.model.ports import Stop


class Ahead:
    """Finds interpreters and resolves locks for `coming`, the specs of a run's cells, before they ask.

    Each then finds what it needs among what this run has, and makes it itself where it is not there: nothing
    follows from this but time. `declared` returns what the project says of its wheel, None when that is not
    known before it is built.
    """

    def __init__(
        self,
        coming: Sequence[EnvSpec],
        interpreters: Interpreters,
        locks: CellLocks | Locks,
        declared: Callable[[], Built | None],
    ) -> None:
        self._coming = deque(coming)
        self._interpreters = interpreters
        self._locks = locks
        self._declared = declared

    def step(self, stop: Stop) -> bool:
        """Do what the next cell needs; False when there is none left. Raises Cancelled.

        What cannot be done is told to nobody here: the cell itself will see it.
        """
        try:
            spec = self._coming.popleft()
        except IndexError:
            return False
        try:
            with unheard():
                self._prepare(spec, stop)
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001, S110 - the cell itself meets it, and it is that cell's alone
            pass
        return True

    def _prepare(self, spec: EnvSpec, stop: Stop) -> None:
        found = replace(spec, interpreter=self._interpreters.find(spec.python, stop))
        if spec.package_file is not None:
            return
        built = None if spec.package == "none" else self._declared()
        if spec.installer == "uv" and (built is not None or spec.package == "none"):
            self._locks.lock(found, built, stop)
