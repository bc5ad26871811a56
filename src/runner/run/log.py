"""The cell's log file, as far as runner itself writes to it."""

import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runner.model.unexpected import describe
from runner.run.job import Announce


class CellLog:
    """Appends lines to one cell's log; in passthrough, where nobody reads the log, also announces them.

    `conceal` takes secrets out of them.
    """

    def __init__(self, path: Path, announce: Announce | None, conceal: Callable[[str], str]) -> None:
        self.path = path
        self._conceal = conceal
        self._announce = announce

    def note(self, text: str) -> None:
        """Write `text` and a newline, at once, so that what a process appends next comes after it."""
        text = self._conceal(text)
        with self.path.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(f"{text}\n")
        if self._announce is not None:
            self._announce(text)

    def note_unexpected(self, error: BaseException) -> str:
        """Write the whole traceback of `error`, and return one line on it."""
        with suppress(OSError):  # it may be the log that broke
            self.note("".join(traceback.format_exception(error)).rstrip())
        return describe(error)
