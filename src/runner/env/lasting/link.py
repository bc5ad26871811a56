"""The project's `.venv`, by which editors find an environment: a link of ours to a lasting one."""

import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from msgspec import Struct

from runner.env.package.git import find_git
from runner.model.errors import CellError
from runner.model.layout import LASTING
from runner.model.ports import Processes, Stop
from runner.model.results import Exited

NAME = ".venv"
_PART = re.compile(r"\.venv\.[0-9a-f]{8}")


class Linked(Struct, frozen=True):
    """What became of the link: `new` says that there was none before, `changed` that it leads elsewhere."""

    path: Path
    new: bool
    changed: bool


def target_of(root: Path, work_dir: Path, name: str = NAME) -> str | None:
    """Return the folder name of the environment that `.venv` points at; None when it is no link of ours.

    `name` is that of another link in `root` that is asked about.
    """
    try:
        leads_to = Path(os.path.normpath(root / (root / name).readlink()))  # it may lead nowhere by now
    except OSError:
        return None
    return leads_to.name if leads_to.parent == Path(os.path.normpath(work_dir / LASTING)) else None


def check(root: Path, work_dir: Path) -> None:
    """Raise CellError where something stands that we did not put there."""
    link = root / NAME
    if os.path.lexists(link) and target_of(root, work_dir) is None:
        raise CellError("create", _not_ours(link))


def point(root: Path, work_dir: Path, folder: Path) -> Linked:
    """Let `.venv` be a relative link to the environment in `folder`. Raises CellError as `check` does."""
    check(root, work_dir)
    link = root / NAME
    before = target_of(root, work_dir)
    if before == folder.name:
        return Linked(link, new=False, changed=False)
    part = root / f"{NAME}.{token_hex(4)}"
    _sweep(root, work_dir)
    try:
        if before is None:
            link.symlink_to(os.path.relpath(folder, root))  # which replaces nothing that just came
        else:
            part.symlink_to(os.path.relpath(folder, root))
            part.replace(link)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, FileExistsError | FileNotFoundError) and root.is_dir():
            return point(root, work_dir, folder)  # another runner was first, or swept; or somebody
        raise CellError("create", f"{link} cannot be made: {error.strerror}") from error
    return Linked(link, new=before is None, changed=before is not None)


def unlink(root: Path, work_dir: Path, name: str) -> bool:
    """Remove `.venv` if it points at the environment of that folder name. Raises OSError."""
    ours = target_of(root, work_dir) == name
    if ours:
        (root / NAME).unlink()
    return ours


def seen_by_git(root: Path, processes: Processes, environ: dict[str, str], stop: Stop) -> bool:
    """Say whether git would take up the link. Raises Cancelled and CellError."""
    git = find_git(processes, environ, stop)
    if git is None:
        return False
    return git.ask("check-ignore", "-q", "--", NAME, cwd=root).exit == Exited(1)


def _sweep(root: Path, work_dir: Path) -> None:
    """Remove links that a runner which was killed did not get to rename."""
    for part in root.glob(f"{NAME}.*"):
        if _PART.fullmatch(part.name) and target_of(root, work_dir, part.name) is not None:
            with suppress(OSError):
                part.unlink()


def _not_ours(link: Path) -> str:
    if link.is_symlink():
        what = f"is a link to {link.readlink()}, which is no lasting environment of this project"
        return f"{link} {what}: remove the link, or move it away, then run this again"
    kind = "folder" if link.is_dir() else "file"
    away = f"mv {NAME} {NAME}.old"
    return f"{link} is a {kind} that runner did not make: move it away (`{away}`), then run this again"
