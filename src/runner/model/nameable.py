"""Names of files that text can hold: locks, results and events are UTF-8."""

import os
import sys


def unnameable(path: str) -> str:
    """Say why a path cannot stand in text, and what to do; empty when it can."""
    try:
        path.encode()
    except UnicodeEncodeError:
        name = os.fsencode(path)
    else:
        return ""
    shown = name.decode("utf-8", "backslashreplace")
    try:
        name.decode()
    except UnicodeDecodeError:
        return f"{shown} is not valid UTF-8, and locks and results could not name it: rename it"
    encoding = sys.getfilesystemencoding()
    return f"{shown} cannot be named in the encoding of this locale, {encoding}: set PYTHONUTF8=1"
