"""Commands as plugins write them."""

from collections.abc import Mapping, Sequence
from typing import Literal

from runner.model.plan import Cell
from runner.model.settings import CommandText
from runner.model.text import Template


def command(
    cell: Cell,
    run: str | Sequence[str],
    *,
    ok_codes: tuple[int, ...] = (0,),
    cwd: str | None = None,
    env: Mapping[str, str | Literal[False]] | None = None,
    timeout: float | None = None,
    ignore_failure: bool = False,
    allow_external: tuple[str, ...] = (),
) -> CommandText:
    """Return a command for `cell`, as the config would have it: a line to be split, or a list of arguments.

    All text is config text: braces are substitutions, `{{` and `}}` stand for themselves. `timeout` is in
    seconds.
    """

    def text(written: str) -> Template:
        return Template(written, cell.origin)

    return CommandText(
        run=text(run) if isinstance(run, str) else tuple(map(text, run)),
        origin=cell.origin,
        ok_codes=ok_codes,
        cwd=None if cwd is None else text(cwd),
        env={name: value if value is False else text(value) for name, value in (env or {}).items()},
        timeout=timeout,
        ignore_failure=ignore_failure,
        allow_external=tuple(map(text, allow_external)),
    )
