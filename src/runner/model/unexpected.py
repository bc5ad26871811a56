"""An exception that nobody expected, in one line that names the place."""

import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from runner.model.errors import RunnerError, first_line

if TYPE_CHECKING:
    from traceback import FrameSummary, StackSummary

_OURS = Path(__file__).parent.parent
_CARRIER = "pluggy"
"""It calls plugins for us, and is between us and them in every traceback of theirs."""


def describe(error: BaseException) -> str:
    """Return one line: what was raised, and where.

    The place is the first that is neither runner's nor Python's own: the plugin, even when it was the
    standard library that raised for it. With no such place it is the system's doing
    (a full disk) or a bug of runner's.
    """
    if isinstance(error, RunnerError):  # it says all there is to say
        return _said(error)
    what = words_of(error)
    frames = _frames(error)
    guest = _guest_in(frames)
    if guest is not None:
        return f"{_place(guest)} raised {what}"
    if is_refusal(error):
        return f"the system refused: {_said(error)}"
    ours = [frame for frame in frames if _is_below(frame.filename, _OURS)]
    place = f" in {_shown(ours[-1].filename)}:{ours[-1].lineno}" if ours else ""
    return f"a bug in runner, please report it: {what}{place}"


def is_refusal(error: BaseException) -> bool:
    """Say whether this is the system's doing, such as a full disk, and nobody's bug."""
    return isinstance(error, OSError) and _guest_in(_frames(error)) is None


def describe_guest(error: BaseException, caller: str) -> str:
    """Describe what a guest raised; one that the file `caller` could not even call is to blame itself."""
    *_, last = _frames(error)
    if last.filename != caller:
        return describe(error)
    return f"it cannot be called as it should be: {words_of(error)}"


def _frames(error: BaseException) -> "StackSummary":
    import traceback  # noqa: PLC0415 - start-up: mostly nothing unexpected happens

    return traceback.extract_tb(error.__traceback__)


def place_of(stack: "StackSummary") -> str:
    """Return where a thread is: in the first guest that it called, or else in the last of all."""
    return _place(_guest_in(stack) or stack[-1])


def _guest_in(frames: "Iterable[FrameSummary]") -> "FrameSummary | None":
    return next((frame for frame in frames if _is_guest(frame.filename)), None)


def _place(frame: "FrameSummary") -> str:
    return f"{_shown(frame.filename)}:{frame.lineno} (in {frame.name})"


def words_of(error: BaseException) -> str:
    """Return what was raised, and the first line of what it says."""
    said = _said(error)
    return type(error).__name__ + (f": {said}" if said else "")


def _said(error: BaseException) -> str:
    try:
        return first_line(str(error))
    except Exception:  # noqa: BLE001 - a guest's exception may do anything
        return "(its text cannot be had)"


def _is_guest(filename: str) -> bool:
    if filename.startswith("<") or _is_below(filename, _OURS):
        return False
    parts = Path(filename).parts
    if {"site-packages", "dist-packages"} & set(parts):
        return _CARRIER not in parts
    return not _is_below(filename, Path(sysconfig.get_path("stdlib")))


def _is_below(filename: str, folder: Path) -> bool:
    return Path(filename).is_relative_to(folder)


def _shown(filename: str) -> str:
    path = Path(filename)
    return "/".join(path.parts[-2:])
