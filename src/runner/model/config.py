"""The config: what a front end makes of its file, with positions, before anything is expanded."""

from typing import Literal

from msgspec import Struct

from runner.model.errors import Problem
from runner.model.python import Missing, PythonSpec, parse_python
from runner.model.settings import Layer
from runner.model.text import Origin, Text


def factor_of(axis: str, label: str) -> str:
    """Return a label as it appears in a cell id."""
    if axis == "python":
        spec = parse_python(label)
        return spec.factor if spec else label
    return label if label[:1].isalpha() else axis + label


class AxisValue(Struct, frozen=True):
    """One value of an axis: its label, the value behind it, its factor, and settings it brings."""

    label: str
    value: str
    factor: str
    layer: Layer | None = None


class Axis(Struct, frozen=True):
    """A dimension of a session's matrix. `python` is an axis like any other, and comes first."""

    name: str
    values: tuple[AxisValue, ...]
    origin: Origin


class Condition(Struct, frozen=True):
    """One key of a matcher: an axis, `python` or `platform`, and what may match (any of `patterns`).

    A pattern that starts with `<`, `>`, `=` or `!` compares dotted numbers, else it is a glob on the label.
    """

    key: str
    patterns: tuple[str, ...]
    origin: Origin


class Match(Struct, frozen=True):
    """Conditions that must all hold."""

    conditions: tuple[Condition, ...]
    origin: Origin


class When(Struct, frozen=True):
    """Settings for the points that match."""

    match: Match
    layer: Layer


class Inherited(Struct, frozen=True, kw_only=True):
    """Which of the outer variables a session's commands see, but for its `pass-env`, and what runner adds.

    `passed` are globs, None those of runner; `withheld` are globs of what nothing lets in. With `any_case`
    these and `pass-env` match names in whatever case. `usual`: runner sets what serves most, such as
    PYTHONUNBUFFERED and COVERAGE_FILE, beside its own RUNNER_ variables.
    """

    passed: tuple[str, ...] | None = None
    withheld: tuple[str, ...] = ()
    any_case: bool = False
    usual: bool = True


class Foreign(Struct, frozen=True, kw_only=True):
    """What only the config of another tool says of a session.

    `factors` are those of its one cell, whose id is the session's name. `shown` is what `config` adds to the
    JSON of the cell. `refused` says what cannot be done: the session cannot run. `posargs`: a command takes
    them, and has them already. `folders` are made before the commands. `package_variable` is set to the path
    of the wheel. `allowing` is the key that lets commands use programs from outside.
    """

    factors: tuple[str, ...] = ()
    shown: dict[str, object] = {}
    refused: tuple[Problem, ...] = ()
    posargs: bool = False
    folders: tuple[str, ...] = ()
    inherited: Inherited = Inherited()
    package_variable: str | None = None
    allowing: str = "allow-external"


KeyShape = Literal["text", "list", "other"]
"""What a key that a session type adds holds: an axis of its name can set text, or a list to the one label."""


class Session(Struct, frozen=True, kw_only=True):
    """One session with its shape resolved (`[defaults]` and `extends` applied) and its settings in layers.

    `python` is the pinned request, or None: the `python` axis among `axes` has it, or the session runs on
    the Python that runs runner. `layers` are `[defaults]`, the parents (farthest first) and the session
    itself, lowest first. `needs` and `after` are selectors that may hold `{axis}`. `sources` names the layer
    that a shape key's value came from (`defaults`, `sessions.base`); a key that is not there has its default.
    `keys` are those that its type adds.
    """

    name: str
    origin: Origin
    type: str = "python"
    description: str = ""
    default: bool = True
    tags: tuple[str, ...] = ()
    needs: tuple[Text, ...] = ()
    after: tuple[Text, ...] = ()
    platforms: tuple[str, ...] = ()
    python: PythonSpec | None = None
    axes: tuple[Axis, ...] = ()
    include: tuple[When, ...] = ()
    exclude: tuple[Match, ...] = ()
    when: tuple[When, ...] = ()
    layers: tuple[Layer, ...] = ()
    sources: dict[str, str] = {}
    keys: dict[str, KeyShape] = {}
    foreign: Foreign | None = None


class Package(Struct, frozen=True, kw_only=True):
    """How the project is built. `root` is relative to the config's folder; `buildable` was looked up.

    `name` is the project's normalized name where its pyproject.toml says it statically.
    """

    root: str = "."
    buildable: bool = False
    name: str | None = None
    env: dict[str, Text | Literal[False]] = {}
    pass_env: tuple[Text, ...] = ()
    config_settings: dict[str, str | tuple[str, ...]] = {}
    inputs: tuple[str, ...] = ()


class PluginRef(Struct, frozen=True):
    """A plugin named in the config: an importable module, or the path of a file below root."""

    name: str
    origin: Origin


class Requirement(Struct, frozen=True):
    """A requirement on a plugin's distribution, as in PEP 508."""

    text: str
    origin: Origin


class Redacted(Struct, frozen=True):
    """A glob over the names of variables that hold secrets."""

    glob: str
    origin: Origin


class Config(Struct, frozen=True, kw_only=True):
    """One project's whole config. `file` and `root` are absolute paths.

    `missing_python` is None when the file does not say: then it is "error" in CI and "skip" elsewhere.
    `lock_max_age` and `run_timeout` are in seconds. `notices` are things that the user should hear once, at
    the start of a run; `remarks` those that only somebody who asks for more wants to hear. `jobs` is how many
    cells run at a time unless somebody says so; None: as CPUs allow.
    """

    file: str
    root: str
    sessions: tuple[Session, ...]
    default: tuple[str, ...] | None = None
    default_origin: Origin | None = None
    plugins: tuple[PluginRef, ...] = ()
    work_dir: str = ".runner"
    missing_python: Missing | None = None
    lock_max_age: float = 24 * 3600.0
    run_timeout: float | None = None
    redact: tuple[Redacted, ...] = ()
    exclude_newer: str | None = None
    max_cells: int = 10_000
    limits: dict[str, int] = {}
    package: Package = Package()
    notices: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    jobs: int | None = None
