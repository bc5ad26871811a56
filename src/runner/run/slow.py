"""Commands and collectors that take long: told of while they run, ever less often."""

from collections.abc import Iterator, Mapping

from runner.model.events import Body, Notice, StepFinished, StepStarted
from runner.model.words import chosen_time
from runner.run.words import brief


class _Under:
    """What is under way: when it began, and after how many seconds it is told of next."""

    def __init__(self, what: str, since: float, after: float) -> None:
        self.what = what
        self.since = since
        self.after = after


class Slow:
    """Follows commands and collectors; `after` has the `slow-after` of the cells, in seconds; 0: never."""

    def __init__(self, after: Mapping[str, float]) -> None:
        self._after = after
        self._under_way: dict[str, _Under] = {}

    def heed(self, body: Body, now: float) -> None:
        """Note that one began or ended; times are on the clock that never goes back."""
        if (
            isinstance(body, StepStarted)
            and (what := _told_of(body))
            and (after := self._after.get(body.cell))
        ):
            self._under_way[body.cell] = _Under(what, now, after)
        elif isinstance(body, StepFinished):
            self._under_way.pop(body.cell, None)

    def due(self, now: float) -> Iterator[Notice]:
        """Yield a notice for each that is slow by now; the next one when it took twice as long."""
        for cell, under in self._under_way.items():
            if now - under.since >= under.after:
                while now - under.since >= under.after:
                    told, under.after = under.after, 2 * under.after
                message = f"{under.what} has been running for {chosen_time(told)}"
                yield Notice(level="info", message=message, cell=cell)


def _told_of(started: StepStarted) -> str:
    """Name what began; nothing for what may take long: making an environment."""
    if started.phase == "collect":
        return f"a collector ({started.detail})"
    return f"`{brief(started.argv)}`" if started.argv else ""
