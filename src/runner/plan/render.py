"""From planned cells to cells ready to run: all text filled in. Pure."""

import shlex
from collections.abc import Iterable

import msgspec

from runner.model.config import Config
from runner.model.encode import converted
from runner.model.errors import MOST_PROBLEMS, ConfigError, Problem, UsageError
from runner.model.lock_files import LOCK_FILES, lock_file_kind
from runner.model.plan import Cell, Command, EnvSpec, PackageSpec, Place, Plan, ReadyCell, ReadySteps
from runner.model.settings import CHOICES, Call, CommandText, Settings, Step
from runner.model.text import Literal, Template, Text
from runner.plan.filling import Filler, below, takes_posargs
from runner.plan.links import planning_values
from runner.plan.variables import AS_RUNNER, Passing, cell_variables

_FIELDS = tuple((field.name, field.encode_name) for field in msgspec.structs.fields(Settings))
_OF_REAL_TREE = frozenset(
    ("backend", "installer", "deps", "constraints", "groups", "extras", "package", "seed", "resolution")
) | {"package-file", "lock-from", "link-mode", "source"}
"""Keys in which `{root}` is the project even with `source = "copy"`: they serve before there is a copy."""

_IN_OURS = 'commands = ["pytest {posargs:tests}"]'
_IN_TOX = "commands = pytest {posargs:tests}"
_REQUIREMENTS = ("deps", "constraints", "groups", "extras", "seed")


def render(config: Config, plan: Plan, place: Place) -> tuple[ReadyCell, ...]:
    """Return the chosen cells of a plan ready to run, in starting order.

    Raises ConfigError with what is refused of these cells, or with all their missing variables and wrong
    words, and UsageError when none of their commands takes the posargs.
    """
    chosen = plan.chosen_cells()
    foreign = tuple(cell.foreign for cell in chosen if cell.foreign)
    refused = dict.fromkeys(problem for each in foreign for problem in each.refused)
    if refused:
        raise ConfigError(*refused)
    ready = render_cells(config, chosen, place)
    steps = {id(cell.steps): cell.steps for cell in chosen}
    taken = any(each.posargs for each in foreign) or any(map(takes_posargs, steps.values()))
    if place.posargs and not taken:
        raise UsageError(
            Problem(
                f"no selected command takes the arguments after --: {shlex.join(place.posargs)}",
                hint="write {posargs} where they belong, as in " + (_IN_TOX if foreign else _IN_OURS),
            )
        )
    return ready


def render_cells(config: Config, cells: Iterable[Cell], place: Place) -> tuple[ReadyCell, ...]:
    """Return cells ready to run, in the order given. Raises ConfigError with all that is wrong."""
    renderer = _Renderer(config, place)
    ready = []
    for cell in cells:
        ready.append(renderer.cell(cell))
        if len(renderer.problems) > MOST_PROBLEMS:
            break
    if renderer.problems:
        raise ConfigError(*renderer.problems)
    return tuple(filter(None, ready))


def render_package(config: Config, place: Place, given: str | None) -> PackageSpec:
    """Return how the project is built; `given` is a wheel or sdist to use instead, an absolute path.

    Raises ConfigError for missing variables.
    """
    problems: dict[Problem, None] = {}
    filler = Filler({"root": place.root}, place, problems.setdefault)
    pass_env = tuple(filler.text(text) for text in config.package.pass_env)
    env = {name: _or_unset(text, filler) for name, text in config.package.env.items()}
    if problems:
        raise ConfigError(*problems)
    merged = {**Passing(place.environ).variables(pass_env), **env}
    return PackageSpec(
        root=below(place.root, config.package.root),
        config=config.package,
        environ={name: value for name, value in merged.items() if value is not None},
        given=given,
    )


