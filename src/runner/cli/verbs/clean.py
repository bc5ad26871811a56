"""`runner clean`: remove environments and trash, or more of what runner keeps."""

from pathlib import Path

from runner.cli.options import Arguments
from runner.cli.project import Project, load, selection
from runner.cli.world import World
from runner.env.backends.keeping import unused
from runner.env.claim import alive
from runner.env.cleaning import remove_environments
from runner.env.folders import remove_cache, remove_work_dir, user_cache
from runner.env.mutex import Mutexes
from runner.model.errors import CellError, ExitCode, RunnerError, UsageError
from runner.model.layout import LASTING
from runner.model.visible import line
from runner.process import StopSwitch


class RemovalError(RunnerError):
    """Something of ours could not be removed."""

    exit_code = ExitCode.ENVIRONMENT


def run(arguments: Arguments, world: World) -> int:
    """Remove what the options name and say what was removed."""
    if arguments.select is not None and (arguments.all or arguments.cache):
        raise UsageError("runner clean: -e goes with neither --all nor --cache")
    removed: list[str] = []
    try:
        if arguments.cache:
            cache = user_cache(world.environ)
            with unused(cache):
                removed += [f"the user cache {cache}"] if remove_cache(cache) else []
        if arguments.all or not arguments.cache:
            removed += _clean_project(arguments, load(arguments, world), world)
    except OSError as error:
        raise RemovalError(f"{error.filename} cannot be removed: {error.strerror}") from error
    except CellError as error:
        raise RemovalError(error.message) from error
    if not arguments.quiet:
        world.stdout.write("".join(f"removed {line(what)}\n" for what in removed) or "nothing to remove\n")
    return ExitCode.PASSED


def _clean_project(arguments: Arguments, project: Project, world: World) -> list[str]:
    work_dir = project.work_dir
    if arguments.all:
        _refuse_while_runs_go_on(work_dir)
        gone = remove_work_dir(work_dir)
        kept = f", but for {LASTING}, where lasting environments are" if (work_dir / LASTING).exists() else ""
        return [f"{work_dir}{kept}"] if gone else []
    folders = None
    if arguments.select is not None:
        folders = [cell.folder for cell in project.plan(selection(arguments)).chosen_cells()]

    def notify(message: str) -> None:
        print(line(message), file=world.stderr, flush=True)

    mutexes = Mutexes(work_dir / "mutex", notify)
    removed = remove_environments(work_dir, mutexes, StopSwitch(), folders)
    return [f"envs/{name}" for name in removed]


def _refuse_while_runs_go_on(work_dir: Path) -> None:
    runs = alive(work_dir / "scratch")
    if runs:
        raise RemovalError(
            f"a run goes on in {work_dir}, and --all would take its results away ({'; '.join(runs)}):"
            " wait for its end, or stop it"
        )
