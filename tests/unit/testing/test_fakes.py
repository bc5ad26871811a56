"""The fakes keep the promises of the ports that they stand in for."""

import pytest

from runner.model.ports import Captured, Clock, Processes, Spawn, Stop
from runner.model.results import Exit, Exited, TimedOut
from runner.testing import FakeClock, FakeProcesses, FakeStop, RecordingProcesses

SPAWN = Spawn(argv=("/bin/true",), cwd="/", env={}, log=None, step="s")


def test_the_clock_stands_still_until_it_is_moved() -> None:
    fake = FakeClock(now=100.0)
    clock: Clock = fake
    assert (clock.time(), clock.monotonic()) == (100.0, 0.0)
    fake.advance(2.5)
    assert (clock.time(), clock.monotonic()) == (102.5, 2.5)


def test_time_never_goes_back() -> None:
    with pytest.raises(ValueError, match="1 second"):
        FakeClock().advance(-1)


def test_a_stop_rises_and_never_falls() -> None:
    fake = FakeStop()
    stop: Stop = fake
    heard: list[int] = []
    unsubscribe = stop.subscribe(heard.append)
    fake.rise(1, "TERM")
    fake.rise(1, "INT")
    fake.rise(2, "INT")
    unsubscribe()
    assert (heard, stop.level, stop.signal) == ([1, 2], 2, "TERM")


def test_who_subscribes_late_is_told_at_once() -> None:
    stop = FakeStop()
    stop.rise(2)
    heard: list[int] = []
    stop.subscribe(heard.append)
    assert heard == [2]


def test_processes_answer_with_a_function_and_record() -> None:
    def answer(spawn: Spawn) -> Exit:
        return TimedOut(1.0) if spawn.argv == SPAWN.argv else Exited(0)

    fake = FakeProcesses(answer, lambda argv: Captured(Exited(0), argv[0], ""))
    processes: Processes = fake
    assert processes.run(SPAWN, FakeStop()) == TimedOut(1.0)
    assert processes.capture(("git",), cwd="/", env={}, stop=FakeStop()).stdout == "git"
    assert (fake.spawns, fake.captures) == ([SPAWN], [("git",)])


def test_a_recorder_passes_on_and_records() -> None:
    recorder = RecordingProcesses(FakeProcesses(lambda _: Exited(7)))
    assert recorder.run(SPAWN, FakeStop()) == Exited(7)
    assert recorder.capture(("git",), cwd="/", env={}, stop=FakeStop()).exit == Exited(0)
    assert (recorder.spawns, recorder.captures) == ([SPAWN], [("git",)])
