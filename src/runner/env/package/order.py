"""What is asked of a build: a kind of wheel, for an interpreter; and how it is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from runner.env.package.buildsystem import BuildSystem, BuildSystemError, read_build_system
from runner.env.package.wheel import excludes, python_name
from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Stop
from runner.model.python import Interpreter

Kind = Literal["wheel", "sdist", "editable", "given"]
Scope = Literal["project", "kind", "interpreter"]
MakeEnv = Callable[[tuple[str, ...], EnvSpec, Stop], Environment]


class BuildFailed(Exception):  # noqa: N818 - says what happened
    """No wheel came of it. `scope` says who else is refused: all, this kind, or this interpreter.

    `log` holds the backend's output, where there is one.
    """

    def __init__(self, message: str, scope: Scope = "interpreter", log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.scope: Scope = scope
        self.log = log


class Order(Struct, frozen=True):
    """For which environment a wheel is wanted: `interpreter` is the one of `spec`."""

    spec: EnvSpec
    interpreter: Interpreter
    stop: Stop


def order_of(spec: EnvSpec, stop: Stop) -> Order:
    """Return the order of a cell. Raises CellError when its interpreter is not known yet."""
    if spec.interpreter is None:
        raise CellError(
            "package",
            f"the backend {spec.backend!r} brings its own interpreter, and no wheel can be built for one"
            ' that is not there yet; set package = "none"',
        )
    return Order(spec, spec.interpreter, stop)


def read_system(root: Path, scope: Scope) -> BuildSystem:
    """Return how the project at `root` is built. Raises BuildFailed of that scope."""
    try:
        return read_build_system(root)
    except (BuildSystemError, OSError) as error:
        raise BuildFailed(str(error), scope) from error


def refuse_python(what: str, requires_python: str, interpreter: Interpreter) -> None:
    """Raise BuildFailed when the specifier rules the interpreter out."""
    if excludes(requires_python, interpreter):
        raise BuildFailed(
            f"{what} requires Python {requires_python}, and this cell has {python_name(interpreter)};"
            " take that Python out of the session, or change requires-python"
        )
