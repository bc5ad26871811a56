"""What a wheel is built from: each file of the package root by its content, and what git calls the commit."""

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Literal

from msgspec import Struct

from runner.env.folders import write_whole
from runner.env.package.git import Listed, describe, find_git, tags
from runner.env.package.source import below, files_below, is_in, listed
from runner.model.encode import canonical, decoded
from runner.model.errors import Cancelled, CellError
from runner.model.plan import PackageSpec
from runner.model.ports import Clock, Processes, Stop

_RACY = 2.0
"""Seconds: the coarsest times of file systems. A file written so shortly before it was read may have been
written again since, and its times be the same."""

_MOST_BEHIND = 10_000
"""How many files a link out of the root may lead to: a folder of more is data, or somebody's whole disk."""

_MOST = 3
"""How many changes are named."""


class File(Struct, frozen=True, array_like=True):
    """A file or link: `program` is a file that may be executed, `content` a hash, empty when unreadable."""

    kind: Literal["file", "program", "link"]
    content: str
    tracked: bool


class Tree(Struct, frozen=True):
    """The files of a package root by their paths, the commit as `git describe` has it, a hash of git's tags.

    The latter two may be empty.
    """

    files: dict[str, File]
    describe: str
    tags: str

    def digest(self) -> str:
        """Return the hash of all files: sha256, in hex."""
        return hashlib.sha256(canonical(self.files)).hexdigest()


class _Known(Struct, frozen=True, array_like=True):
    """The hash of a file's content, and the facts that change with it. Times are in nanoseconds."""

    size: int
    modified: int
    changed: int
    inode: int
    sha256: str


class _Memory(Struct, frozen=True):
    """The hashes of one snapshot, by path; it was begun at `taken`, in seconds since 1970."""

    taken: float = 0.0
    known: dict[str, _Known] = {}


class TreeReader:
    """Reads the tree of one package root. The file `memory` keeps hashes of contents between runs."""

    def __init__(
        self, *, package: PackageSpec, work_dir: Path, memory: Path, processes: Processes, clock: Clock
    ) -> None:
        self._package = package
        self._root = Path(package.root)
        self._work_dir = work_dir
        self._memory = memory
        self._last: _Memory | None = None
        self._processes = processes
        self._clock = clock

    def read(self, stop: Stop, *, remember: bool = True) -> Tree:
        """Return the tree as it is now; without `remember` nothing is written.

        What cannot be read counts as empty: no build can read it either. Raises CellError when git fails or
        an `inputs` glob is wrong, and Cancelled.
        """
        taken = self._clock.time()
        found, commit, all_tags = self._ask_git(stop)
        hashes = _Hashes(self._last or _load(self._memory), stop)
        real_root = os.path.realpath(self._root)
        files: dict[str, File] = {}
        for each in (*found, *self._inputs()):
            if stop.level:
                raise Cancelled
            name = _printable(each.path)
            if name not in files:
                file = _read(f"{self._root}/{each.path}", name, each.tracked, hashes, real_root)
                if file is not None:
                    files[name] = file
        self._last = _Memory(taken, hashes.known)
        if remember and hashes.fresh:
            self._save(self._last)
        return Tree(files, commit, all_tags)

    def _ask_git(self, stop: Stop) -> tuple[tuple[Listed, ...], str, str]:
        git = find_git(self._processes, self._package.environ, stop)
        if git is None:
            return listed(self._root, self._work_dir, None, stop, tolerant=True), "", ""
        with ThreadPoolExecutor(2) as pool:
            commit, all_tags = (pool.submit(ask, git, self._root) for ask in (describe, tags))
            found = listed(self._root, self._work_dir, git, stop, tolerant=True)
            return found, commit.result(), all_tags.result()

    def _inputs(self) -> Iterator[Listed]:
        """Yield what the `inputs` globs match; a folder stands for all that is in it."""
        inside = below(self._work_dir, self._root)
        for pattern in self._package.config.inputs:
            try:
                matches = tuple(self._root.glob(pattern))
            except (ValueError, NotImplementedError) as error:
                message = f"package.inputs: {pattern!r} is no glob below the package root: {error}"
                raise CellError("package", message) from error
            for match in sorted(matches):
                below_it = sorted(match.rglob("*")) if match.is_dir() and not match.is_symlink() else (match,)
                paths = (path.relative_to(self._root).as_posix() for path in below_it)
                yield from (
                    Listed(path, tracked=False) for path in paths if not (inside and is_in(path, inside))
                )

    def _save(self, memory: _Memory) -> None:
        # Without it all is hashed again, which is no reason to stop.
        with suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._memory, canonical(memory).decode())


