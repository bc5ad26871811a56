"""An exception that nobody expected, in one line that names the place."""

import sysconfig
import traceback
from pathlib import Path

from runner.model.errors import first_line

_OURS = Path(__file__).parent.parent
_CARRIER = "pluggy"
"""It calls plugins for us, and is between us and them in every traceback of theirs."""


def describe(error: BaseException) -> str:
    """Return one line: what was raised, and where.

    The place is the first that is neither runner's nor Python's own: the plugin, even when it was the
    standard library that raised for it. With no such place it is the system's doing
    (a full disk) or a bug of runner's.
    """
    said = first_line(str(error))
    what = type(error).__name__ + (f": {said}" if said else "")
    frames = traceback.extract_tb(error.__traceback__)
    guest = next((frame for frame in frames if _is_guest(frame.filename)), None)
    if guest is not None:
        return f"{_shown(guest.filename)}:{guest.lineno} (in {guest.name}) raised {what}"
    if isinstance(error, OSError):
        return f"the system refused: {said}"
    ours = [frame for frame in frames if _is_below(frame.filename, _OURS)]
    place = f" in {_shown(ours[-1].filename)}:{ours[-1].lineno}" if ours else ""
    return f"a bug in runner, please report it: {what}{place}"


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
