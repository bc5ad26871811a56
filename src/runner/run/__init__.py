"""Running a plan: the scheduler, one worker a cell, and the loop that joins them."""

from runner.run.job import Elsewhere, Job
from runner.run.loop import run

__all__ = ["Elsewhere", "Job", "run"]
