"""Coverage of a matrix as its users see it."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from runner.testing import Invocation, Project, python_command

CONFIG = """
plugins = ["runner_coverage"]

[sessions.tests]
python = {pythons}
commands = ["python check.py"]
{more}
"""


LEAVES_NONSENSE = """\
import os, pathlib
folder = pathlib.Path(os.environ['RUNNER_JUNIT_DIR'], 'coverage')
folder.mkdir(exist_ok=True)
(folder / 'data.broken').write_bytes(b'x' * 99)
"""


TEST_TOOL = """
import subprocess
import sys


def test_deep():
    subprocess.run([sys.executable, "-c", "import tool; tool.deep()"], check=True)
"""


def configure(project: Project, pythons: tuple[str, ...], more: str = "") -> None:
    """Write the config; a line of the package runs from the higher Python on."""
    project.config(CONFIG.format(pythons=json.dumps(pythons), more=more))
    source = project.root / "src/shop/__init__.py"
    split = tuple(map(int, pythons[-1].split(".")))
    source.write_text(source.read_text().replace("{split}", str(split)))


def factor(python: str) -> str:
    return f"py{python.replace('.', '')}"


def read_json(path: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(path.read_text())
    return found


def test_a_matrix_is_measured_combined_reported_and_told_by_axis(
    shop: Project, two_pythons: tuple[str, str]
) -> None:
    low, high = two_pythons
    configure(shop, two_pythons)
    reports = {"xml": "out/c.xml", "lcov": "c.lcov", "html": "html", "json": "c.json", "markdown": "c.md"}
    asked = [f"--coverage-report={kind}={path}" for kind, path in reports.items()]
    outcome = shop.run(*asked).assert_exit(0)
    outcome.assert_said(
        "coverage: 88 % of 2 files in 2 cells; 1 of 8 statements not reached",
        "src/shop/__init__.py 86 % 11",
        f"src/shop/__init__.py:6 runs only with {factor(high)}",
        f"src/shop/__init__.py:7 runs only with {factor(low)}",
    )
    assert not list(shop.root.glob(".coverage*"))
    assert 'line-rate="0.875"' in (shop.root / "out/c.xml").read_text()
    assert "SF:src/shop/inner.py" in (shop.root / "c.lcov").read_text()
    assert (shop.root / "html/index.html").is_file()
    told = read_json(shop.root / "c.json")
    assert told["totals"]["missing_lines"] == 1
    assert told["runner"]["cells"] == [f"tests-{factor(low)}", f"tests-{factor(high)}"]
    markdown = (shop.root / "c.md").read_text()
    assert f"- `src/shop/__init__.py:6` runs only with {factor(high)}" in markdown


def test_too_little_turns_a_green_run_red_and_the_command_line_beats_the_settings(
    shop: Project, two_pythons: tuple[str, str]
) -> None:
    configure(shop, two_pythons[1:])
    shop.file(".coveragerc", "[report]\nfail_under = 90\n")
    outcome = shop.run()
    outcome.assert_cells({f"tests-{factor(two_pythons[1])}": "passed"})
    outcome.assert_exit(1).assert_said(
        "75 % is less than the 90 % that are asked for (fail_under in coverage's settings)",
        "the plugin runner_coverage asked for it",
    )
    shop.run("coverage", "--coverage-fail-under", "75").assert_exit(0)
    shop.run("coverage", "--coverage-fail-under", "76").assert_exit(1).assert_said("(--coverage-fail-under)")
    shop.run("coverage", "--coverage-fail-under", "most").assert_exit(2).assert_said("a number from 0 to 100")
    shop.file("check.py", "import shop")
    asked = {"RUNNER_COVERAGE_FAIL_UNDER": "0"}
    shop.run(env=asked).assert_exit(0).assert_said("5 of 8 statements not reached")
    shop.run("coverage", env=asked).assert_exit(0).assert_said("5 of 8 statements not reached")
    assert "coverage: " not in shop.run("--install-only").assert_exit(0).stdout


def test_cells_that_measure_themselves_count_once_and_keep_their_own_files(
    shop: Project, two_pythons: tuple[str, str]
) -> None:
    pythons = two_pythons[1:]
    more = 'env = { PYTHONPATH = "{root}/extra" }\npackage = "editable"\nsource = "copy"'
    configure(shop, pythons, more)
    config = shop.root / "runner.toml"
    config.write_text(
        config.read_text().replace('"python check.py"', '"coverage run -p --source=shop check.py"')
    )
    shop.file(".coveragerc", "[run]\ndata_file = own/data\n")
    shop.file("own/README", "its folder")
    shop.file("extra/sitecustomize.py", "print('the hidden one runs')")
    outcome = shop.run().assert_exit(0).assert_said("2 of 8 statements not reached")
    cell = f"tests-{factor(pythons[0])}"
    log = outcome.log(cell)
    assert log.count("the hidden one runs") == 2  # and that of the process which the check starts
    assert "Traceback" not in log
    shop.git()
    shutil.rmtree(shop.root / ".runner/envs")
    shop.run("coverage").assert_exit(0).assert_said("2 of 8 statements not reached")


def test_shards_of_other_machines_are_combined(
    shop: Project, two_pythons: tuple[str, str], tmp_path: Path
) -> None:
    configure(shop, two_pythons)
    for python in two_pythons:
        shop.run("-e", factor(python)).assert_exit(0)
        (run,) = (shop.root / ".runner/runs").iterdir()
        run.rename(tmp_path / factor(python))
    of_windows(tmp_path / factor(two_pythons[0]), str(shop.root))
    shop.run("coverage").assert_exit(2).assert_said("no run in this project measured anything")
    folders = [str(tmp_path / factor(python)) for python in two_pythons]
    combined = shop.run("coverage", *folders, "--coverage-report", "xml=c.xml").assert_exit(0)
    combined.assert_said(
        "coverage: 88 % of 2 files in 2 cells",
        f"src/shop/__init__.py:6 runs only with {factor(two_pythons[1])}",
    )
    assert (shop.root / "c.xml").is_file()
    shop.run("coverage", str(tmp_path / "index")).assert_exit(2).assert_said("there is nothing measured in")


def of_windows(run: Path, root: str) -> None:
    """Rewrite what a run measured as if it had been on another system."""
    (record,) = run.rglob("cell.json")
    record.write_text(record.read_text().replace(root, "D:\\\\a\\\\shop"))
    with sqlite3.connect(record.with_name("data.sqlite")) as data:
        for number, path in data.execute("select id, path from file").fetchall():
            there = path.replace(root, "D:\\a\\shop").replace("/", "\\")
            data.execute("update file set path = ? where id = ?", (there, number))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (LEAVES_NONSENSE, "data of this cell cannot be used: "),
        ("pass", "nothing was measured in this cell; if none of the project's code runs in it"),
    ],
)
def test_a_cell_without_usable_data_is_named_and_its_verdict_stays(
    shop: Project, two_pythons: tuple[str, str], command: str, says: str
) -> None:
    configure(shop, two_pythons[1:])
    config = shop.root / "runner.toml"
    config.write_text(config.read_text().replace('"python check.py"', python_command(command)))
    outcome = shop.run().assert_exit(0).assert_said(says, "coverage: no cell of this run measured anything")
    outcome.assert_cells({f"tests-{factor(two_pythons[1])}": "passed"})
    shop.run("--coverage-fail-under", "1").assert_exit(1)


def test_the_last_attempt_of_a_cell_counts(shop: Project, two_pythons: tuple[str, str]) -> None:
    configure(shop, two_pythons[1:], "retries = 1")
    shop.file(
        "check.py",
        """
        import pathlib
        import shop

        if pathlib.Path("tried").exists():
            shop.which()
        else:
            shop.never()
            pathlib.Path("tried").touch()
            raise SystemExit(1)
        """,
    )
    shop.file(".coverage", "what an earlier run left")
    outcome = shop.run().assert_exit(0).assert_said("src/shop/__init__.py 71 % 7, 11")
    assert "cannot be used" not in outcome.stdout


def test_only_python_cells_with_an_environment_are_given_coverage(project: Project) -> None:
    project.config(
        """
        plugins = ["runner_coverage"]
        [sessions.plain]
        commands = ["python --version"]
        [sessions.bare]
        backend = "none"
        commands = ["python --version"]
        [sessions.left]
        tags = ["no-coverage"]
        commands = ["python --version"]
        [sessions.old]
        python = "2.7"
        commands = ["python --version"]
        """
    )
    shown = json.loads(project.run("config", "--format", "json").assert_exit(0).stdout)
    given = {id_ for id_, cell in shown["cells"].items() if "MATRIX_RUNNER_COVERAGE" in cell["env"]}
    assert given == {"plain"}


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("pdf=a.pdf", "--coverage-report pdf=a.pdf: expected KIND=PATH"),
        ("xml", "--coverage-report xml: expected KIND=PATH"),
        ("xml=src", "it is a folder"),
        ("html=runner.toml", "it is a file, and html is a folder"),
        ("xml=runner.toml/c.xml", "nothing can be written into"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_anything_runs(
    shop: Project, two_pythons: tuple[str, str], argument: str, says: str
) -> None:
    configure(shop, two_pythons[1:])
    told: Invocation = shop.run("--coverage-report", argument)
    told.assert_exit(2).assert_said(says)
    assert told.result is None


@pytest.mark.network
@pytest.mark.parametrize("python", ["3.8", "3.9", "3.10"])
def test_older_pythons_get_the_coverage_that_serves_them(project: Project, python: str) -> None:
    project.online()
    project.config(
        f"""
        plugins = ["runner_coverage"]
        missing-python = "skip"
        [sessions.tests]
        python = ["{python}"]
        deps = ["pytest"]
        commands = ["pytest test_tool.py"]
        """
    )
    project.file("tool.py", "def deep():\n    return 1\n")
    project.file("test_tool.py", TEST_TOOL)
    outcome = project.run()
    if outcome.exit_code == 3:
        pytest.skip(f"needs Python {python}")
    outcome.assert_exit(0).assert_said("coverage: 100 % of 1 file in 1 cell; 2 statements, all reached")
