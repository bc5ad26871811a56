"""The distributions in a site-packages folder, and the files that installers recorded for them."""

import csv
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Raw, Struct
from packaging.utils import canonicalize_name

from runner.model.encode import decoded

_INFO = ".dist-info"


class Distribution(Struct, frozen=True):
    """One installed distribution: its normalized name, and the absolute path of its `.dist-info` folder."""

    name: str
    version: str
    info: str

    def is_local_folder(self) -> bool:
        """Say whether it came from a folder of this machine, editable or not: what is in it can change."""
        with suppress(OSError, ValueError):
            text = Path(self.info, "direct_url.json").read_bytes()
            return "dir_info" in decoded(text, dict[str, Raw])
        return False

    def installer(self) -> str:
        """Return the name of the installer that put it there; empty when that is not known."""
        with suppress(OSError):
            return Path(self.info, "INSTALLER").read_text("utf-8", "replace").strip()
        return ""

    def installed_at(self) -> int:
        """Return when an installer wrote the record of its files: nanoseconds since 1970, 0 without one."""
        with suppress(OSError):
            return Path(self.info, "RECORD").stat().st_mtime_ns
        return 0

    def files(self) -> Iterator[str]:
        """Yield the absolute path of each recorded file, none when there is no record."""
        return (path for path, _ in self.record())

    def record(self) -> Iterator[tuple[str, str]]:
        """Yield path and hash of each recorded file: the hash as `sha256=...`, empty where there is none."""
        site = os.path.dirname(self.info)  # noqa: PTH120 - thousands of paths: Path objects cost too much
        with (
            suppress(OSError, csv.Error),
            Path(self.info, "RECORD").open(encoding="utf-8", errors="replace", newline="") as lines,
        ):
            for row in csv.reader(lines):
                if row:
                    path = os.path.normpath(os.path.join(site, row[0]))  # noqa: PTH118 - as above
                    yield path, row[1] if len(row) > 1 else ""


def distributions(site: str) -> tuple[Distribution, ...]:
    """Return the distributions in the folder `site`, sorted by name; none when it cannot be read."""
    found = []
    with suppress(OSError), os.scandir(site) as entries:
        for entry in entries:
            name, dash, version = entry.name.removesuffix(_INFO).partition("-")
            if dash and entry.name.endswith(_INFO):
                found.append(Distribution(canonicalize_name(name), version, entry.path))
    return tuple(sorted(found, key=lambda each: each.name))
