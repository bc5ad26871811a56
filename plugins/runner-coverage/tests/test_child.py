"""Combining and reporting on data that coverage wrote, in the process that does it."""

import ast
from pathlib import Path

import pytest
from coverage import CoverageData

import runner
import runner_coverage
from runner_coverage.child import Answer, Request, ask
from runner_coverage.options import Report
from runner_coverage.record import DATA, FOLDER, Record, write_record

CODE = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/src/shop").mkdir(parents=True)
    for name in ("one.py", "two.py"):
        (tmp_path / "root/src/shop" / name).write_text(CODE)
    return tmp_path / "root"


def measured(root: Path, cell: str, **files: list[int]) -> str:
    """Write what a cell measured in a copy of the project elsewhere, and return its record."""
    folder = root.parent / cell / FOLDER
    folder.mkdir(parents=True)
    data = CoverageData(basename=str(folder / DATA))
    data.set_context(cell)
    data.add_lines(
        {
            f"/there/{name.replace('__', '/').replace('_runner', '.runner')}.py": lines
            for name, lines in files.items()
        }
    )
    data.write()
    data.close()
    record = Record(
        cell=cell, factors={"session": cell}, roots=("/there",), environment="/there/.runner/envs/x"
    )
    return str(write_record(record, folder))


def asked(root: Path, *records: str, reports: tuple[Report, ...] = ()) -> Answer:
    return ask(Request(str(root), records, reports))


def test_the_table_has_all_files_that_count_and_people_see_coverages_own_rounding(root: Path) -> None:
    (root / ".coveragerc").write_text("[report]\nprecision = 2\nomit = src/shop/two.py\nfail_under = 66.67\n")
    record = measured(root, "tests", src__shop__one=[1, 5, 6], src__shop__two=[1], other=[1])
    summary = asked(root, record).summary
    assert summary is not None
    assert [(each.file, each.totals.shown) for each in summary.files] == [("src/shop/one.py", "75.00")]
    assert (summary.totals.shown, summary.precision, summary.fail_under) == ("75.00", 2, 66.67)
    assert summary.insights == ()


def test_the_users_own_paths_count(root: Path) -> None:
    (root / ".coveragerc").write_text("[paths]\nsource =\n    src/shop\n    /built/*/shop\n")
    data = root.parent / "tests" / FOLDER
    record = measured(root, "tests", src__shop__one=[1])
    more = CoverageData(basename=str(data / DATA))
    more.read()
    more.set_context("tests")
    more.add_lines({"/built/lib/shop/two.py": [1, 2, 5, 6]})
    more.write()
    more.close()
    summary = asked(root, record).summary
    assert summary is not None
    assert {each.file: each.totals.shown for each in summary.files} == {
        "src/shop/one.py": "25",
        "src/shop/two.py": "100",
    }


def test_a_broken_cell_is_a_warning_and_the_others_count(root: Path) -> None:
    broken = measured(root, "windows", src__shop__one=[1])
    Path(broken).with_name(DATA).write_bytes(b"nonsense")
    record = root.parent / "cut.json"
    record.write_text("{")
    answer = asked(root, broken, str(record), measured(root, "linux", src__shop__one=[1, 2, 5, 6]))
    assert answer.summary is not None
    assert answer.summary.cells == ("linux",)
    first, second = answer.summary.warnings
    assert first.startswith(f"{record} cannot be used: ")
    assert second.startswith("windows: its data cannot be used: ")


@pytest.mark.parametrize(
    "settings",
    [
        "[run]\nomit = */two.py\n",
        "[run]\nsource = src\n[report]\ninclude = */one.py\n",
        "[run]\ninclude = src/*/one.py\n",
    ],
)
def test_omit_and_include_count_for_what_was_installed_too(root: Path, settings: str) -> None:
    (root / ".coveragerc").write_text(settings)
    summary = asked(root, measured(root, "tests", src__shop__one=[1], src__shop__two=[1])).summary
    assert summary is not None
    assert [each.file for each in summary.files] == ["src/shop/one.py"]


def test_what_a_cell_made_in_its_environment_does_not_count(root: Path) -> None:
    (root / ".coveragerc").write_text("[run]\nsource_pkgs = shop\n")
    made = root / ".runner/envs/x/tmp/made.py"
    made.parent.mkdir(parents=True)
    made.write_text("A = 1\n")
    record = measured(root, "tests", src__shop__one=[1], _runner__envs__x__tmp__made=[1])
    file = Path(record)
    file.write_text(file.read_text().replace("/there/.runner", str(root / ".runner")))
    summary = asked(root, record).summary
    assert summary is not None
    assert [each.file for each in summary.files] == ["src/shop/one.py"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("[run]\nsource = lib\n", "no file of lib was run in this project"),
        ("[report]\ninclude = docs/*\n", "coverage's `include` and `omit` leave nothing"),
        ("[run]\nconcurrency = magic\n", "Unknown concurrency choices: magic"),
        ("[run]\nplugins = no_such\n", "coverage's plugins have to be installed beside runner, too"),
    ],
)
def test_when_nothing_is_left_the_reason_is_said(root: Path, settings: str, why: str) -> None:
    (root / "lib").mkdir()
    (root / ".coveragerc").write_text(settings)
    answer = asked(root, measured(root, "tests", src__shop__one=[1]))
    assert answer.summary is None
    assert why in answer.problems[0]


def test_a_project_behind_a_link_is_the_same(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    (root / "json.py").write_text("raise SystemExit('this module of the project is not to be imported')")
    summary = asked(root.parent / "link", measured(root, "tests", src__shop__one=[1])).summary
    assert summary is not None
    assert [each.file for each in summary.files] == ["src/shop/one.py"]


def test_what_coverage_warns_of_is_told(root: Path) -> None:
    (root / ".coveragerc").write_text("[run]\nbrunch = true\n")
    summary = asked(root, measured(root, "tests", src__shop__one=[1])).summary
    assert summary is not None
    (warning,) = summary.warnings
    assert "Unrecognized option '[run] brunch='" in warning


def test_a_report_that_cannot_be_written_is_named_and_the_others_are(root: Path) -> None:
    (root / "full").write_text("")
    reports = (Report("xml", str(root / "full/c.xml")), Report("markdown", str(root / "c.md")))
    answer = asked(root, measured(root, "tests", src__shop__one=[1]), reports=reports)
    (problem,) = answer.problems
    assert problem.startswith(f"the xml report {root}/full/c.xml could not be written: ")
    assert (root / "c.md").is_file()


def test_the_plugin_uses_public_names_alone() -> None:
    folder = Path(runner_coverage.__file__).parent
    trees = (ast.parse(file.read_text()) for file in folder.rglob("*.py"))
    imports = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = {
        alias.name
        for node in imports
        if isinstance(node, ast.ImportFrom) and node.module == "runner"
        for alias in node.names
    }
    assert names
    assert names <= set(runner.__all__)
    assert not [
        node
        for node in imports
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("runner.")
    ]
