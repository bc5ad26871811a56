"""The Place of a run: folders, variables and what the terminal takes."""

from runner.cli.formats import parse_number
from runner.cli.options import Arguments
from runner.cli.project import Project
from runner.cli.world import World
from runner.model.errors import UsageError
from runner.model.plan import Place, Plan
from runner.model.plugins import Stream

_WHEN = ("auto", "always", "never")


def make_place(arguments: Arguments, world: World, project: Project, *, share: int, stream: Stream) -> Place:
    """Return where cells run; `share` is how many of the CPUs one cell may count on."""
    return Place(
        root=project.config.root,
        work_dir=str(project.work_dir),
        environ=dict(world.environ),
        posargs=arguments.posargs,
        cpus=share,
        colour=wants_colour(arguments, world, stream),
    )


def wants_colour(arguments: Arguments, world: World, stream: Stream) -> bool:
    """Say whether text for people is coloured: `--color`, then NO_COLOR, FORCE_COLOR, then the terminal."""
    if arguments.color not in _WHEN:
        raise UsageError(f"--color {arguments.color}: expected {', '.join(_WHEN)}")
    if arguments.color != "auto":
        return arguments.color == "always"
    if world.environ.get("NO_COLOR"):
        return False
    forced = world.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return stream.isatty() and world.environ.get("TERM") != "dumb"


def slots(arguments: Arguments, project: Project) -> int:
    """Return the budget that `-j` gives, or else the config: `auto` is the usable CPUs. Raises UsageError."""
    if arguments.jobs is None:
        return project.config.jobs or project.host.cpus
    if arguments.jobs == "auto":
        return project.host.cpus
    number = parse_number(arguments.jobs)
    if not number:
        raise UsageError(f"-j {arguments.jobs}: expected a number, 1 or more, or auto")
    return number


def cpu_share(project: Project, plan: Plan, budget: int) -> int:
    """Return how many of the CPUs one cell may count on while as many run as the budget allows."""
    return max(1, project.host.cpus // max(1, min(budget, len(plan.chosen))))
