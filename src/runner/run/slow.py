"""Commands that take long: told of while they run, ever less often."""

from collections.abc import Iterator, Mapping

from runner.model.events import Body, Notice, StepFinished, StepStarted
from runner.model.words import chosen_time
from runner.run.words import brief


class _Under:
    """A command under way: when it began, and after how many seconds it is told of next."""

    def __init__(self, argv: tuple[str, ...], since: float, after: float) -> None:
        self.argv = argv
        self.since = since
        self.after = after


class Slow:
    """Follows the commands of a run; `after` has the `slow-after` of its cells, in seconds; 0: never."""

    def __init__(self, after: Mapping[str, float]) -> None:
        self._after = after
        self._under_way: dict[str, _Under] = {}

    def heed(self, body: Body, now: float) -> None:
        """Note that a command began or ended; times are on the clock that never goes back."""
        if isinstance(body, StepStarted) and body.argv and (after := self._after.get(body.cell)):
            self._under_way[body.cell] = _Under(body.argv, now, after)
        elif isinstance(body, StepFinished):
            self._under_way.pop(body.cell, None)

    def due(self, now: float) -> Iterator[Notice]:
        """Yield a notice for each command that is slow by now; the next one when it took twice as long."""
        for cell, command in self._under_way.items():
            if now - command.since >= command.after:
                while now - command.since >= command.after:
                    told, command.after = command.after, 2 * command.after
                yield Notice(
                    level="info",
                    message=f"`{brief(command.argv)}` has been running for {chosen_time(told)}",
                    cell=cell,
                )
