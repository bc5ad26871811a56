"""What a cell can be told: the environment and running keys of the config file, and their layers.

`Settings` is the one list of these keys: the config reader, the JSON Schema, merging and rendering all
follow its fields. It is generic in its text: `Settings[Text]` before rendering, `Settings[str]` after.
"""

import sys
from collections.abc import Callable
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct

from runner.model.text import Literal as LiteralText
from runner.model.text import Origin, Text

T = TypeVar("T")

Seconds = Annotated[float, Meta(ge=0, description='seconds, or text such as "10m"')]
Positive = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]

CHOICES: dict[str, tuple[str, ...]] = {
    "installer": ("uv", "pip"),
    "package": ("wheel", "sdist", "editable", "deps-only", "none"),
    "resolution": ("highest", "lowest", "lowest-direct"),
    "link-mode": ("hardlink", "clone", "copy", "symlink"),
    "source": ("shared", "copy"),
}
"""Text keys that take one of a few words, checked in the file and again when rendered."""


BACKENDS = ("virtualenv", "venv", "none")
"""The backends that runner has itself; the first is that of sessions which do not say."""

FILE_PLUGIN = "runner_plugin_"
"""What the module of a plugin is called before the name of its file."""


class Glob(Struct, frozen=True):
    """Files that an argument stands for: those that match an absolute pattern, sorted, or else `default`."""

    pattern: str
    default: tuple[str, ...] = ()


class CommandText(Struct, frozen=True, kw_only=True, rename="kebab", tag="command"):
    """One command as written: a line to be split, or a list of arguments, and its own settings.

    `globs` are arguments that are replaced by files when the command starts; no key of runner's sets them.
    """

    run: Text | tuple[Text, ...]
    origin: Origin
    ok_codes: tuple[int, ...] = (0,)
    cwd: Text | None = None
    env: dict[str, Text | Literal[False]] = {}
    timeout: Seconds | None = None
    retries: Count = 0
    ignore_failure: bool = False
    allow_external: tuple[Text, ...] = ()
    globs: dict[str, Glob] = {}


class Call(Struct, frozen=True, kw_only=True, tag="call"):
    """A step that is a function: runner's own interpreter calls it in a child process.

    `function` is `module:name`; `file` is where the module is, if it was loaded from a file. The function
    gets a `CallContext` with the `arguments`: values that JSON can hold, text in them rendered like config
    text. `timeout` is in seconds.
    """

    function: str
    arguments: dict[str, object] = {}
    file: str | None = None
    timeout: Seconds | None = None
    ignore_failure: bool = False

    @classmethod
    def of(
        cls,
        function: Callable[["CallContext"], int | None],
        *,
        timeout: float | None = None,
        ignore_failure: bool = False,
        **arguments: object,
    ) -> "Call":
        """Return a call of a function that stands at the top of a plugin's module. Raises ValueError."""
        name: object = getattr(function, "__qualname__", None)  # a partial has none
        module = sys.modules.get(function.__module__)
        if module is None or not isinstance(name, str) or getattr(module, name, None) is not function:
            raise ValueError(f"{name or repr(function)} does not stand at the top of a module")
        by_file = module.__spec__ is not None and module.__spec__.name.startswith(FILE_PLUGIN)
        return cls(
            function=f"{function.__module__}:{name}",
            arguments=arguments,
            file=str(module.__file__) if by_file else None,
            timeout=timeout,
            ignore_failure=ignore_failure,
        )


class CallContext(Struct, frozen=True, kw_only=True):
    """What the function of a `Call` is told: of its cell, where that runs, and its own `arguments`.

    Folders and programs are absolute paths. `python` is the environment's interpreter, empty without one.
    The variables of the process are those of the cell's commands.
    """

    cell: str
    session: str
    axes: dict[str, str]
    phase: str
    attempt: int
    root: str
    env_dir: str
    tmp: str
    python: str
    programs: tuple[str, ...]
    arguments: dict[str, object]


Step = CommandText | Call


class Steps(Struct, frozen=True):
    """The commands and calls of a cell by phase, not rendered yet."""

    setup: tuple[Step, ...] = ()
    commands: tuple[Step, ...] = ()
    teardown: tuple[Step, ...] = ()


class Settings(Struct, Generic[T], frozen=True, kw_only=True, rename="kebab"):
    """Every environment and running key of one cell, merged from its layers.

    `env` maps a name to its value, or to False: unset. `timeout`, `slow_after` and the graces are in seconds.
    `junit` is a glob, False (no collecting), or None: ask pytest. `lock_from` is False, too, for none.
    """

    # environment
    backend: T
    installer: T
    deps: tuple[T, ...]
    constraints: tuple[T, ...]
    groups: tuple[T, ...]
    extras: tuple[T, ...]
    package: T
    package_file: T | None
    lock_from: T | Literal[False] | None
    seed: tuple[T, ...]
    resolution: T
    prerelease: bool
    link_mode: T | None
    system_site_packages: bool
    # running
    allow_external: tuple[T, ...]
    cwd: T
    env: dict[str, T | Literal[False]]
    pass_env: tuple[T, ...]
    source: T
    keep_going: bool
    timeout: Seconds | None
    slow_after: Seconds
    retries: Count
    cpus: Positive
    limits: tuple[T, ...]
    exclusive: bool
    allow_failure: bool
    interrupt_grace: Seconds
    terminate_grace: Seconds
    artifacts: tuple[T, ...]
    junit: T | Literal[False] | None


STEP_KEYS = ("setup", "commands", "teardown")
"""Running keys that hold commands: they merge as the settings do, and become the cell's `Steps`."""


class Layer(Struct, frozen=True):
    """What one place of the config sets: values by key, as in the file (kebab-case, `extra-` included).

    A value is Text, a bool, a number, None, a `CommandText`, or a tuple or mapping of these, already of
    its key's type. `origins` says where each key stands.
    """

    name: str
    values: dict[str, object]
    origins: dict[str, Origin]


BUILT_IN = Layer(
    name="built-in",
    values={
        "backend": LiteralText(BACKENDS[0]),
        "installer": LiteralText("uv"),
        "deps": (),
        "constraints": (),
        "groups": (),
        "extras": (),
        "package-file": None,
        "lock-from": None,
        "seed": (),
        "resolution": LiteralText("highest"),
        "prerelease": False,
        "link-mode": None,
        "system-site-packages": False,
        "setup": (),
        "commands": (),
        "teardown": (),
        "allow-external": (),
        "cwd": LiteralText("."),
        "env": {},
        "pass-env": (),
        "source": LiteralText("shared"),
        "keep-going": False,
        "timeout": None,
        "slow-after": 60.0,
        "retries": 0,
        "cpus": 1,
        "limits": (),
        "exclusive": False,
        "allow-failure": False,
        "interrupt-grace": 5.0,
        "terminate-grace": 2.0,
        "artifacts": (),
        "junit": None,
    },
    origins={},
)
"""The lowest layer, but for `package`: unset, it is "wheel" where the project can be built, else "none"."""
