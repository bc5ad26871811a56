"""What a uv.lock pins for a cell: uv itself says it, as a pylock file."""

from pathlib import Path
from tempfile import TemporaryDirectory

from runner.env.given.files import text_of
from runner.env.given.given import Given
from runner.env.given.pylock_parts import Part, for_cell, read_pylock
from runner.env.installers.helper import InstallerError
from runner.env.installers.uv import Uv
from runner.env.locks.key import interpreter_of
from runner.env.requirements.pylock import absolute
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Stop

_STALE = "needs to be updated"
_OPTIONS = (
    *("--format", "pylock.toml", "--locked", "--no-emit-project", "--no-default-groups"),
    *("--no-header", "--no-progress", "--color", "never", "--no-python-downloads", "--quiet"),
)


def from_uv(spec: EnvSpec, path: Path, uv: Uv, stop: Stop, *, offline: bool) -> Given:
    """Return what is pinned, but for the project itself. Raises CellError."""
    text_of(path, "`uv lock` writes it")
    text_of(path.with_name("pyproject.toml"), f"{path.name} is the lock of the project beside it")
    interpreter = interpreter_of(spec)
    where = ("--project", str(path.parent), "--python", interpreter.executable)
    arguments: tuple[str, ...] = ("export", *_OPTIONS, *where)
    for option, names in (("--group", spec.groups), ("--extra", spec.extras)):
        arguments += tuple(word for name in names for word in (option, name))
    try:
        text = _exported(spec, arguments, uv, stop, offline=offline)
    except InstallerError as error:
        if _STALE in error.words:
            raise CellError("lock", f"{path} is stale: `uv lock` updates it") from error
        raise
    lock = read_pylock(absolute(text, Path(spec.root)), path)
    return Given(text=for_cell(lock, Part(), path, interpreter))


def _exported(spec: EnvSpec, arguments: tuple[str, ...], uv: Uv, stop: Stop, *, offline: bool) -> str:
    """Return what uv says, without a network where that will do. Raises InstallerError."""
    task = f"read {spec.lock_from}"
    with TemporaryDirectory(prefix="runner-") as folder:
        variables = {"DIST_EXTRA_CONFIG": str(_outside(Path(folder)))}
        try:
            return uv.run(spec, (*arguments, "--offline"), task, stop, variables).stdout
        except InstallerError as error:
            if offline or _STALE in error.words:
                raise
        return uv.run(spec, arguments, task, stop, variables).stdout


def _outside(folder: Path) -> Path:
    """Return settings by which setuptools, asked for metadata, writes into `folder`, not into the project."""
    file = folder / "setup.cfg"
    file.write_text(f"[egg_info]\negg_base = {str(folder).replace('%', '%%')}\n", encoding="utf-8")
    return file
