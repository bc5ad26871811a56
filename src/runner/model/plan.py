"""From a selection to cells that can run: Host, Selection, Point, Cell, Plan, Place, ReadyCell."""

from typing import Literal, TypeVar

from msgspec import Struct

from runner.model.config import Foreign, Package
from runner.model.encode import converted
from runner.model.environment import BackendLock, Fixed
from runner.model.layout import FRESH
from runner.model.python import Interpreter, PythonSpec
from runner.model.settings import Call, Glob, Layer, Settings, Steps
from runner.model.text import Origin, Text

T = TypeVar("T")


class Host(Struct, frozen=True):
    """What planning may know of this machine.

    `python` is the X.Y of the interpreter at `executable`, which runs runner; `cpus` counts the usable ones.
    """

    platform: str
    python: str
    executable: str
    cpus: int
    ci: bool


class Selection(Struct, frozen=True, kw_only=True):
    """What the command line asks for. `select` is None without `-e`; `overrides` is the highest layer."""

    select: tuple[str, ...] | None = None
    skip: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    no_needs: bool = False
    overrides: Layer = Layer(name="command line", values={}, origins={})


class Coordinate(Struct, frozen=True):
    """One axis of a point with the label, value and factor chosen there."""

    axis: str
    label: str
    value: str
    factor: str


Point = tuple[Coordinate, ...]


class Cell(Struct, frozen=True, kw_only=True):
    """One session at one point of its matrix, text not rendered.

    `keys` are the values of the keys that the session's type adds, by name, for those that are set, and
    `key_origins` the places of those that the config sets.
    `sources` names, for each setting and most shape keys, the layers that its value came from, lowest first.
    `needs` and `after` are ids of cells of the whole config. `alone` says that its session has no other cell.
    `folder` is the name of its folders on disk. `default` says that a bare run runs it.
    """

    id: str
    session: str
    type: str
    folder: str
    point: Point
    python: PythonSpec
    factors: tuple[str, ...]
    description: str
    tags: tuple[str, ...]
    default: bool
    platforms: tuple[str, ...]
    needs: tuple[str, ...]
    after: tuple[str, ...]
    alone: bool
    settings: Settings[Text]
    steps: Steps
    sources: dict[str, tuple[str, ...]]
    origin: Origin
    keys: dict[str, object] = {}
    key_origins: dict[str, Origin] = {}
    foreign: Foreign | None = None

    @property
    def axes(self) -> dict[str, str]:
        """Label by axis name."""
        return {at.axis: at.label for at in self.point}


class Edges(Struct, frozen=True):
    """What one chosen cell waits for, among the chosen: `needs` must be met, `after` only orders."""

    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    """Every cell of the config, and those that run.

    `chosen` are ids in starting order, needs included; `edges` has an entry for each of them;
    `expected` is each one's last duration in seconds, where known.
    """

    cells: tuple[Cell, ...]
    chosen: tuple[str, ...]
    edges: dict[str, Edges]
    expected: dict[str, float]

    def chosen_cells(self) -> tuple[Cell, ...]:
        """The cells that run, in starting order."""
        by_id = {cell.id: cell for cell in self.cells}
        return tuple(by_id[id_] for id_ in self.chosen)


class Place(Struct, frozen=True, kw_only=True):
    """Where a run takes place: made by the command line, so that rendering stays pure.

    Folders are absolute paths. `posargs` is None when there was no `--`. `cpus` is the share of the
    machine's CPUs that one cell of this run may count on. `colour` says whether people's text is coloured.
    `environments` is the folder of the work-dir that theirs are in.
    """

    root: str
    work_dir: str
    environ: dict[str, str]
    posargs: tuple[str, ...] | None
    cpus: int
    colour: bool
    environments: str = FRESH


