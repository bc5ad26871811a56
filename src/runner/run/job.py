"""What a run is told, and what its workers share."""

import sys
from collections.abc import Callable, Mapping

from msgspec import Struct

from runner.model.plan import Plan, ReadyCell, Work
from runner.model.plugins import Collector, Executor
from runner.model.ports import Clock, Emit, Processes, Stop, Workshop
from runner.model.secrets import Concealer

Announce = Callable[[str], None]


class Job(Struct, frozen=True, kw_only=True):
    """One run: its cells, rendered, in starting order, and the rules for running them.

    `root`, `folder` (`runs/<run>`), `logs` (`logs/<run>`) and `scratch` are absolute paths; the last is
    private, and goes with the run. In the last three no link is followed once the run has begun. `slots` is
    the budget that cells share by their `cpus`; `limits` are the sizes of named limits, others being 1.
    `platform` is this machine's `sys.platform`. `timeout` is that of the whole run, in seconds. `notices` are
    told right after the start.
    """

    id: str
    plan: Plan
    cells: tuple[ReadyCell, ...]
    slots: int
    fail_fast: bool
    limits: dict[str, int]
    live: bool
    passthrough: bool
    install_only: bool
    root: str
    folder: str
    logs: str
    scratch: str
    version: str
    platform: str = sys.platform
    timeout: float | None = None
    notices: tuple[str, ...] = ()


class Elsewhere(Struct, frozen=True, kw_only=True):
    """Where cells run instead of here: an executor, its plugin, and what it is given of each cell, by id.

    The `log` of the works is put in when a cell starts.
    """

    plugin: str
    executor: Executor
    works: Mapping[str, Work]


class Tools(Struct, frozen=True, kw_only=True):
    """What every worker uses: all of it may be called from several threads.

    `collectors` are named after their plugins. `stop` is the run's; `late_stop`, that of teardown, rises only
    for a second signal or when its time is up. `concealer` takes secrets out of logs and test results.
    `elsewhere` is None when cells run here.
    """

    job: Job
    workshop: Workshop
    processes: Processes
    collectors: tuple[tuple[str, Collector], ...]
    clock: Clock
    stop: Stop
    late_stop: Stop
    emit: Emit
    announce: Announce
    concealer: Concealer
    elsewhere: Elsewhere | None = None
