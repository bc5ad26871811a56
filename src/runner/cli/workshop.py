"""From options to how environments are made."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from runner.cli.options import Arguments
from runner.cli.project import Project
from runner.cli.world import World
from runner.env.folders import user_cache
from runner.env.parts import Setting
from runner.hooks.manager import Plugins
from runner.model.environment import LockPolicy
from runner.model.errors import UsageError
from runner.model.plan import PackageSpec, Place, ReadyCell
from runner.model.plugins import Backend
from runner.model.python import Missing, Offer, PythonSpec, alternatives
from runner.plan import check_backend_keys, render_package
from runner.process.concealing import ConcealingProcesses


def lock_policy(arguments: Arguments, project: Project) -> LockPolicy:
    """Return how far the options trust locks. Raises UsageError for options that exclude each other."""
    if arguments.upgrade is not None:
        for given, flag, why in (
            (arguments.locked, "--locked", "takes locks as they are"),
            (arguments.check, "--check", "changes nothing"),
            (arguments.offline, "--offline", "cannot ask an index for what is newer"),
        ):
            if given:
                raise UsageError(f"--upgrade does not go with {flag}, which {why}")
    return LockPolicy(
        max_age=project.config.lock_max_age,
        upgrade=arguments.upgrade == (),
        upgrade_packages=arguments.upgrade or (),
        offline=arguments.offline,
        locked=arguments.locked,
        strict=project.host.ci,
    )


class Supplies(NamedTuple):
    """What the environments of some cells are made with: asked for on the main thread, nothing is written."""

    place: Place
    package: PackageSpec
    backends: Mapping[str, Backend]
    offers: Mapping[PythonSpec, Offer]


def supplies_for(
    arguments: Arguments,
    project: Project,
    world: World,
    cells: tuple[ReadyCell, ...],
    place: Place,
    *,
    elsewhere: bool = False,
) -> Supplies:
    """Ask for all that making the environments of these cells takes, and learn what is secret in it.

    Where they are made `elsewhere`, no plugin is asked. Raises UsageError, ConfigError and PluginError.
    """
    lock_policy(arguments, project)
    given = None if arguments.package is None else str(world.cwd / arguments.package)
    package = render_package(project.config, place, given)
    world.secrets.of_cells(cells, package)
    made_here = () if elsewhere else cells
    backends = backends_of(project.plugins, made_here)
    return Supplies(place, package, backends, offered_pythons(project.plugins, made_here))


def setting_of(
    arguments: Arguments,
    project: Project,
    world: World,
    supplies: Supplies,
    *,
    run_id: str,
    notify: Callable[[str], None],
) -> Setting:
    """Return how the run of that id makes environments. Raises UsageError."""
    own = scratch_folder(project, run_id)
    concealer = world.secrets.concealer
    return Setting(
        place=supplies.place,
        package=supplies.package,
        policy=lock_policy(arguments, project),
        reuse=arguments.reuse,
        missing=missing_python(project),
        processes=ConcealingProcesses(world.processes(), concealer, own / "private"),
        clock=world.clock,
        own=own,
        logs=logs_folder(project, run_id).resolve(),
        cache=user_cache(world.environ),
        notify=notify,
        concealer=concealer,
        offers=supplies.offers,
    )


def missing_python(project: Project) -> Missing:
    """Return what becomes of a cell without its interpreter."""
    return project.config.missing_python or ("error" if project.host.ci else "skip")


def runs_folder(project: Project, run_id: str) -> Path:
    """Return the folder that keeps the events, the result and the artifacts of a run."""
    return project.work_dir / "runs" / run_id


def logs_folder(project: Project, run_id: str) -> Path:
    """Return the folder for the logs of a run."""
    return project.work_dir / "logs" / run_id


def scratch_folder(project: Project, run_id: str) -> Path:
    """Return the folder that only the run of that id uses."""
    return project.work_dir / "scratch" / run_id


def backends_of(plugins: Plugins, cells: tuple[ReadyCell, ...]) -> dict[str, Backend]:
    """Ask for the backends of all cells while still on the main thread; nothing runs if one is missing.

    Nor does it if a cell lacks keys of its backend, or has wrong ones. Raises ConfigError and PluginError.
    """
    backends = {}
    for name in dict.fromkeys(cell.spec.backend for cell in cells):
        found = plugins.backend(name)
        if found is None:
            raise plugins.missing("backend", name)
        backends[name] = found
    for cell in cells:
        check_backend_keys(cell, backends[cell.spec.backend])
    return backends


def offered_pythons(plugins: Plugins, cells: tuple[ReadyCell, ...]) -> dict[PythonSpec, Offer]:
    """Ask plugins for the Pythons of all cells, each alternative by itself, while still on the main thread.

    Paths are not asked for. Raises PluginError when a plugin fails to answer.
    """
    if not plugins.fills("runner_find_python"):
        return {}
    specs = dict.fromkeys(each for cell in cells for each in alternatives(cell.spec.python))
    asked = ((spec, plugins.python(spec)) for spec in specs if spec.path is None)
    return {spec: offer for spec, offer in asked if offer is not None}