def changed(old: Tree, new: Tree) -> tuple[str, ...]:
    """Return what is different, for people: files first, a few by name, and how many more."""
    names = sorted(old.files.keys() | new.files.keys())
    words = [_file_word(old.files.get(name), new.files.get(name)) for name in names]
    told = [f"{name} {word}" for name, word in zip(names, words, strict=True) if word]
    return few((*told, *_commit_words(old, new)))


def few(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first of `words`, and how many more there are."""
    more = len(words) - _MOST
    return words if more <= 0 else (*words[:_MOST], f"and {more} more")


class _Hashes:
    """Hashes of contents: those of `last` for files that are untouched since, else `fresh` ones."""

    def __init__(self, last: _Memory, stop: Stop) -> None:
        self._last = last.known
        self._stop = stop
        self._settled = int((last.taken - _RACY) * 1e9)
        self.known: dict[str, _Known] = {}
        self.fresh = 0

    def of(self, name: str, place: str, state: os.stat_result) -> str:
        last = self._last.get(name)
        facts = (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
        if (
            last is None
            or facts != (last.size, last.modified, last.changed, last.inode)
            or max(last.modified, last.changed) >= self._settled
        ):
            self.fresh += 1
            last = _Known(*facts, _hash(place, self._stop))
        self.known[name] = last
        return last.sha256


def _read(place: str, name: str, tracked: bool, hashes: _Hashes, real_root: str) -> File | None:
    """Read what is there; None for what went away and for sockets and the like."""
    try:
        state = os.lstat(place)
        if stat.S_ISLNK(state.st_mode):
            text = os.readlink(place) + _far_end(place, real_root)  # noqa: PTH115 - Path drops a last slash
            return File("link", hashlib.sha256(os.fsencode(text)).hexdigest(), tracked)
    except OSError:
        return None
    if not stat.S_ISREG(state.st_mode):
        return None
    kind: Literal["program", "file"] = "program" if state.st_mode & stat.S_IXUSR else "file"
    return File(kind, hashes.of(name, place, state), tracked)


def _far_end(link: str, real_root: str) -> str:
    """Return what tells versions of what a link leads to apart: backends pack it, outside of the root too.

    It may be as big as a data set, so no file is read, and a folder of very many is left aside.
    """
    target = os.path.realpath(link)
    if os.path.commonpath((target, real_root)) in (target, real_root):
        return ""
    places: tuple[str, ...] = (target,)
    if os.path.isdir(target):  # noqa: PTH112 - beside realpath
        places = tuple(islice(files_below(target), _MOST_BEHIND + 1))
        if len(places) > _MOST_BEHIND:
            return ""
    return "".join(sorted(_state_words(place) for place in places))


def _state_words(place: str) -> str:
    with suppress(OSError):
        state = os.stat(place)  # noqa: PTH116 - asked of every file
        if stat.S_ISREG(state.st_mode):
            return f"\0{place} {state.st_size} {state.st_mtime_ns}"
    return ""


def _hash(place: str, stop: Stop) -> str:
    """Hash a file. Raises Cancelled: it may be a big one."""
    digest = hashlib.sha256()
    try:
        with open(place, "rb", buffering=0) as file:  # noqa: PTH123 - asked of every file
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                if stop.level:
                    raise Cancelled
    except OSError:
        return ""
    return digest.hexdigest()


def _load(memory: Path) -> _Memory:
    try:
        return decoded(memory.read_bytes(), _Memory)
    except (OSError, ValueError):
        return _Memory()


def _printable(path: str) -> str:
    """Return the path as text for any file and any terminal; different paths stay different."""
    if path.isprintable() and "\\" not in path:
        return path
    return "".join(
        char if char.isprintable() and char != "\\" else char.encode("unicode_escape").decode()
        for char in path
    )


def _file_word(old: File | None, new: File | None) -> str:
    if old is None or new is None:
        return "added" if old is None else "removed"
    if old.content != new.content:
        return "changed"
    if old.kind != new.kind:
        return f"became a {new.kind}"
    if old.tracked != new.tracked:
        return "added to git" if new.tracked else "taken out of git"
    return ""


def _commit_words(old: Tree, new: Tree) -> tuple[str, ...]:
    if old.describe == new.describe:
        return () if old.tags == new.tags else ("git's tags changed",)
    what = "commit" if _tag(old.describe) == _tag(new.describe) else "tag"
    return (f"the {what} changed ({old.describe or 'none'} -> {new.describe or 'none'})",)


def _tag(commit: str) -> str:
    """Return the tag of `TAG-COUNT-gHASH`; empty without one."""
    return commit.rsplit("-", 2)[0] if "-" in commit else ""
