"""From arguments to a project: its config read, its plugins loaded, the host known."""

import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from runner import __version__
from runner.cli.builtin import add_built_ins
from runner.cli.formats import parse_number
from runner.cli.grammar import grammar_of, values_of
from runner.cli.options import Arguments
from runner.cli.world import World
from runner.config import (
    Adder,
    Found,
    Lookups,
    Raw,
    Versions,
    adder_of_backend,
    adder_of_type,
    check_adder,
    convert,
    find,
    locate,
    parse_duration,
    parse_toml,
    read,
    read_text,
)
from runner.hooks.guest_backend import GuestBackend
from runner.hooks.guests import GuestType, blamed
from runner.hooks.manager import Plugins
from runner.model.config import Config
from runner.model.errors import ConfigError, PluginError, UsageError
from runner.model.layout import FRESH
from runner.model.nameable import unnameable
from runner.model.options import OptionValue
from runner.model.plan import Host, Plan, Selection
from runner.model.plugins import SessionType
from runner.model.request import ConfigKind, ConfigRequest
from runner.model.settings import BACKENDS, Layer
from runner.model.text import Literal
from runner.model.visible import line
from runner.plan import expand
from runner.process import usable_cpus

_MOST_HASH_SEED = 4_294_967_295


class Project(NamedTuple):
    """A project as the verbs see it."""

    config: Config
    plugins: Plugins
    host: Host
    of_plugins: Mapping[str, OptionValue] = MappingProxyType({})
    """The values of the options that plugins add, by name."""

    @property
    def work_dir(self) -> Path:
        return Path(self.config.root, self.config.work_dir)

    def session_type(self, name: str) -> SessionType[Struct]:
        """Return the session type of that name; the config was checked for it."""
        found = self.plugins.session_type(name)
        if found is None:
            raise self.plugins.missing("session type", name)
        return found

    def plan(self, selection: Selection, durations: dict[str, float] | None = None) -> Plan:
        """Expand the config for this selection."""
        return expand(self.config, selection, self.host, self.session_type, durations or {})

    def plan_for(self, selection: Selection, durations: dict[str, float], budget: int) -> Plan:
        """Expand the config for a run with this budget of slots.

        Cells of other tools' configs that run one at a time keep the order of the file: it may matter there.
        """
        if self.config.jobs != 1 or budget > 1:
            return self.plan(selection, durations)
        plan = self.plan(selection)
        return replace(plan, expected={id_: durations[id_] for id_ in plan.chosen if id_ in durations})


def load(arguments: Arguments, world: World, *, brief: bool = False, environments: str = FRESH) -> Project:
    """Find and read the config, loading the plugins that it names. Raises RunnerError.

    With `brief`, the settings of a config of another tool may be left out. `environments` is the folder of
    the work-dir that those of the verb are in.
    """
    found = find(world.cwd, _named(arguments, world))
    if fault := unnameable(str(found.file.parent)):
        raise ConfigError(f"the project's folder {fault}")
    if found.foreign is None:
        project = _own(arguments, world, found)
    else:
        request = request_for(arguments, world, found, found.foreign, brief=brief)
        project = _foreign(arguments, world, replace(request, environments=environments))
    project = project._replace(of_plugins=values_of(grammar_of(project.plugins), arguments, world.environ))
    world.secrets.redact(project.config.redact)
    if found.others and not arguments.quiet:
        world.stderr.write(_passed_over(found))
    return project


def own_config(arguments: Arguments, world: World) -> Raw | None:
    """Return the config in runner's own format as written; None where there is none. Raises ConfigError."""
    found = found_here(arguments, world)
    return read(found) if found and not found.foreign else None


def _own(arguments: Arguments, world: World, found: Found) -> Project:
    """Read a config in runner's own format."""
    raw = read(found)
    plugins = load_plugins(arguments, world, raw)
    try:
        config = config_of(raw, plugins)
    except ConfigError as error:
        raise ConfigError(*error.problems, *plugins.hindrances(), *plugins.passed_over()) from None
    return Project(config, plugins, host(world))


def config_of(raw: Raw, plugins: Plugins) -> Config:
    """Return what a file in runner's own format says. Raises ConfigError and PluginError."""
    return convert(
        raw,
        version=__version__,
        lookups=lookups_of(plugins),
    )


def lookups_of(plugins: Plugins) -> Lookups:
    """Return what gives session types and backends by name; raises PluginError for what cannot be used."""

    @cache
    def type_(name: str) -> Adder | None:
        found = plugins.session_type(name)
        return None if found is None else _checked(adder_of_type(found), found)

    @cache
    def backend(name: str) -> Adder | None:
        if name in BACKENDS:
            return Adder("backend", name)
        found = plugins.backend(name)
        return None if found is None else _checked(adder_of_backend(found), found)

    return Lookups(type_, backend)


def _checked(adder: Adder, found: object) -> Adder:
    """Return who adds keys, if what a plugin says of them can be used. Raises PluginError."""
    if isinstance(found, GuestType | GuestBackend):
        try:
            with blamed(found.plugin, ValueError):
                check_adder(adder)
        except ValueError as error:
            message = f"plugin {found.plugin}: its {adder.kind} {adder.name!r}: {error}"
            raise PluginError(message) from error
    return adder


