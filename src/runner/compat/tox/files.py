"""Files that a tox config names."""

import stat
from pathlib import Path

_LARGEST = 5 * 1024 * 1024


def text_of_file(path: Path) -> str:
    """Return the text of a file. Raises OSError, also for what has no end, and UnicodeDecodeError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is no file")
    if status.st_size > _LARGEST:
        raise OSError(f"it has more than {_LARGEST:,} bytes")
    return path.read_text(encoding="utf-8-sig")
