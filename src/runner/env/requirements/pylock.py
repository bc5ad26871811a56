"""The text of pylock files as uv writes them: what is in it, and the few changes that we make to it."""

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from os.path import commonpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from packaging.utils import canonicalize_name

from runner.env.requirements.index import Index
from runner.env.requirements.packages import Package, packages_in
from runner.model.environment import Built, Pin
from runner.model.errors import CellError
from runner.model.lock_files import updated_by
from runner.model.toml import parse

_STRING = r"""("(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_PACKAGE = re.compile(
    rf"^\[\[packages\]\]\nname = {_STRING}\n(?:version = {_STRING}\n)?(?P<rest>(?:[^\[\n].*\n)*)",
    re.MULTILINE,
)
_FOLDER = re.compile(r"^directory = ", re.MULTILINE)
_PATH = re.compile(rf"(?<=[{{,] )path = {_STRING}")
_SHA256 = re.compile(r'\bsha256 = "([0-9a-f]+)"')
_WEB_FILE = re.compile(
    r'^((?:wheels = \[|sdist = | +)\{ url = ")(https?://)([^/"\\\n]+)(/[^"\\\n]*)', re.MULTILINE
)
_FILE_URL = re.compile(r'(?<=[{,] )url = ("file://[^"\\\n]*")')


class Entry(Struct, frozen=True):
    """One package of a lock: its name normalized, its version empty for a source folder."""

    name: str
    version: str
    folder: bool


def committed_path(root: str, cell: str) -> Path:
    """Return where the committed lock of a cell is: pylock files may have no dots in their names."""
    return Path(root) / "locks" / f"pylock.{cell.replace('.', '_')}.toml"


@lru_cache(maxsize=16)  # each cell asks several times, and often for the same text
def entries(text: str) -> tuple[Entry, ...]:
    """Return the packages of a lock that `checked` takes; quick, since it parses no TOML."""
    return tuple(
        Entry(
            canonicalize_name(_plain(match[1])),
            _plain(match[2]) if match[2] else "",
            _FOLDER.search(match["rest"]) is not None,
        )
        for match in _PACKAGE.finditer(text)
    )


def pins(text: str) -> tuple[Pin, ...]:
    """Return what a lock that `checked` takes pins."""
    return tuple(Pin(entry.name, entry.version) for entry in entries(text))


def folder_notes(text: str) -> tuple[str, ...]:
    """Return lines about source folders, which no lock can pin."""
    return tuple(
        f"{entry.name} is not locked: a folder is installed as it is"
        for entry in entries(text)
        if entry.folder
    )


def checked(text: str) -> tuple[str, ...]:
    """Return lines about files without a hash. Raises ValueError for a text that is not as uv writes it."""
    try:
        packages = packages_in(text)
    except ValueError as error:
        raise ValueError(f"it is no pylock file: {error}") from error
    seen = tuple(Entry(canonicalize_name(p.name), p.version, p.directory is not None) for p in packages)
    if entries(text) != seen:
        raise ValueError("it is not in the form in which uv writes pylock files")
    return tuple(note for package in packages if (note := _note(package)))


def without_comments(text: str) -> str:
    """Return the lock without lines that are comments, its end one line feed."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip("\n") + "\n"


def absolute(text: str, folder: Path) -> str:
    """Return the lock with paths that start at `folder` made absolute, so that it can be anywhere."""
    return _with_paths(text, lambda path: os.path.normpath(folder / path))


def relative(text: str, folder: Path, root: Path) -> str:
    """Return the lock with paths below `root` relative to `folder`, so that both can move together.

    Addresses of files there become paths.
    """
    bases = (root, root.resolve())

    def moved(path: str) -> str:
        for base in bases:
            if Path(path).is_relative_to(base):
                return os.path.relpath(root / Path(path).relative_to(base), folder)
        return path

    def as_path(match: re.Match[str]) -> str:
        path = unquote(urlsplit(_plain(match[1])).path)
        return match.group() if moved(path) == path else f"path = {quoted(moved(path))}"

    return _FILE_URL.sub(as_path, _with_paths(text, moved))


