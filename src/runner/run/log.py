"""The cell's log file, as far as runner itself writes to it."""

import traceback
from collections.abc import Callable
from pathlib import Path

from runner.model.unexpected import describe, is_refusal
from runner.model.visible import visible
from runner.run.job import Announce


class CellLog:
    """Appends lines to one cell's log; in passthrough, where nobody reads the log, also announces them.

    `conceal` takes secrets out of them; nothing in them steers a terminal. What cannot be written fails no
    cell: `fault` says that lines are missing, and why.
    """

    def __init__(self, path: Path, announce: Announce | None, conceal: Callable[[str], str]) -> None:
        self.path = path
        self._conceal = conceal
        self._announce = announce
        self.fault = ""

    def note(self, text: str) -> None:
        """Write `text` and a newline, at once, so that what a process appends next comes after it."""
        text = visible(self._conceal(text))
        try:
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(f"{text}\n")
        except OSError as error:
            self.fault = f"the log {self.path} is not whole: {error.strerror}"
        if self._announce is not None:
            self._announce(text)

    def note_unexpected(self, error: BaseException) -> str:
        """Write the whole traceback of `error`, if it is somebody's bug, and return one line on it."""
        said = describe(error)
        self.note(said if is_refusal(error) else "".join(traceback.format_exception(error)).rstrip())
        return said
