"""Runs the contenders of a case in turns, checks each run, and keeps its time."""

import os
import shutil
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import samples
from bench.model import BenchmarkError, Case, CaseResult, Contender, Evidence, Sample, Series
from bench.tools import Tools

WARM_UP = 2
"""Rounds that do not count: what is kept for later is made in the first, or not before it is used again."""
_LONGEST = 1800.0
"""Seconds after which a command is taken to hang."""
_SHOWN = 30
"""Lines of its output that are shown when a command fails."""

Runs = dict[str, list[Sample]]


@dataclass(frozen=True)
class Seat:
    """Where a contender works on a case."""

    contender: Contender
    project: Path
    home: Path

    @property
    def proof(self) -> Path:
        """The file in which children leave word."""
        return self.project.with_suffix(".proof")

    @property
    def log(self) -> Path:
        """What it printed last."""
        return self.project.with_suffix(".log")


class Measurement:
    """Measures cases below `work`, with `tools`."""

    def __init__(self, work: Path, tools: Tools, say: Callable[[str], None]) -> None:
        self._work = work
        self._tools = tools
        self._say = say

    def measure(self, case: Case) -> CaseResult:
        """Run its rounds, after some that do not count unless all is cold. Raises BenchmarkError."""
        folder = self._work / "projects" / case.name
        shutil.rmtree(folder, ignore_errors=True)
        seats = [
            Seat(
                contender=contender,
                project=folder / contender.name,
                home=self._work / "homes" / ("cold" if case.state == "cold" else "") / contender.name,
            )
            for contender in case.contenders
        ]
        for seat in seats:
            self._make(case, seat)
        taken: Runs = {seat.contender.name: [] for seat in seats}
        first: Runs = {seat.contender.name: [] for seat in seats}
        warm_up = 0 if case.state == "cold" else WARM_UP
        for number in range(case.rounds + warm_up):
            runs, word = (first, "warm-up, ") if number < warm_up else (taken, "")
            for seat in _turns(seats, number):
                if seat.contender.slow and (number - warm_up) % 2:
                    continue
                sample = self._run(case, seat, number)
                runs[seat.contender.name].append(sample)
                self._say(f"  {word}{seat.contender.title}: {sample['seconds']:.3f} s")
        shutil.rmtree(folder, ignore_errors=True)
        return _result(case, taken, first)

    def _make(self, case: Case, seat: Seat) -> None:
        """Make the project, and what the contender needs before its first run."""
        seat.home.mkdir(parents=True, exist_ok=True)
        environ = self._environ(seat)
        samples.write(seat.project, {**case.files, **seat.contender.files}, environ)
        if seat.contender.prepare:
            self._start(seat, seat.contender.prepare)

    def _run(self, case: Case, seat: Seat, number: int) -> Sample:
        """Bring about the state, run the commands, and look at what was done."""
        stamp = "0"
        if case.state == "cold":
            shutil.rmtree(seat.home, ignore_errors=True)
            self._make(case, seat)
        elif case.state == "changed":
            stamp = str(number)
            (seat.project / samples.SOURCE).write_text(samples.source(stamp), encoding="utf-8")
        if seat.contender.before:
            self._start(seat, seat.contender.before)
        seat.proof.unlink(missing_ok=True)
        started = time.time()
        parts = [self._start(seat, command) for command in seat.contender.commands]
        evidence = Evidence(
            contender=seat.contender,
            output=seat.log.read_text(encoding="utf-8", errors="replace"),
            lines=tuple(seat.proof.read_text(encoding="utf-8").splitlines()) if seat.proof.exists() else (),
            stamp=stamp,
            started=started,
            first=number == 0,
        )
        try:
            case.check(evidence)
        except BenchmarkError as error:
            message = (
                f"{case.name}: {seat.contender.title}: {error}; what it printed:\n{_end(evidence.output)}"
            )
            raise BenchmarkError(message) from error
        return {
            "seconds": round(sum(part["seconds"] for part in parts), 4),
            "cpu_seconds": round(sum(part["cpu_seconds"] for part in parts), 3),
            "peak_kib": max(part["peak_kib"] for part in parts),
        }

    def _environ(self, seat: Seat) -> dict[str, str]:
        return self._tools.environ(seat.home) | {"BENCH_PROOF": str(seat.proof)}

    def _start(self, seat: Seat, command: Sequence[str]) -> Sample:
        argv = (self._tools.program(seat.contender.tool, command[0]), *command[1:])
        sample, code = timed(argv, seat.project, self._environ(seat), seat.log)
        if code:
            output = _end(seat.log.read_text(encoding="utf-8", errors="replace"))
            raise BenchmarkError(f"{seat.contender.title}: {' '.join(command)} ended with {code}:\n{output}")
        return sample


def timed(argv: Sequence[str], folder: Path, environ: Mapping[str, str], log: Path) -> tuple[Sample, int]:
    """Run a command to its end and return what it took, and its exit code (negative: the signal).

    Processor time is that of all processes it has waited for; the peak of memory that of the largest one,
    which is the tool itself where the children are small.
    """
    with log.open("wb") as output:
        started = time.perf_counter()
        child = subprocess.Popen(
            argv,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watch = threading.Timer(_LONGEST, os.killpg, (child.pid, signal.SIGKILL))
        watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        watch.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    sample: Sample = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_kib": usage.ru_maxrss,
    }
    return sample, child.returncode


def _turns(seats: Sequence[Seat], number: int) -> list[Seat]:
    """Let another one begin each round, so that nobody always follows the same one."""
    first = number % len(seats)
    return [*seats[first:], *seats[:first]]


def _result(case: Case, taken: Runs, first: Runs) -> CaseResult:
    medians = {name: statistics.median(sample["seconds"] for sample in runs) for name, runs in taken.items()}
    series: list[Series] = [
        {
            "contender": contender.name,
            "title": contender.title,
            "warm_up": first[contender.name],
            "samples": taken[contender.name],
            "median": round(medians[contender.name], 4),
            "ratio": round(medians[contender.name] / medians["runner"], 2) if "runner" in medians else None,
        }
        for contender in case.contenders
    ]
    return {
        "name": case.name,
        "title": case.title,
        "cells": case.cells,
        "ideal_seconds": case.ideal_seconds,
        "series": series,
    }


def _end(output: str) -> str:
    return "\n".join(output.splitlines()[-_SHOWN:])
