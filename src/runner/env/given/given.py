"""What a lock file of another tool (`lock-from`) pins for a cell: each kind is read by a module of its own.

These are imported when a cell asks for one: runs without `lock-from` start faster.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from runner.env.installers.uv import Uv
from runner.env.requirements.index import Index
from runner.env.requirements.wanted import Wanted, wanted
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.lock_files import lock_file_kind
from runner.model.plan import EnvSpec
from runner.model.ports import Stop


class Given(Struct, frozen=True, kw_only=True):
    """What a file pins for one cell, as far as the file says it by itself.

    `text` is a lock, empty for none. What is `wanted` is pinned there, too, but its files are to be looked
    up. `groups` are those of the cell that the file knows nothing of. `notes` are lines about it.
    """

    text: str = ""
    wanted: tuple[Wanted, ...] = ()
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class GivenFiles:
    """Reads lock files of other tools for the cells of one run.

    `environ` is that of runner itself. `offline`: without a network.
    """

    def __init__(self, *, uv: Uv, environ: Mapping[str, str], offline: bool) -> None:
        self._uv = uv
        self._environ = environ
        self._offline = offline

    def read(self, spec: EnvSpec, built: Built | None, stop: Stop) -> Given:
        """Return what the file of a spec that has one pins. Raises CellError."""
        path = Path(os.path.normpath(Path(spec.root, spec.lock_from or "")))
        match lock_file_kind(path.name):
            case "Pipfile.lock":
                from runner.env.given.from_pipfile import from_pipfile  # noqa: PLC0415 - start-up

                return from_pipfile(spec, path, self._environ, with_project=built is None)
            case "uv.lock":
                from runner.env.given.from_uv import from_uv  # noqa: PLC0415 - start-up

                return from_uv(spec, path, self._uv, stop, offline=self._offline)
            case "pylock.toml":
                from runner.env.given.from_pylock import from_pylock  # noqa: PLC0415 - start-up

                return from_pylock(spec, path)
            case "requirements":
                from runner.env.given.from_requirements import from_requirements  # noqa: PLC0415 - start-up

                return from_requirements(spec, path)
            case None:
                raise CellError("lock", f"lock-from = {spec.lock_from!r}: no such lock file is known")


def named_indexes(spec: EnvSpec, environ: Mapping[str, str]) -> tuple[Index, ...]:
    """Return the indexes that the lock file of a spec names, if there is one that can. Raises CellError."""
    if lock_file_kind(Path(spec.lock_from or "").name) != "Pipfile.lock":
        return ()
    from runner.env.given.pipfile_lines import indexes_of  # noqa: PLC0415 - start-up

    return indexes_of(Path(spec.root, spec.lock_from or ""), environ)


def alone(spec: EnvSpec, lines: tuple[str, ...]) -> Wanted:
    """Return what these lines want, and nothing that it depends on. Raises CellError."""
    pinned = replace(spec, requirements=lines, constraints=(), groups=(), seed=())
    return replace(wanted(pinned, None), alone=True, given=spec.lock_from or "")
