"""The benchmarks' own arithmetic, checks and tables; nothing is measured here."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from runner.testing import Project

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
MARKERS = "<!-- benchmarks:begin -->\n<!-- benchmarks:end -->\n"

Load = Callable[[str], ModuleType]
Case = dict[str, Any]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import modules of `benchmarks/bench`."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield lambda name: import_module(f"bench.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "bench"]:
        del sys.modules[name]


def case(name: str, *, cells: int = 5, ideal: float | None = None, kib: int = 0, **seconds: float) -> Case:
    """Return a measured case: one run for each contender."""
    return {
        "name": name,
        "title": name,
        "cells": cells,
        "ideal_seconds": ideal,
        "series": [
            {
                "contender": contender.replace("_", "-"),
                "title": contender.replace("_", "-"),
                "warm_up": [],
                "samples": [{"seconds": taken, "cpu_seconds": taken, "peak_kib": kib}],
                "median": taken,
                "ratio": None,
            }
            for contender, taken in seconds.items()
        ],
    }


def verdicts(load: Load, *cases: Case) -> dict[str, tuple[str, bool | None]]:
    """Hold the cases against the targets: ratio and verdict, by contender."""
    judged = load("targets").targets(cases)
    return {target["against"]: (target["value"], target["met"]) for target in judged}


def test_a_target_is_met_at_its_bound_and_not_below(load: Load) -> None:
    met = verdicts(load, case("warm-trivial", runner=0.5, nox=7.5, tox_uv=3.9, nox_tuned=5.0))
    assert met == {
        "nox": ("15.0x faster", True),
        "tox-uv": ("7.8x faster", False),
        "nox-tuned": ("10.0x faster", None),
    }


def test_the_quicker_floor_is_what_counts(load: Load) -> None:
    met = verdicts(load, case("warm-trivial", runner=0.5, floor=0.4, floor_bytecode=0.25))
    assert met == {"floor-bytecode": ("2.00x its time", False)}


def test_the_commands_own_time_is_subtracted_from_both_sides(load: Load) -> None:
    met = verdicts(load, case("warm-pytest", runner=1.5, tox_uv_reuse=3.0, children=1.0))
    assert met == {"tox-uv-reuse": ("4.0x faster", True)}


def test_a_real_pytest_without_the_commands_own_time_is_not_judged(load: Load) -> None:
    assert verdicts(load, case("warm-pytest", runner=1.5, tox_uv_reuse=3.0)) == {}


def test_a_no_op_cell_is_the_difference_of_two_sizes_less_its_child(load: Load) -> None:
    few = case("noop-few", cells=10, kib=30_000, runner=0.5, children=0.1, tox_uv_parallel_reuse=1.0)
    some = case("noop-some", cells=110, kib=30_000, runner=1.0, children=0.2, tox_uv_parallel_reuse=3.0)
    many = case("noop-many", cells=1010, kib=40_000, runner=5.5, children=1.1)
    assert verdicts(load, few, some, many) == {
        "tox-uv-parallel-reuse": ("4.8x faster", True),  # (20 ms - 1 ms) / (5 ms - 1 ms)
        "": ("10.0 KiB", True),
    }


def test_what_is_slower_is_called_so(load: Load) -> None:
    assert verdicts(load, case("warm-trivial", runner=0.5, hatch=0.25)) == {"hatch": ("2.0x slower", None)}


def test_packing_is_held_against_the_ideal(load: Load) -> None:
    assert verdicts(load, case("packing", ideal=10.0, runner=10.6)) == {
        "perfect packing": ("1.06x its time", False)
    }


def results(load: Load, *cases: Case) -> Case:
    """Return results of these cases."""
    return {
        "date": "2026-11-23",
        "quick": False,
        "jobs": 2,
        "machine": {
            "cpus": 2,
            "model": "A processor",
            "memory_gib": 8,
            "system": "Linux 6.1",
            "python": "3.11.7",
            "load_at_start": 0.1,
        },
        "pythons": ["3.12.1"],
        "versions": {"tox": "4.0"},
        "cases": list(cases),
        "targets": load("targets").targets(cases),
    }


@pytest.fixture
def pages(tmp_path: Path, load: Load) -> Path:
    """A folder with results and with both pages that have a table."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "docs" / "explanation").mkdir(parents=True)
    measured = results(load, case("version", runner=0.03, tox=0.3))
    (tmp_path / "benchmarks" / "results.json").write_text(json.dumps(measured), "utf-8")
    (tmp_path / "README.md").write_text(f"# Before\n\n{MARKERS}\nafter\n", "utf-8")
    (tmp_path / "docs" / "explanation" / "speed.md").write_text(MARKERS, "utf-8")
    return tmp_path