def _foreign(arguments: Arguments, world: World, request: ConfigRequest) -> Project:
    """Let a plugin read a config of another tool."""
    plugins = load_plugins(arguments, world, None)
    config = plugins.load_config(request)
    if config is None:
        raise plugins.no_reader(request)
    return Project(config, plugins, request.host)


def request_for(
    arguments: Arguments, world: World, found: Found, kind: ConfigKind, *, brief: bool = False
) -> ConfigRequest:
    """Return what a plugin is given to read a config of another tool."""
    text = read_text(found.file, found.shown)
    in_toml = found.file.suffix == ".toml"
    return ConfigRequest(
        kind=kind,
        file=str(found.file),
        shown=found.shown,
        text=text,
        document=parse_toml(text, found.shown) if in_toml else None,
        lines=locate(text) if in_toml else {},
        cwd=str(world.cwd),
        select=arguments.select,
        posargs=arguments.posargs,
        environ=dict(world.environ),
        host=host(world),
        tty=world.stdin.isatty() and world.stdout.isatty(),
        hash_seed=1 + int.from_bytes(os.urandom(8), "little") % _MOST_HASH_SEED,
        brief=brief,
        as_json=arguments.verb == "config" and arguments.format == "json",
    )


def tell_notices(project: Project, arguments: Arguments, world: World) -> None:
    """Write to stderr what the user should hear of the config. A run tells it by itself."""
    tell(arguments, world, *project.config.notices, *project.config.remarks)


def tell(arguments: Arguments, world: World, *told: str) -> None:
    """Write to stderr what the user should hear, a line for each."""
    if not arguments.quiet:
        notices = map(world.secrets.concealed, told)
        world.stderr.write("".join(f"note: {line(notice)}\n" for notice in notices))


def _passed_over(found: Found) -> str:
    others = ", ".join(path.name for path in found.others)
    return f"note: {found.file.name} is used, not {others} beside it (-c FILE chooses another)\n"


def load_plugins(arguments: Arguments, world: World, raw: Raw | None) -> Plugins:
    """Register the built-in plugins and, if the versions that it asks for are there, those of the config."""
    if world.plugins is not None:
        return world.plugins
    plugins = Plugins(switched_off=arguments.no_plugin, watch=world.watch)
    add_built_ins(plugins, world)
    if raw is not None:
        check_versions(raw)
    for plugin in world.guests:
        plugins.add(plugin)
    plugins.load(raw.plugins() if raw else (), raw.root if raw else world.cwd)
    return plugins


def check_versions(raw: Raw) -> None:
    """Raise ConfigError when what the config asks for is not installed, before it is missed elsewhere."""

    def lacking(requirement: str) -> str:
        from runner.hooks import required  # noqa: PLC0415 - start-up: mostly nothing is asked for

        return required.lacking(requirement)

    def how(wanted: str, missing: tuple[str, ...], plugins: tuple[str, ...]) -> str:
        from runner.hooks import required  # noqa: PLC0415 - the same

        return required.how_to_install(wanted, missing, plugins)

    raw.check_versions(Versions(__version__, lacking, how))


def plugins_here(arguments: Arguments, world: World) -> Plugins:
    """Load the plugins without the rest of the config; outside of a project, the built-in ones."""
    return load_plugins(arguments, world, own_config(arguments, world))


def found_here(arguments: Arguments, world: World) -> Found | None:
    """Find the config; None when there is none that can be read, and none was named."""
    explicit = _named(arguments, world)
    try:
        return find(world.cwd, explicit)
    except ConfigError:
        if explicit is not None:
            raise
        return None


def _named(arguments: Arguments, world: World) -> Path | None:
    """Return the config, or its folder, that `-c` names."""
    return None if arguments.config is None else Path(world.cwd, arguments.config)


def host(world: World) -> Host:
    """Return what planning may know of this machine."""
    return Host(
        platform=sys.platform,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        executable=sys.executable,
        cpus=usable_cpus(),
        ci=world.environ.get("CI", "").strip().lower() not in {"", "0", "false"},
    )


def selection(arguments: Arguments) -> Selection:
    """Return what the command line selects and overrides. Raises UsageError."""
    return Selection(
        select=arguments.select,
        skip=arguments.skip,
        tags=arguments.tags,
        pythons=arguments.pythons,
        no_needs=arguments.no_needs,
        overrides=_overrides(arguments),
    )


def _overrides(arguments: Arguments) -> Layer:
    values: dict[str, object] = {}
    if arguments.retries is not None:
        values["retries"] = parse_number(arguments.retries)
        if values["retries"] is None:
            raise UsageError(f"--retries {arguments.retries}: expected a number, 0 or more")
    if arguments.timeout is not None:
        try:
            values["timeout"] = parse_duration(arguments.timeout)
        except ValueError as error:
            raise UsageError(f"--timeout {arguments.timeout}: {error}") from error
    if arguments.with_:
        values["extra-deps"] = tuple(Literal(requirement) for requirement in arguments.with_)
    return Layer(name="command line", values=values, origins={})
