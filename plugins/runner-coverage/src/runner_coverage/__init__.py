"""Coverage of a whole matrix: measured in every cell, combined, reported, and told by axis.

These are its hooks. What only a run needs is imported when it is asked for: the other verbs start fast.
"""

import os
from pathlib import Path

from runner import (
    Addition,
    Cell,
    Collector,
    Finish,
    Option,
    Options,
    RunResult,
    UsageError,
    Verb,
    hookimpl,
)
from runner_coverage.cells import SETTINGS_FILE, addition
from runner_coverage.options import OPTIONS, asked, check_places
from runner_coverage.verb import CoverageVerb

__version__ = "0.1.0"


@hookimpl
def runner_options() -> tuple[Option, ...]:
    """Return the options of the plugin."""
    return OPTIONS


@hookimpl
def runner_commands() -> Verb:
    """Return the verb that combines what was measured before."""
    return CoverageVerb()


@hookimpl
def runner_cell(cell: Cell) -> Addition | None:
    """Return coverage, and what starts it, for a cell whose Python can be measured."""
    return addition(cell)


@hookimpl
def runner_collector(options: Options) -> Collector:
    """Tell the cells how to measure, and return what gathers their data."""
    from runner_coverage.collecting import CoverageCollector  # noqa: PLC0415 - start-up
    from runner_coverage.settings import SettingsError, for_cells, read_settings  # noqa: PLC0415 - start-up

    check_places(asked(options).reports)
    try:
        settings = read_settings(Path(options.root))
    except SettingsError as error:
        raise UsageError(f"coverage's settings cannot be used: {error}") from error
    file = Path(options.run_folder).parents[1] / SETTINGS_FILE
    file.parent.mkdir(exist_ok=True)
    half = file.with_name(f"{file.name}.{os.getpid()}")
    half.write_text(for_cells(settings), "utf-8")
    half.replace(file)
    return CoverageCollector(options.root, settings.data_file)


@hookimpl
def runner_finish(result: RunResult, options: Options) -> Finish | None:
    """Combine, report and judge."""
    from runner_coverage.last_words import last_words  # noqa: PLC0415 - start-up

    return last_words(result, options, asked(options))
