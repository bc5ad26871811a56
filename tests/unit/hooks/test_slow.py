"""Plugins that take long are named while they do, and nobody is left who looks."""

import threading
import time
from pathlib import Path

import pytest

from runner.hooks.manager import Plugins
from runner.hooks.slow import Watch
from runner.hooks.spec import hookimpl
from runner.model.config import PluginRef
from runner.model.options import Options
from runner.model.results import RunResult
from runner.model.text import Origin

OPTIONS = Options(root="/nowhere", run_folder="/nowhere/run")
RESULT = RunResult(id="r", outcome="passed", exit_code=0, started=0.0, duration=1.0, cells=())
SLOW = """
import runner, time
from pathlib import Path

def until_it_is_told():
    for _ in range(6000):
        if Path({told!r}).exists():
            return
        time.sleep(0.01)
    raise AssertionError("nobody told of it")

until_it_is_told()
Path({told!r}).unlink()

@runner.hookimpl
def runner_finish(result):
    until_it_is_told()
    return runner.Finish(lines=("done",))
"""


class Tell(list[str]):
    """Remembers what was told, and lets the plugin go on."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def __call__(self, line: str) -> None:
        self.append(line)
        self._file.touch()


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "runner-watch"]


def no_warning(message: str, error: BaseException | None = None) -> None:
    pytest.fail(f"{message}: {error}")


def test_an_import_and_a_hook_that_take_long_are_told_while_they_do(tmp_path: Path) -> None:
    told = tmp_path / "told"
    (tmp_path / "slow.py").write_text(SLOW.format(told=str(told)))
    tell = Tell(told)
    watch = Watch(tell, patience=0.0)
    plugins = Plugins(watch=watch)
    plugins.load((PluginRef("slow.py", Origin("runner.toml", 1, "plugins[0]")),), tmp_path)
    ((plugin, last),) = plugins.finish(RESULT, OPTIONS, no_warning)
    assert (plugin, last.lines) == ("slow", ("done",))
    assert tell == [
        "plugin slow: its import has been running for 0 s",
        "plugin slow: runner_finish has been running for 0 s",
    ]
    watch.close()
    assert not watchers()


def test_what_is_over_soon_is_not_told_and_leaves_no_thread(tmp_path: Path) -> None:
    tell = Tell(tmp_path / "told")
    watch = Watch(tell, patience=600.0)
    for _ in range(3):
        with watch.over("plugin quick: runner_finish"):
            assert len(watchers()) == 1
    watch.close()
    assert not watchers()
    with watch.over("plugin late: runner_finish"):
        assert not watchers()
    assert tell == []


def test_what_was_over_soon_is_not_told_later(tmp_path: Path) -> None:
    patience, took = 0.2, 1.0
    while took > patience / 2:  # on a machine that was busy elsewhere, it was not over soon
        told = tmp_path / "told"
        tell = Tell(told)
        watch = Watch(tell, patience)
        start = time.monotonic()
        with watch.over("plugin quick: runner_finish"):
            pass
        took = time.monotonic() - start
        with watch.over("plugin slow: runner_finish"):
            while not told.exists():
                time.sleep(0.01)
        watch.close()
        told.unlink()
    assert tell == ["plugin slow: runner_finish has been running for 0.2 s"]


def test_a_call_within_a_slow_one_is_told_by_its_own_name(tmp_path: Path) -> None:
    told = threading.Event()
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            told.set()

    watch = Watch(tell, patience=0.01)
    with watch.over("plugin outer: runner_backend"), watch.over("plugin inner: its import"):
        assert told.wait(60)
    watch.close()
    assert sorted(lines) == [
        "plugin inner: its import has been running for 0.01 s",
        "plugin outer: runner_backend has been running for 0.01 s",
    ]


def test_only_guests_are_looked_at(tmp_path: Path) -> None:
    seen: list[threading.Thread] = []

    class Own:
        @hookimpl
        def runner_finish(self) -> None:
            seen.extend(watchers())

    watch = Watch(Tell(tmp_path / "told"), patience=600.0)
    plugins = Plugins(watch=watch)
    plugins.add_built_in("own", Own())
    assert plugins.finish(RESULT, OPTIONS, no_warning) == ()
    watch.close()
    assert seen == []
