"""What a run shows and writes, from the command line: events, reports, verbosity."""

from collections.abc import Mapping
from pathlib import Path

from runner.cli.builtin import FILES, REPORTS
from runner.cli.options import Arguments
from runner.cli.world import World
from runner.model.errors import Problem, UsageError
from runner.model.nearest import closest
from runner.model.options import Options, OptionValue, Report
from runner.report import is_stream


def run_options(
    arguments: Arguments,
    world: World,
    root: str,
    folder: str,
    *,
    colour: bool,
    of_plugins: Mapping[str, OptionValue],
) -> Options:
    """Return what reporters and other plugins may know. Raises UsageError for files that cannot be."""
    _check_that_something_writes(arguments)
    events = arguments.events
    if events not in {None, "-"}:
        events = str(world.cwd / str(events))
    reports = tuple(_report(text, world) for text in arguments.report)
    _check_that_paths_differ(*filter(None, [events]), *(report.path for report in reports))
    return Options(
        root=root,
        run_folder=folder,
        events=events,
        reports=reports,
        verbose=arguments.verbose,
        quiet=arguments.quiet,
        colour=colour,
        install_only=arguments.install_only,
        rerun=_what_finds_the_cells(arguments),
        of_plugins=dict(of_plugins),
    )


def _check_that_something_writes(arguments: Arguments) -> None:
    """Raise UsageError when a file is asked for and nothing would write it."""
    asked = [f"--report {text}" for text in arguments.report]
    asked += [] if arguments.events is None else [f"--events {arguments.events}"]
    if asked and FILES in arguments.no_plugin:
        raise UsageError(f"{asked[0]}: --no-plugin {FILES} switched off what would write it")


def _what_finds_the_cells(arguments: Arguments) -> tuple[str, ...]:
    config = ("-c", arguments.config) if arguments.config else ()
    pythons = ("-p", ",".join(arguments.pythons)) if arguments.pythons else ()
    return (*config, *pythons)


def _check_that_paths_differ(*paths: str) -> None:
    """Raise UsageError when two files of the run would be one."""
    seen: set[Path] = set()
    for path in map(Path, paths):
        if path.resolve() in seen and not is_stream(path):
            raise UsageError(f"{path} is asked for twice: only one of --events and --report can write it")
        seen.add(path.resolve())


def _report(text: str, world: World) -> Report:
    kind, equals, path = text.partition("=")
    if not equals or not path:
        raise UsageError(
            Problem(f"--report {text}: expected KIND=PATH", hint=f"KIND is {' or '.join(REPORTS)}")
        )
    if kind not in REPORTS:
        near = closest(kind, REPORTS)
        hint = f"did you mean {near[0]}?" if near else f"the kinds are {', '.join(REPORTS)}"
        raise UsageError(Problem(f"--report {text}: there is no report of kind {kind!r}", hint=hint))
    return Report(kind, str(world.cwd / path))