def table(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / "table.py", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_table_is_written_between_the_markers_and_nowhere_else(pages: Path) -> None:
    assert table("--root", pages).returncode == 0
    text = (pages / "README.md").read_text("utf-8")
    assert "| version | tox | 30.0 ms | 300.0 ms | 10.0x faster | at least 4x | yes |" in text
    assert "2 CPUs (A processor)" in text
    assert "tox 4.0" in text
    assert text.startswith("# Before\n\n<!-- benchmarks:begin -->\n")
    assert text.endswith("<!-- benchmarks:end -->\n\nafter\n")
    assert "### version" in (pages / "docs" / "explanation" / "speed.md").read_text("utf-8")


def test_a_page_that_is_out_of_date_is_told_and_left_alone(pages: Path) -> None:
    before = (pages / "README.md").read_text("utf-8")
    checked = table("--check", "--root", pages)
    assert (checked.returncode, "README.md: out of date" in checked.stdout) == (1, True)
    assert (pages / "README.md").read_text("utf-8") == before
    table("--root", pages)
    assert table("--check", "--root", pages).returncode == 0


def test_a_page_without_markers_is_an_error_that_names_it(pages: Path) -> None:
    (pages / "README.md").write_text("no table here\n", "utf-8")
    written = table("--root", pages)
    assert written.returncode == 1
    assert "README.md: the lines <!-- benchmarks:begin -->" in written.stderr


def test_without_results_the_command_that_makes_them_is_named(pages: Path) -> None:
    (pages / "benchmarks" / "results.json").unlink()
    written = table("--root", pages)
    assert written.returncode == 1
    assert "python benchmarks/run.py" in written.stderr


@pytest.mark.skipif(not (BENCHMARKS / "results.json").exists(), reason="nothing has been measured")
def test_the_tables_of_this_repository_are_those_of_its_results() -> None:
    checked = table("--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


class Story:
    """A run that is looked at: what its children wrote, and in which environment they were."""

    def __init__(self, load: Load, folder: Path) -> None:
        self.error: type[Exception] = load("model").BenchmarkError
        self._check = load("checks").environments(["3.12"])
        self._folder = folder
        (folder / "pyvenv.cfg").touch()

    def look(self, *lines: str, stamp: str = "1", keeps: bool = False, age: float = 0) -> None:
        made = time.time() - age
        os.utime(self._folder / "pyvenv.cfg", (made, made))
        self._check(
            SimpleNamespace(
                contender=SimpleNamespace(keeps=keeps),
                lines=tuple(f"{line} {self._folder}" for line in lines),
                stamp=stamp,
                started=time.time() - 10,
                first=False,
            )
        )


@pytest.fixture
def story(load: Load, tmp_path: Path) -> Story:
    return Story(load, tmp_path)


def test_work_that_was_done_passes(story: Story) -> None:
    story.look("3.12 1")
    story.look("3.12 1", keeps=True, age=60)


@pytest.mark.parametrize(
    ("lines", "keeps", "age", "words"),
    [
        ([], False, 0, "instead of once on each of 3.12"),
        (["3.12 1", "3.12 1"], False, 0, "instead of once on each of 3.12"),
        (["3.12 0"], False, 0, "saw state 0 of the source, which is now at 1"),
        (["3.12 1"], False, 60, "kept an environment that it was to make"),
        (["3.12 1"], True, 0, "made an environment that it was to keep"),
    ],
)
def test_work_that_was_not_done_is_refused(
    story: Story, lines: Sequence[str], keeps: bool, age: float, words: str
) -> None:
    with pytest.raises(story.error, match=words):
        story.look(*lines, keeps=keeps, age=age)


def test_children_run_as_often_as_asked_and_a_failure_is_one(tmp_path: Path) -> None:
    def children(*command: str) -> int:
        argv = [sys.executable, str(BENCHMARKS / "children.py"), "--times", "3", "--", *command]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False).returncode

    assert children("sh", "-c", "echo cell >> proof") == 0
    assert (tmp_path / "proof").read_text("utf-8").split() == ["cell"] * 3
    assert children("sh", "-c", "exit 1") != 0


def test_a_command_is_timed_and_its_end_told(load: Load, tmp_path: Path) -> None:
    log = tmp_path / "log"
    argv = [sys.executable, "-c", "print('hello'); raise SystemExit(3)"]
    sample, code = load("measure").timed(argv, tmp_path, {"PATH": os.defpath}, log)
    assert (code, log.read_text("utf-8")) == (3, "hello\n")
    assert sample["seconds"] > 0
    assert sample["peak_kib"] > 0


def test_the_sample_matrix_has_its_cells(load: Load, project: Project) -> None:
    files = load("configs").listing(["3.11", "3.12"], 100, ("python", "-c", ""))
    project.config(files["runner"]["runner.toml"])
    assert len(json.loads(project.run("list", "--format", "json").assert_exit(0).stdout)["cells"]) == 100
