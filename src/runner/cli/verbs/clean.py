"""`runner clean`: remove environments and trash, or more of what runner keeps."""

from runner.cli.options import Arguments
from runner.cli.project import Project, load, selection
from runner.cli.world import World
from runner.env.folders import remove_cache, remove_environments, remove_work_dir, user_cache
from runner.model.errors import ExitCode, RunnerError, UsageError


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
            removed += [f"the user cache {cache}"] if remove_cache(cache) else []
        if arguments.all or not arguments.cache:
            removed += _clean_project(arguments, load(arguments, world))
    except OSError as error:
        raise RemovalError(f"{error.filename} cannot be removed: {error.strerror}") from error
    if not arguments.quiet:
        world.stdout.write("".join(f"removed {what}\n" for what in removed) or "nothing to remove\n")
    return ExitCode.PASSED


def _clean_project(arguments: Arguments, project: Project) -> list[str]:
    if arguments.all:
        return [str(project.work_dir)] if remove_work_dir(project.work_dir) else []
    folders = None
    if arguments.select is not None:
        folders = [cell.folder for cell in project.plan(selection(arguments)).chosen_cells()]
    return [f"envs/{name}" for name in remove_environments(project.work_dir, folders)]
