"""Both configs' plans under several circumstances: whether a translation says what the other config does."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from runner.cli.migration import NEVER_MARKED, OldConfig
from runner.cli.project import Project, config_of
from runner.config import Raw
from runner.config.positions import locate
from runner.config.syntax import parse
from runner.hooks.manager import Plugins
from runner.migrate import MARKED, Difference, Outer, compare
from runner.model.config import Config
from runner.model.plan import Place, ReadyCell, Selection
from runner.plan import render_cells


class Circumstance(Struct, frozen=True):
    """What a config may depend on: arguments after `--`, and variables (None: each is set to its mark)."""

    name: str
    posargs: tuple[str, ...] | None
    environ: dict[str, str] | None


def read_text(text: str, target: Path, plugins: Plugins) -> Config:
    """Return the config that the text of a runner.toml is. Raises ConfigError."""
    raw = Raw(target, target.parent, target.name, parse(text, target.name), (), locate(text))
    return config_of(raw, plugins)


def circumstances(old: OldConfig, environ: Mapping[str, str]) -> tuple[Circumstance, ...]:
    """Return those in which both configs have to say the same."""
    here = {name: value for name, value in environ.items() if name not in NEVER_MARKED}
    found = [
        Circumstance("as it is here", None, here),
        Circumstance("with no variables set", None, {}),
        Circumstance("with arguments after --", MARKED, {}),
    ]
    names = sorted(old.marks.environ())
    if names:
        found.append(Circumstance(f"with {', '.join(names)} set", None, None))
    return tuple(found)


def differences(
    old: OldConfig, new: Project, ids: Mapping[str, str], among: tuple[Circumstance, ...]
) -> Iterator[Difference]:
    """Yield what differs between the plans of both configs. Raises ConfigError when one has none."""
    seen: set[tuple[str, str]] = set()
    for each in among:
        environ = old.marks.environ() if each.environ is None else each.environ
        outer = Outer(old.marks, frozenset()) if each.environ is None else each.environ
        config = old.read(each.posargs, outer)
        before = _cells(new._replace(config=config), each.posargs, environ)
        after = _cells(new, each.posargs, environ)
        for found in compare(before, after, ids, old.dropped, platform=new.host.platform, how=each.name):
            if (found.env, found.field) not in seen:
                seen.add((found.env, found.field))
                yield found


def _cells(
    project: Project, posargs: tuple[str, ...] | None, environ: dict[str, str]
) -> dict[str, ReadyCell]:
    plan = project.plan(Selection(select=("ALL",)))
    place = Place(
        root=project.config.root,
        work_dir=str(project.work_dir),
        environ=environ,
        posargs=posargs,
        cpus=1,
        colour=False,
    )
    return {cell.id: cell for cell in render_cells(project.config, plan.cells, place)}
