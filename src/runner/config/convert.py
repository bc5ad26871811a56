"""From a config file to the Config that everything else follows."""

import os.path
from functools import partial
from pathlib import Path

import msgspec

from runner.config.added import Lookup, Lookups
from runner.config.in_use import InUse
from runner.config.inherit import Family
from runner.config.names import session_problem, twins
from runner.config.places import TOP, outside_top
from runner.config.project import look_at
from runner.config.read import Raw
from runner.config.requires import check_requires
from runner.config.sessions import Part, read_part
from runner.config.settings import SETTINGS
from runner.config.top import (
    EXCLUDE_NEWER,
    LIMITS,
    LOCK_MAX_AGE,
    MAX_CELLS,
    MISSING_PYTHON,
    PACKAGE_ENV,
    PACKAGE_INPUTS,
    PACKAGE_KEYS,
    PACKAGE_PASS_ENV,
    PACKAGE_ROOT,
    PACKAGE_SETTINGS,
    PLUGINS,
    REDACT,
    REQUIRES_PLUGINS,
    REQUIRES_RUNNER,
    RUN_TIMEOUT,
    SELECTORS,
    WORK_DIR,
)
from runner.config.walk import Node, Walk, open_table, quoted
from runner.model.config import Config, Package, Session
from runner.model.errors import Problem

_NOT_BUILT = (
    "{file} has no [build-system], so the project is not installed into its cells; "
    'add one, or say package = "none" in [defaults]'
)
_FIRST_SESSION = 'as in\n[sessions.tests]\ndeps = ["pytest"]\ncommands = ["pytest"]'


def convert(raw: Raw, *, version: str, lookups: Lookups) -> Config:
    """Check a file key by key and return what it says.

    `version` is that of this runner. Raises ConfigError with every problem of the file.
    """
    walk = raw.walk(*(partial(_is_there, lookup) for lookup in lookups))
    top = Node(walk, (), raw.data)
    wanted = top.child(REQUIRES_RUNNER.name)
    if wanted is not None:
        check_requires(wanted, version)
        walk.finish()  # before the rest: a file for another version may hold what this one does not know
    children = open_table(top, TOP, outside_top(tuple(SETTINGS)))
    config = _config(children, raw, walk, _sessions(top, children, InUse(top, lookups), str(raw.root)))
    walk.finish()
    return config


def _is_there(lookup: Lookup, name: str) -> bool:
    return lookup(name) is not None


def _config(children: dict[str, Node], raw: Raw, walk: Walk, sessions: tuple[Session, ...]) -> Config:
    default = SELECTORS.read(children)
    REQUIRES_PLUGINS.read(children)
    package, notices = _package(children.get("package"), raw, walk, sessions)
    lock_max_age = LOCK_MAX_AGE.read(children)
    unset = Config(file=str(raw.file), root=str(raw.root), sessions=sessions)
    return msgspec.structs.replace(
        unset,
        default=default,
        default_origin=None if default is None else children[SELECTORS.name].origin,
        plugins=PLUGINS.read(children) or (),
        work_dir=_work_dir(children, raw) or unset.work_dir,
        missing_python=MISSING_PYTHON.read(children),
        lock_max_age=unset.lock_max_age if lock_max_age is None else lock_max_age,
        exclude_newer=EXCLUDE_NEWER.read(children),
        run_timeout=RUN_TIMEOUT.read(children),
        max_cells=MAX_CELLS.read(children) or unset.max_cells,
        limits=LIMITS.read(children) or {},
        redact=REDACT.read(children) or (),
        package=package,
        notices=notices,
    )


def _sessions(top: Node, children: dict[str, Node], in_use: InUse, root: str) -> tuple[Session, ...]:
    table = children.get("sessions")
    if table is None or table.value == {}:
        top.walk.add(Problem("there are no sessions", (table or top).origin, _FIRST_SESSION))
        return ()
    if not isinstance(table.value, dict):
        table.expected("a table of sessions", _FIRST_SESSION)
        return ()
    parts: dict[str, Part] = {}
    for name, node in table.children().items():
        message = session_problem(name)
        if message:
            node.wrong(message)
        parts[name] = read_part(node.speaking(in_use.dialect(name)))
    for name, other in twins(list(parts)):
        parts[name].node.wrong(f"differs from the session `{other}` only in case")
    defaults = children.get("defaults")
    if defaults is not None:
        of_all = read_part(defaults.speaking(in_use.dialect_of_defaults()), defaults=True)
    return Family(None if defaults is None else of_all, parts, in_use, root).resolved()


def _work_dir(children: dict[str, Node], raw: Raw) -> str | None:
    work_dir = WORK_DIR.read(children)
    if work_dir is not None and raw.root.is_relative_to(work_dir):
        children[WORK_DIR.name].wrong(
            f"{work_dir} holds the project itself, and all of it is runner's to delete"
        )
    return work_dir


def _package(
    node: Node | None, raw: Raw, walk: Walk, sessions: tuple[Session, ...]
) -> tuple[Package, tuple[str, ...]]:
    children = {} if node is None else _open_package(node)
    root = _package_root(children, raw.root)
    file = raw.root / root / "pyproject.toml"
    project = look_at(file.parent, str(Path(raw.shown).parent / root / file.name), walk)
    package = Package(
        root=root,
        buildable=project.buildable,
        name=project.name,
        env=PACKAGE_ENV.read(children) or {},
        pass_env=PACKAGE_PASS_ENV.read(children) or (),
        config_settings=PACKAGE_SETTINGS.read(children) or {},
        inputs=PACKAGE_INPUTS.read(children) or (),
    )
    undecided = any(all("package" not in layer.values for layer in session.layers) for session in sessions)
    quiet = project.buildable or not project.described or not undecided
    return package, () if quiet else (_NOT_BUILT.format(file=file.relative_to(raw.root)),)


def _open_package(node: Node) -> dict[str, Node]:
    if isinstance(node.value, str):
        how = (
            f"how the project is installed is said in [defaults] or a session: package = {quoted(node.value)}"
        )
        node.expected("a table: how the project is built", how)
        return {}
    return open_table(node, [key.name for key in PACKAGE_KEYS], {})


def _package_root(children: dict[str, Node], root: Path) -> str:
    given = PACKAGE_ROOT.read(children)
    if given is None:
        return "."
    node = children[PACKAGE_ROOT.name]
    if Path(given).is_absolute() or ".." in Path(os.path.normpath(given)).parts:
        node.wrong(f"expected a folder inside the project, relative to the config's; got {quoted(given)}")
    elif not os.path.isdir(root / given):  # noqa: PTH112 - Path.is_dir() raises in a folder without permission
        node.wrong(f"there is no folder {quoted(given)} in {root}")
    else:
        return os.path.normpath(given)
    return "."