class _Renderer:
    """Renders cells; what they share is rendered once. Lives as long as one call of `render_cells`."""

    def __init__(self, config: Config, place: Place) -> None:
        self.problems: dict[Problem, None] = {}
        self._config = config
        self._place = place
        self._passing = Passing(place.environ)
        self._literal: dict[int, Settings[str] | None] = {}

    def cell(self, cell: Cell) -> ReadyCell | None:
        """Return the cell ready to run, or None when something is wrong with it."""
        problems: list[Problem] = []
        place, env_dir = self._place, below(self._place.work_dir, self._place.environments, cell.folder)
        tmp = below(env_dir, "tmp")
        values = {
            **planning_values(cell),
            "cell": cell.id,
            "session": cell.session,
            "root": place.root,
            "env-dir": env_dir,
            "tmp": tmp,
        }
        real = filler = Filler(values, place, problems.append)
        root = place.root
        if real.text(cell.settings.source) == "copy":
            root = below(env_dir, "source")
            filler = Filler({**values, "root": root}, place, problems.append)
        settings = self._settings(cell, real, filler, problems)
        steps = self._steps(cell, settings, filler, problems)
        keys = {key: real.value(value) for key, value in cell.keys.items()}
        if problems:
            self.problems.update(dict.fromkeys(problems))
            return None
        return ReadyCell(
            cell=cell,
            settings=settings,
            keys=keys,
            spec=self._spec(cell, settings, keys, env_dir),
            steps=steps,
            variables=self._variables(cell, settings, root, tmp),
            root=root,
            env_dir=env_dir,
            tmp=tmp,
        )

    def _settings(self, cell: Cell, real: Filler, filler: Filler, problems: list[Problem]) -> Settings[str]:
        key = id(cell.settings)
        if key not in self._literal:
            literal = not any(_has_braces(getattr(cell.settings, name)) for name, _ in _FIELDS)
            self._literal[key] = self._filled(cell, real, filler, problems) if literal else None
        return self._literal[key] or self._filled(cell, real, filler, problems)

    def _filled(self, cell: Cell, real: Filler, filler: Filler, problems: list[Problem]) -> Settings[str]:
        values = {
            key: (real if key in _OF_REAL_TREE else filler).value(getattr(cell.settings, name))
            for name, key in _FIELDS
        }
        if not problems:
            problems.extend(_wrong_words(cell, values))
            problems.extend(_no_text(cell, values))
            problems.extend(_wrong_lock_file(cell, values))
        return converted(values, Settings[str])

    def _steps(
        self, cell: Cell, settings: Settings[str], filler: Filler, problems: list[Problem]
    ) -> ReadySteps:
        cwd = filler.below_root(settings.cwd)

        def ready(steps: tuple[Step, ...]) -> tuple[Command, ...]:
            return tuple(
                _command(step, settings, filler, cwd, problems)
                if isinstance(step, CommandText)
                else _call(step, filler, cwd)
                for step in steps
            )

        return ReadySteps(ready(cell.steps.setup), ready(cell.steps.commands), ready(cell.steps.teardown))

    def _spec(self, cell: Cell, settings: Settings[str], keys: dict[str, object], env_dir: str) -> EnvSpec:
        what = {
            "root": self._place.root,
            "cell": cell.id,
            "folder": env_dir,
            "backend": settings.backend,
            "installer": settings.installer,
            "python": cell.python,
        }
        if settings.backend != "none":
            what |= {
                "seed": settings.seed,
                "requirements": settings.deps,
                "constraints": settings.constraints,
                "groups": settings.groups,
                "extras": settings.extras,
                "package": settings.package,
                "package_file": settings.package_file,
                "lock_from": settings.lock_from or None,
                "resolution": settings.resolution,
                "prerelease": settings.prerelease,
                "exclude_newer": self._config.exclude_newer,
                "link_mode": settings.link_mode,
                "system_site_packages": settings.system_site_packages,
                "keys": keys,
            }
        return converted(what, EnvSpec)

    def _variables(self, cell: Cell, settings: Settings[str], root: str, tmp: str) -> dict[str, str]:
        inherited = cell.foreign.inherited if cell.foreign else AS_RUNNER
        return cell_variables(
            self._passing.variables(settings.pass_env, inherited),
            {name: None if value is False else value for name, value in settings.env.items()},
            cell=cell.id,
            session=cell.session,
            root=root,
            tmp=tmp,
            cpus=max(settings.cpus, self._place.cpus),
            colour=self._place.colour,
            usual=inherited.usual,
            coverage=None if cell.alone else below(root, f".coverage.{cell.id}"),
        )


