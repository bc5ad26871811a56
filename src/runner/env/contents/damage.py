"""Damage to files that environments share: one that a step modified in place is modified in all of them.

Installers link files from their cache into environments, and we link bytecode. Who writes into such a file,
rather than replacing it, writes into the cache.
"""

import math
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from runner.env.contents.distributions import distributions
from runner.env.contents.pycs import is_pyc, source_of
from runner.env.folders import touch
from runner.model.environment import Environment

_STAMP = ".installed"
"""A file in an environment, as old as its installation; it goes when somebody looked for damage."""

_NOT_INSTALLED = ("source", "tmp")
"""Folders of an environment in which steps work: installers put nothing there."""

_NAMED = 3
"""So many files are named."""


class Damage(Struct, frozen=True):
    """Shared files that were modified in place, sorted, and the normalized names of their distributions.

    The paths are relative to site-packages, those outside of it to the environment's folder.
    """

    files: tuple[str, ...]
    distributions: tuple[str, ...]

    def words(self, failure: str = "") -> str:
        """Say what happened, and what was done about it or why that failed, and how to avoid it."""
        more = len(self.files) - _NAMED
        files = ", ".join(self.files[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        those = ", ".join(self.distributions)
        cure = (
            f"{those} cannot be evicted from uv's cache: {failure}"
            if failure
            else f"Evicted {those} from uv's cache and dropped the bytecode of this lock: the next"
            " environments are clean"
        )
        return (
            f"{files} ({those}): modified in place, for all environments that share {_it(self.files)}; with"
            f' link-mode = "copy" they share no files. {cure}'
        )


def stamp(environment: Environment) -> int:
    """Say that all is installed and no step has run; return when that is, as `modified` takes it.

    It is the file system's time, in nanoseconds since 1970: its clock may not be ours. 0 for an environment
    without a folder. Raises OSError.
    """
    if environment.folder is None:
        return 0
    file = Path(environment.folder, _STAMP)
    touch(file)
    return file.stat().st_mtime_ns


def stamped(environment: Environment) -> int | None:
    """Return the stamp of an environment in which steps may have run, and nobody has looked for damage since.

    It is there after a run that was killed.
    """
    if environment.folder is not None:
        with suppress(OSError):  # it is not there, or a step left no folder that can be read
            return Path(environment.folder, _STAMP).stat().st_mtime_ns
    return None


def looked(environment: Environment) -> None:
    """Take the stamp away: somebody looked for damage, and no step runs any more."""
    if environment.folder is not None:
        Path(environment.folder, _STAMP).unlink(missing_ok=True)


def modified(environment: Environment, since: int) -> Damage | None:
    """Look for files that the environment shares and that were modified after `since`, as `stamp` gave it.

    One pass over its folder. Files that a step installed, or linked by itself, are no damage. None: there is
    none.
    """
    folder, site = environment.folder, environment.site
    if folder is None or site is None:
        return None
    suspects = tuple(_suspects(folder, since))
    return _owned(environment, site, suspects, since) if suspects else None


def damage_to(environment: Environment, sources: Iterable[str]) -> Damage | None:
    """Return the damage to files that are known to be modified; paths are relative to site-packages."""
    site = environment.site
    if site is None:
        return None
    return _owned(environment, site, (_joined(site, path) for path in sources), math.inf)


def _suspects(folder: str, since: int) -> Iterator[str]:
    """Yield the absolute path of each newer file that has several links, or is behind a symbolic one."""
    left_out = {_joined(folder, name) for name in _NOT_INSTALLED}
    waiting = [folder]
    while waiting:
        # A step may have removed it, or taken its permissions away: then nothing can be found there.
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    if _is_shared_since(entry, since):
                        yield entry.path
                elif entry.path not in left_out:
                    waiting.append(entry.path)


def _is_shared_since(entry: "os.DirEntry[str]", since: int) -> bool:
    try:
        status = entry.stat()
    except OSError:  # a link that leads nowhere, or the file is gone
        return False
    return status.st_mtime_ns > since and (status.st_nlink > 1 or entry.is_symlink())


def _owned(environment: Environment, site: str, suspects: Iterable[str], since: float) -> Damage | None:
    """Return the damage to those of the files that uv installed, and not after `since`."""
    by_source: dict[str, list[str]] = {}
    for path in suspects:
        by_source.setdefault(source_of(path) if is_pyc(path) else path, []).append(path)
    files = []
    owners = []
    for distribution in distributions(site):
        if distribution.installer() == "uv" and distribution.installed_at() <= since:
            hit = by_source.keys() & set(distribution.files())
            files += [path for source in hit for path in by_source[source]]
            owners += [distribution.name] if hit else []
    if not files:
        return None
    return Damage(tuple(sorted({_shown(path, environment, site) for path in files})), tuple(owners))


def _it(files: tuple[str, ...]) -> str:
    return "it" if len(files) == 1 else "them"


def _shown(path: str, environment: Environment, site: str) -> str:
    start = site if path.startswith(_joined(site, "")) else environment.folder
    return os.path.relpath(path, start)


def _joined(folder: str, below: str) -> str:
    """Join paths as text, as a distribution's files are, which it is compared with."""
    return os.path.join(folder, below)  # noqa: PTH118 - see above
