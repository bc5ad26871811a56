"""Which cell starts when: a pure function from state and message to state and actions.

`machine` has the function and its rules; `board`, what does not change during a run; `cellset`, the sets of
cells that both are made of.
"""

from runner.run.scheduler.board import Want
from runner.run.scheduler.machine import (
    Action,
    Begin,
    CellEnded,
    Done,
    Drop,
    Message,
    Start,
    State,
    Step,
    Stopped,
    initial,
    step,
)

__all__ = [
    "Action",
    "Begin",
    "CellEnded",
    "Done",
    "Drop",
    "Message",
    "Start",
    "State",
    "Step",
    "Stopped",
    "Want",
    "initial",
    "step",
]