class EnvSpec(Struct, frozen=True, kw_only=True):
    """The environment of one cell: all that decides what is in it.

    `requirements` and `constraints` are lines in requirements-file syntax (`-r`, `-c`, `-e` allowed),
    relative to `root`; `extras` and `package` are of the project at `package_config.root`.
    `package_file` is a glob, relative to `root`, of the one wheel or sdist to install instead of a build.
    `lock_from` is the path, relative to `root`, of a lock file of another tool, whose versions are installed.
    `interpreter` is None until it was found, or when the backend brings its own. `cell` is the cell's id and
    `folder` the absolute path of its environment; both are empty for an environment to build in. `keys` are
    those that the session's type and backends add, rendered, by name. `backend_lock` is that
    of a backend that has its own, once it is known. `fixed` are distributions that the resolver takes as they
    are: somebody else installs them. `cache` is a folder, which may not be there yet, for what the backend
    keeps for all projects of the user; a folder in it goes when a file `.used` in that was not touched for 30
    days. `offline`: the backend is to do without a network. `look`: it is to make nothing, and an interpreter
    that it would have to make first is None.
    """

    root: str
    cell: str = ""
    folder: str = ""
    backend: str
    installer: Literal["uv", "pip"]
    python: PythonSpec
    interpreter: Interpreter | None = None
    seed: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    package: Literal["wheel", "sdist", "editable", "deps-only", "none"] = "none"
    package_file: str | None = None
    lock_from: str | None = None
    resolution: Literal["highest", "lowest", "lowest-direct"] = "highest"
    prerelease: bool = False
    exclude_newer: str | None = None
    link_mode: Literal["hardlink", "clone", "copy", "symlink"] | None = None
    system_site_packages: bool = False
    keys: dict[str, object] = {}
    backend_lock: BackendLock | None = None
    fixed: tuple[Fixed, ...] = ()
    cache: str = ""
    offline: bool = False
    look: bool = False

    @property
    def installs_project(self) -> bool:
        """Whether the project itself is in the environment, and not at most what it depends on."""
        return self.package not in {"none", "deps-only"}

    def keys_as(self, kind: type[T]) -> T:
        """Return the keys as the struct that adds them, with its defaults; others are passed over.

        Raises msgspec.ValidationError for values that do not fit: those of a cell that runs were checked.
        """
        return converted(self.keys, kind)


class Command(Struct, frozen=True, kw_only=True):
    """One command ready to run. `cwd` is an absolute path; `env` maps a name to its value or None: unset.

    One that fails is run again, `retries` times at most. Arguments that `globs` has become the files that
    are there when the command starts. Of a `call`, rendered, `argv` is only what people are shown.
    """

    argv: tuple[str, ...]
    cwd: str
    ok_codes: tuple[int, ...] = (0,)
    env: dict[str, str | None] = {}
    timeout: float | None = None
    retries: int = 0
    ignore_failure: bool = False
    allow_external: tuple[str, ...] = ()
    globs: dict[str, Glob] = {}
    call: Call | None = None


class ReadySteps(Struct, frozen=True):
    """The commands of a cell by phase, ready to run."""

    setup: tuple[Command, ...] = ()
    commands: tuple[Command, ...] = ()
    teardown: tuple[Command, ...] = ()


class ReadyCell(Struct, frozen=True, kw_only=True):
    """A cell with all its text rendered: everything that running it needs to know.

    `keys` are those that the session's type adds.

    `variables` is the whole environment of its commands but for what its `Environment` adds and PATH,
    which holds the outer one. `root` is the project, or the cell's own copy of it (`source = "copy"`).
    """

    cell: Cell
    settings: Settings[str]
    keys: dict[str, object] = {}
    spec: EnvSpec
    steps: ReadySteps
    variables: dict[str, str]
    root: str
    env_dir: str
    tmp: str

    @property
    def id(self) -> str:
        return self.cell.id


class Addition(Struct, frozen=True):
    """What a plugin adds to a cell: requirements, and variables for its commands. Text as in a config.

    Folders of `python_path` come first on PYTHONPATH, before those that the config or the caller puts there.
    """

    deps: tuple[str, ...] = ()
    env: dict[str, str] = {}
    python_path: tuple[str, ...] = ()


class Work(Struct, frozen=True, kw_only=True):
    """One cell to be run elsewhere.

    `arguments` are those of a `runner` that runs this cell alone, in a copy of the project that the executor
    provides, and writes its events as JSON lines to stdout. `root` is the project's folder here, `config` the
    file's path relative to it. `log` is a file here, an absolute path: what that runner writes to stderr, the
    output of the cell included, is to be appended to it.
    """

    cell: str
    root: str
    config: str
    arguments: tuple[str, ...]
    log: str = ""


class PackageSpec(Struct, frozen=True, kw_only=True):
    """How the project is built, rendered. `root` is absolute; `environ` is the build's whole environment."""

    root: str
    config: Package
    environ: dict[str, str]
    given: str | None = None
