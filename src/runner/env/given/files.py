"""The text of a lock file of another tool, whatever is in its place."""

import re
import stat
from pathlib import Path

from runner.model.errors import CellError

MOST_BYTES = 10 * 1024 * 1024
"""A lock of thousands of packages is smaller, and reading takes a second per megabyte."""

_CONFLICT = re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)


def text_of(path: Path, missing: str) -> str:
    """Return the text of a file, line ends normalized; `missing` says how to get it. Raises CellError."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CellError("lock", f"{path} is no regular file")
        if status.st_size > MOST_BYTES:
            raise CellError(
                "lock", f"{path} has more than {MOST_BYTES // 1024**2} MB: no lock file is so large"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CellError("lock", f"there is no {path}: {missing}") from error
    except OSError as error:
        raise CellError("lock", f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CellError("lock", f"{path} cannot be read: it is no UTF-8 text (byte {error.start})") from error
    conflict = _CONFLICT.search(text)
    if conflict:
        at = text.count("\n", 0, conflict.start()) + 1
        raise CellError("lock", f"{path}:{at}: there are marks of a merge conflict: solve it, or {missing}")
    return text.replace("\r\n", "\n")