def _command(
    command: CommandText,
    settings: Settings[str],
    filler: Filler,
    cwd: str,
    problems: list[Problem],
) -> Command:
    argv = filler.argv(command)
    if not argv:
        hint = "give a program after --, or write a default: {posargs:pytest}"
        problems.append(Problem("the command is empty: there are no posargs", command.origin, hint))
    return Command(
        argv=argv,
        cwd=cwd if command.cwd is None else filler.below_root(filler.text(command.cwd)),
        ok_codes=command.ok_codes,
        env={name: _or_unset(text, filler) for name, text in command.env.items()},
        timeout=command.timeout,
        retries=command.retries,
        globs=command.globs,
        ignore_failure=command.ignore_failure,
        allow_external=settings.allow_external + tuple(filler.text(text) for text in command.allow_external),
    )


def _call(call: Call, filler: Filler, cwd: str) -> Command:
    arguments = {name: filler.value(value) for name, value in call.arguments.items()}
    return Command(
        argv=("call", call.function),
        cwd=cwd,
        timeout=call.timeout,
        ignore_failure=call.ignore_failure,
        call=msgspec.structs.replace(call, arguments=arguments),
    )


def _or_unset(text: Text | bool, filler: Filler) -> str | None:
    return None if isinstance(text, bool) else filler.text(text)


def _has_braces(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_braces, value))
    if isinstance(value, dict):
        return any(map(_has_braces, value.values()))
    return isinstance(value, Template) and ("{" in value.text or "}" in value.text)


def _wrong_words(cell: Cell, values: dict[str, object]) -> Iterable[Problem]:
    """Say which text, once filled in, is none of the words that its key takes."""
    written = {key: getattr(cell.settings, name) for name, key in _FIELDS if key in CHOICES}
    for key, text in written.items():
        if isinstance(text, Literal | Template) and values[key] not in CHOICES[key]:
            origin = text.origin if isinstance(text, Template) else cell.origin
            expected = f"expected one of: {', '.join(CHOICES[key])}"
            yield Problem(f"{key} is {values[key]!r}", origin, expected)


def _wrong_lock_file(cell: Cell, values: dict[str, object]) -> Iterable[Problem]:
    """Say what is wrong with `lock-from`, once filled in."""
    path, written = values["lock-from"], cell.settings.lock_from
    if not isinstance(path, str):
        return
    origin = written.origin if isinstance(written, Template) else cell.origin
    if lock_file_kind(path) is None:
        yield Problem(f"lock-from is {path!r}", origin, f"expected {LOCK_FILES}")
    elif values["installer"] == "pip":
        yield Problem(
            'lock-from cannot be used with installer = "pip": uv installs what lock files pin',
            origin,
            "remove one of them"
            + ('; pip takes deps = ["-r ' + path + '"]' if lock_file_kind(path) == "requirements" else ""),
        )


def _no_text(cell: Cell, values: dict[str, object]) -> Iterable[Problem]:
    """Say which requirements hold bytes of a variable that are no text: no installer can be told of them."""
    for key in _REQUIREMENTS:
        filled, written = values[key], getattr(cell.settings, key)
        if not isinstance(filled, tuple):
            continue
        for shown, text in zip(filled, written, strict=True):
            if not _is_utf8(shown):
                origin = text.origin if isinstance(text, Template) else cell.origin
                yield Problem(f"{key} holds bytes that are no UTF-8: {shown!r}", origin)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
