"""Where the backend keeps what all projects of the user share."""

import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from msgspec import Struct

_DAY = 24 * 3600.0
_UNUSED_DAYS = 30


class Places(Struct, frozen=True):
    """Folders below `cache`, the backend's own in the user cache, made when they are needed.

    `index` has what channels said that they have, `packages` what was fetched from them, unpacked; `used` has
    a file for each package, as old as its last use. A prefix is an entry that runner itself drops one day.
    """

    cache: Path

    @property
    def index(self) -> Path:
        return self.cache / "index"

    @property
    def packages(self) -> Path:
        return self.cache / "packages"

    @property
    def used(self) -> Path:
        return self.cache / "used"

    def prefix(self, key: str) -> Path:
        """Return where the shared prefix of that key is, or is to be."""
        return self.cache / f"python-{key}"

    def half_made(self) -> Path:
        """Return the path of a new folder, to be made and then renamed; runner drops it after a day."""
        return self.cache / f".part-{token_hex(6)}"

    def use(self, names: Iterable[str]) -> None:
        """Note that these packages are used now."""
        with suppress(OSError):  # what cannot be written is not pruned either
            self.used.mkdir(parents=True, exist_ok=True)
            for name in names:
                touch(self.used / name)

    def prune(self) -> None:
        """Delete the packages that nothing used for a month."""
        with suppress(OSError):
            for entry in tuple(os.scandir(self.packages)):
                mark = self.used / entry.name
                if entry.is_dir(follow_symlinks=False) and mark.exists() and _is_old(mark):
                    away = self.packages / f".gone-{token_hex(6)}"
                    Path(entry.path).rename(away)  # nobody takes half of it for the whole
                    shutil.rmtree(away)
                    mark.unlink()


def touch(mark: Path) -> None:
    """Note that something is used now, unless that was noted within a day. Raises OSError."""
    if not mark.exists() or time.time() - mark.stat().st_mtime > _DAY:
        mark.touch()


def _is_old(mark: Path) -> bool:
    return time.time() - mark.stat().st_mtime > _UNUSED_DAYS * _DAY
