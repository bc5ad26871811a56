"""What a backend does itself, and what is refused where it cannot be done."""

from typing import Literal

from msgspec.structs import replace

from runner.env.interpreters.find import Interpreters
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Backend, BringsInterpreter, Installs, Stop


def with_interpreter(
    spec: EnvSpec,
    backend: Backend,
    interpreters: Interpreters,
    missing: Literal["error", "skip"],
    stop: Stop,
) -> EnvSpec:
    """Return `spec` with the interpreter that it asks for, or that its backend brings. Raises CellError.

    Without one it must not ask for what only a Python can be given. `missing` says whether a cell without its
    interpreter is skipped.
    """
    if not isinstance(backend, BringsInterpreter):
        return replace(spec, interpreter=interpreters.find(spec.python, stop))
    try:
        found = replace(spec, interpreter=backend.interpreter(spec))
    except CellError as error:
        if error.skip is None:
            raise CellError(error.phase, error.message, skip=missing == "skip") from error
        raise
    if found.interpreter is None:
        _refuse(found, by_runner=not isinstance(backend, Installs))
    return found


def _refuse(spec: EnvSpec, *, by_runner: bool) -> None:
    asked = {
        "package": spec.package != "none",
        "deps": by_runner and bool(spec.requirements),
        "groups": by_runner and bool(spec.groups),
        "seed": by_runner and bool(spec.seed),
    }
    wrong = [key for key, is_asked in asked.items() if is_asked]
    if wrong:
        none = 'package = "none"' if wrong[0] == "package" else f"{wrong[0]} = []"
        raise CellError(
            "install",
            f'backend = "{spec.backend}" brings no Python to install into, but the session sets'
            f" {', '.join(wrong)}\nremove what it sets, as in {none}, or choose another backend",
        )