def allowed(text: str, hashes: Mapping[str, frozenset[str]], given: str = "") -> str:
    """Return the lock with only those files that have one of the hashes for their package, if it has any.

    `given` is the lock file of another tool that lists the hashes, if one does. Raises CellError for a
    package that is left without a file.
    """

    def package(match: re.Match[str]) -> str:
        known = hashes.get(canonicalize_name(_plain(match[1])))
        if known is None:
            return match.group()
        lines = match.group().splitlines(keepends=True)  # uv writes one file a line
        kept = [line for line in lines if all(f"sha256:{sha}" in known for sha in _SHA256.findall(line))]
        if not any(map(_SHA256.search, kept)):
            why = "they are not the files that were meant, or the list is of another version"
            if not any(map(_SHA256.search, lines)):
                why = "where they are, none is told, so that nothing can be compared"
            listed = f"{given} lists for it" if given else "is listed for it"
            anew = f"\nif other files are right, {updated_by(given)} pins them" if given else ""
            raise CellError("lock", f"no file of {_plain(match[1])} has a sha256 that {listed}: {why}{anew}")
        return "".join(kept).replace("wheels = [\n]\n", "")

    return _PACKAGE.sub(package, text) if hashes else text


def joined(texts: Iterable[str]) -> str:
    """Return the packages of several locks, which have none in common, as one."""
    bodies = (text[text.find("\n[[packages]]") :].strip("\n") for text in texts if "\n[[packages]]" in text)
    return "\n\n".join(('lock-version = "1.0"\ncreated-by = "runner"', *bodies)) + "\n"


def without(text: str, names: Collection[str]) -> str:
    """Return the lock less packages of these names, normalized."""

    def package(match: re.Match[str]) -> str:
        return "" if canonicalize_name(_plain(match[1])) in names else match.group()

    return _PACKAGE.sub(package, text) if names else text


def places(text: str) -> tuple[str, ...]:
    """Return requirements that say where those packages are that have no version: folders, repositories."""
    if all(entry.version for entry in entries(text)):
        return ()
    return tuple(f"{p.name} @ {place}" for p in packages_in(text) if not p.version and (place := _place(p)))


def _place(package: Package) -> str:
    """Return the address of a package that is a folder or a repository, its path absolute."""
    if package.directory is not None:
        return Path(package.directory.path, package.directory.subdirectory).as_uri()
    return package.vcs.address if package.vcs is not None else ""


def with_project(text: str, built: Built) -> str:
    """Return the lock with the project's wheel among its packages."""
    hashes = f"{{ sha256 = {quoted(built.sha256)} }}"
    return (
        re.sub(r"(?m)^packages = \[\]\n", "", text, count=1)
        + f"\n[[packages]]\nname = {quoted(built.name)}\nversion = {quoted(built.version)}\n"
        + f"archive = {{ path = {quoted(built.path)}, hashes = {hashes} }}\n"
    )


def with_logins(text: str, indexes: Iterable[Index]) -> str:
    """Return the lock with the credentials of indexes, for files that are where one is.

    Of several on one host it is the index with whose address that of the file agrees longest. Another host,
    or another way to it, gets none.
    """

    def known(match: re.Match[str]) -> str:
        before, scheme, host, path = match.groups()
        there = [index for index in indexes if index.login and index.origin == f"{scheme}{host}"]
        if not there:
            return match.group()
        index = max(there, key=lambda each: len(commonpath((each.path, path))))
        return f"{before}{scheme}{quoted(index.login)[1:-1]}@{host}{path}"

    return _WEB_FILE.sub(known, text)


def quoted(text: str) -> str:
    """Return text as a string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _with_paths(text: str, move: Callable[[str], str]) -> str:
    return _PATH.sub(lambda match: f"path = {quoted(move(_plain(match[1])))}", text)


def _plain(token: str) -> str:
    """Return what a string of TOML says."""
    if token.startswith("'"):
        return token[1:-1]
    return token[1:-1] if "\\" not in token else str(parse(f"text = {token}")["text"])


def _note(package: Package) -> str:
    if all(file.hashes for file in package.files):
        return ""
    return f"{package.name} {package.version} is locked without a hash: its files cannot be verified"
