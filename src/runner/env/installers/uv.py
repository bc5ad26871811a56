"""uv as the installer: resolving to a lock, installing what a lock pins, and care for uv's cache."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex
from shutil import which

import uv
from msgspec import Struct

from runner.env.environ import installer_environ
from runner.env.folders import write_whole
from runner.env.installers.helper import InstallerError, run_installer
from runner.env.installers.indexes import with_own_indexes
from runner.env.installers.uvconfig import UvConfig, read_uv_config
from runner.env.installers.uvresolving import (
    COMMON,
    Resolved,
    Resolving,
    compile_arguments,
    explained,
    overruling,
    warnings_in,
    without_folder,
)
from runner.env.locks.key import interpreter_of
from runner.env.once import Once
from runner.env.requirements.index import Index
from runner.env.requirements.pylock import (
    absolute,
    allowed,
    checked,
    committed_path,
    entries,
    folder_notes,
    with_logins,
    with_project,
    without_comments,
)
from runner.env.requirements.wanted import Wanted
from runner.model.environment import Built, Environment, Lock
from runner.model.errors import CellError
from runner.model.lock_files import updated_by
from runner.model.plan import EnvSpec
from runner.model.ports import Captured, Processes, Stop
from runner.model.results import Phase

_MISMATCH = "Hash mismatch"
_HOPELESS = (
    *(_MISMATCH, "Not a valid `pylock.toml`", "incompatible with the `pylock.toml`"),
    *("does not match package", "must include one of", "doesn't have a source distribution or wheel"),
)
"""What is wrong with a lock, and no better with a network."""

_EVICTION = 10.0
"""Seconds that uv may take to forget packages: it waits for every other uv that uses the cache."""


class FileGoneError(CellError):
    """A file that a lock names is not where the lock says any more."""


class Uv:
    """uv for one run. `own` is the run's folder, below which goes what uv reads and writes.

    `indexes_of` returns the indexes that the lock file of a spec names (`lock-from`), or raises CellError.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        own: Path,
        processes: Processes,
        indexes_of: Callable[[EnvSpec], tuple[Index, ...]] = lambda _spec: (),
    ) -> None:
        self._own = own
        self._processes = processes
        self._environ = installer_environ(environ) | {"UV_NO_WRAP": "1"}
        self._indexes_of = indexes_of
        self._configs: Once[tuple[str, str | None, Index | None], UvConfig] = Once()

    def config(self, spec: EnvSpec, stop: Stop, only: Index | None = None) -> UvConfig:
        """Return what uv is told in the root of the spec, read once a run. Raises CellError.

        With `only` it looks into no other index; else into those that `indexes_of` names before others.
        """

        def read() -> UvConfig:
            first = () if only else self._indexes_of(spec)
            return read_uv_config(self._environ, Path(spec.root), only, first)

        return self._configs.get((spec.root, spec.lock_from, only), read, stop)

    def resolve(self, spec: EnvSpec, want: Wanted, resolving: Resolving, stop: Stop) -> Resolved:
        """Return exact pins of all that is wanted. Raises InstallerError when there are none."""
        config = self.config(spec, stop, want.only)
        folder = self._folder("resolve")
        try:
            captured = run_installer(
                self._processes,
                (
                    find_uv(self._environ),
                    *compile_arguments(spec, want, resolving, config, folder),
                    *config.arguments,
                ),
                cwd=spec.root,
                env=config.environ,
                stop=stop,
                phase="lock",
                task=f"resolve the requirements for Python {interpreter_of(spec).version}",
            )
        except InstallerError as error:
            lines = (explained(error, spec, resolving, folder), *config.notes)
            raise InstallerError(error.phase, "\n".join(lines), error.words) from error
        text = (folder / "pylock.toml").read_text(encoding="utf-8")
        text = absolute(without_comments(text), folder)
        try:
            notes = checked(text)
        except ValueError as error:
            raise CellError("lock", f"uv wrote a lock that runner cannot use: {error}") from error
        text = allowed(text, want.hashes, want.given)
        warnings = warnings_in(captured.stderr, folder, spec)
        return Resolved(text, (*warnings, *config.notes, *folder_notes(text), *notes))

    def install(
        self,
        spec: EnvSpec,
        environment: Environment,
        built: Built | None,
        lock: Lock,
        stop: Stop,
        *,
        offline: bool = False,
        reinstall: tuple[str, ...] = (),
    ) -> None:
        """Install what the lock pins, and the project, into the environment; nothing is resolved.

        Distributions to `reinstall` are installed even if they are there.
        Without the network first, which is several times faster; unless `offline`, it is asked for what the
        cache lacks. Raises FileGoneError, and CellError for everything else.
        """
        config = self.config(spec, stop)
        file, text = self._given_to_uv(lock, built, config.unheeded)
        command = [find_uv(self._environ), "pip", "install", *COMMON, "--python", environment.python]
        command += ["--preview-features", "pylock", "-r", str(file), *config.arguments]
        command += overruling(spec, config)
        if spec.link_mode:
            command += ["--link-mode", spec.link_mode]
        for entry in entries(text):
            if entry.folder:  # uv would take what it built of it before, whatever changed in it since
                command += ["--reinstall-package", entry.name]
        for name in reinstall:
            command += ["--reinstall-package", name]

        def run(*more: str) -> None:
            run_installer(
                self._processes,
                (*command, *more),
                cwd=spec.root,
                env=config.environ,
                stop=stop,
                phase="install",
                task="install the packages",
            )

        try:
            try:
                run("--offline")
            except InstallerError as error:
                if offline or any(mark in error.words for mark in _HOPELESS):
                    raise
                run()
        except InstallerError as error:
            raise _install_error(error, _Failed(spec, built, lock, file, offline)) from error

    def run(
        self,
        spec: EnvSpec,
        arguments: tuple[str, ...],
        task: str,
        stop: Stop,
        variables: Mapping[str, str],
    ) -> Captured:
        """Run uv in the root of the spec as people would, and return what it said. Raises InstallerError.

        It looks where its own settings say, not where pip's do: its lock was made without those.
        """
        environ = with_own_indexes(self.config(spec, stop).environ, self._environ)
        return run_installer(
            self._processes,
            (find_uv(self._environ), *arguments),
            cwd=spec.root,
            env={**environ, **variables},
            stop=stop,
            phase="lock",
            task=task,
        )

    def evict(self, names: tuple[str, ...], stop: Stop) -> None:
        """Let uv forget the files that it keeps of these distributions, whatever their version.

        Raises CellError, which says what to run by hand, when uv fails or another uv keeps it waiting.
        """
        cache = self._environ.get("UV_CACHE_DIR")
        by_hand = " ".join((*([f"UV_CACHE_DIR={cache}"] if cache else ()), "uv cache clean", *names))
        try:
            run_installer(
                self._processes,
                (find_uv(self._environ), "cache", "clean", "--color", "never", *names),
                cwd=str(self._own),
                env=self._environ,
                stop=stop,
                phase="install",
                task=f"remove {', '.join(names)} from uv's cache",
                timeout=_EVICTION,
            )
        except InstallerError as error:
            raise CellError(
                error.phase, f"{error.message}\nwhen no other uv is at work, run: {by_hand}"
            ) from error

    def _folder(self, kind: str) -> Path:
        """Return a new folder that only this user can read: addresses may hold passwords."""
        folder = self._own / "uv" / f"{kind}-{token_hex(6)}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        return folder

    def _given_to_uv(self, lock: Lock, built: Built | None, indexes: tuple[Index, ...]) -> tuple[Path, str]:
        """Write the lock with the project's wheel in it, and return the file and the lock's text.

        It has the credentials of the indexes, too.
        """
        text = Path(lock.path).read_text(encoding="utf-8")
        whole = with_logins(with_project(text, built) if built else text, indexes)
        if whole == text:
            return Path(lock.path), text
        file = self._folder("install") / "pylock.toml"
        write_whole(file, whole)
        return file, text


