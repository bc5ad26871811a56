"""Under load, and with children that leave others behind, each keeps its own exit status."""

import json
import sys

import pytest
from tests.faults.families import LONG, processes_about

from runner.testing import Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group is known")

CELLS = 16
COMMANDS = 200 if LONG else 16
"""For each cell; half of them leave a process in their session and one in another."""


def test_seven_stays_seven_among_thousands_of_children(project: Project) -> None:
    leave = "setsid sleep 600 & env -i FROM=$RUNNER_ROOT sleep 600 & exit 7"
    commands = [["sh", "-c", script] for script in ("exit 7", leave)] * (COMMANDS // 2)
    project.config(
        f"""
        [sessions.tests]
        backend = "none"
        matrix.n = {json.dumps(list(map(str, range(CELLS))))}
        keep-going = true
        commands = {json.dumps(commands)}
        """
    )
    invocation = project.run_process("-j", str(CELLS), "-q", timeout=1200).assert_exit(1)
    assert processes_about(project) == {}
    steps = [step for cell in invocation.cells.values() for step in cell.steps if step.phase == "command"]
    assert len(steps) == CELLS * COMMANDS
    assert {step.exit for step in steps} == {7}
    for id_ in invocation.cells:
        assert invocation.log(id_).count("left 2 processes running, killed: ") == COMMANDS // 2
