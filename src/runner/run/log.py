"""The cell's log file, as far as runner itself writes to it."""

import os
import traceback
from collections.abc import Callable
from pathlib import Path

from runner.model.errors import PluginError
from runner.model.unexpected import describe, is_refusal
from runner.model.visible import visible
from runner.nofollow import open_file
from runner.run.job import Announce


class CellLog:
    """Appends lines to one cell's log; in passthrough, where nobody reads the log, also announces them.

    No link in `path` is followed. `conceal` takes secrets out of the lines; nothing in them steers a
    terminal. What cannot be written fails no cell: `fault` says that lines are missing, and why.
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
            descriptor = open_file(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            with open(descriptor, "a", encoding="utf-8", errors="backslashreplace") as stream:  # noqa: PTH123 - a descriptor
                stream.write(f"{text}\n")
        except OSError as error:
            self.fault = self._not_whole(error.strerror or str(error))
        if self._announce is not None:
            self._announce(text)

    def lost(self, why: str) -> None:
        """Say, in the log, too, that what a command wrote is missing there."""
        self.note(self._not_whole(why))
        self.fault = self._not_whole(why)

    def _not_whole(self, why: str) -> str:
        return f"the log {self.path} is not whole: {why}"

    def note_unexpected(self, error: BaseException) -> str:
        """Write the whole traceback of `error`, if it is somebody's bug, and return one line on it.

        A PluginError says by itself what is wrong: the traceback is that of what the plugin raised, if any.
        """
        said = describe(error)
        bug = error.__cause__ if isinstance(error, PluginError) else error
        known = bug is None or is_refusal(bug)
        self.note(said if known else "".join(traceback.format_exception(bug)).rstrip())
        if bug is not error and not known:
            self.note(said)
        return said