class _Failed(Struct, frozen=True):
    """An install that failed, and what is to be known of it."""

    spec: EnvSpec
    built: Built | None
    lock: Lock
    file: Path
    offline: bool


def _install_error(error: InstallerError, failed: _Failed) -> CellError:
    """Return the error with what to do about it."""
    spec, lock = failed.spec, failed.lock
    message = without_folder(error.message, failed.file.parent, spec)
    ours = failed.built is not None and f"`{failed.built.name} @" in error.words
    hopeless = any(mark in error.words for mark in _HOPELESS)
    if lock.origin == "committed" and not ours and (hopeless or error.gone):
        path = os.path.relpath(committed_path(spec.root, spec.cell), spec.root)
        message += f"\nthe lock is {path}: `runner lock -e {spec.cell} --upgrade` makes it anew"
    elif lock.origin == "given" and _MISMATCH in error.words and not ours:
        message += (
            f"\na file is not the one that {spec.lock_from} pins: somebody changed it since; if that is"
            f" right, {updated_by(spec.lock_from or '')} pins it anew"
        )
    elif _MISMATCH in error.words and not ours:
        message += "\na file is not the one that was locked: if that is right, --upgrade makes the lock anew"
    if failed.offline and "disabled" in error.words:
        message += "\nwith --offline uv has only what is in its cache: run once without --offline"
    return (FileGoneError if error.gone and not ours else CellError)(error.phase, message)


def find_uv(environ: Mapping[str, str], phase: Phase = "lock") -> str:
    """Return the path of uv: the one that came with runner, else from PATH. Raises CellError."""
    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        found = which("uv", path=environ.get("PATH"))
        if found is None:
            raise CellError(phase, "uv was not found: install runner anew, uv comes with it") from None
        return str(Path(found).absolute())
