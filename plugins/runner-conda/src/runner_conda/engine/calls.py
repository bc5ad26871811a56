"""Calls of rattler, which is asynchronous and fails in ways of its own: waited for, stopped, explained."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal, TypeVar

from runner import Cancelled, CellError, Stop
from runner_conda.engine.leaving import wait_when_leaving

Phase = Literal["python", "lock", "create"]

T = TypeVar("T")

wait_when_leaving()

ELSEWHERE = "what is fetched is kept in the user cache; RUNNER_CACHE_DIR names another place for that"

_NO_PLACE = re.compile(r"\(os error (13|17|20|28|30|122)\)|no eligible writable layers")
"""No permission, something else there, no space, read-only, over quota."""

_CAUSE = "\nCaused by: "
_TOKEN = re.compile(r"(?<=://)([^/\s]+/t/)[^/\s]+")


def waited(work: Callable[[], Awaitable[T]], stop: Stop) -> T:
    """Do the work in an event loop of its own, and return what comes of it. Raises Cancelled."""

    async def stoppable() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work())

        def cancel(_level: int) -> None:
            with suppress(RuntimeError):  # the loop is closed: the work was done just now
                loop.call_soon_threadsafe(task.cancel)

        unsubscribe = stop.subscribe(cancel)
        try:
            return await task
        finally:
            unsubscribe()

    try:
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        raise Cancelled from None


@contextmanager
def explained(phase: Phase, task: str) -> Iterator[None]:
    """Turn whatever rattler raises while it does `task` into a CellError, a panic of its code included."""
    try:
        yield
    except (CellError, Cancelled, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CellError(phase, f"{task} failed: {where}{error.strerror or error}\n{ELSEWHERE}") from error
    except Exception as error:
        raise CellError(phase, f"{task} failed:\n{words(error)}") from error
    except BaseException as error:  # PanicException is no Exception
        raise CellError(
            phase, f"{task} failed: rattler itself broke down ({words(error)}); this is a fault of py-rattler"
        ) from error


def words(error: BaseException) -> str:
    """Return what an error says, each of its causes once, no token of an address in it, and what may help."""
    seen = dict.fromkeys(_TOKEN.sub(r"\1***", str(error).strip()).split(_CAUSE))
    told = list(seen)
    lines = [text for index, text in enumerate(told) if not any(text in other for other in told[index + 1 :])]
    if any(map(_NO_PLACE.search, lines)):
        lines.append(ELSEWHERE)
    return "\n".join(lines)
