"""Where a cell's things are within the work-dir."""

import os.path
import re
from zlib import crc32

_FOLDER_LENGTH = 64
_HASH_LENGTH = 16
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")


def folder_name(id_: str) -> str:
    """Return the name of a cell's folders: its id, cut and hashed when it is long or unusual."""
    safe = _UNSAFE.sub("_", id_)
    if safe == id_ and len(id_) <= _FOLDER_LENGTH and not id_.endswith("."):
        return id_
    text = id_.lower().encode()
    digest = f"{crc32(text):08x}{crc32(text[::-1]):08x}"  # importing hashlib takes milliseconds
    return f"{safe[: _FOLDER_LENGTH - _HASH_LENGTH - 1]}-{digest}"


FRESH, LASTING = "envs", "dev"
"""The folders of a work-dir that hold the environments of runs, and those that last."""


def env_folder(work_dir: str, folder: str, environments: str = FRESH) -> str:
    """Return the path of the environment of the cell whose folders have this name."""
    return os.path.join(work_dir, environments, folder)  # noqa: PTH118 - on text, several times a cell
