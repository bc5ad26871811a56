"""What the built-in collector makes of the files that test tools leave."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.model.results import ATTEMPT_STARTED, Collected, TestResult
from runner.results import collect as collect_module

Collect = Callable[..., Collected]

PROJECT = """
import pytest
from base import Base

class TestC(Base):
    @pytest.mark.parametrize("text", ["a::b[1]"])
    def test_m(self, text): pass

    class TestInner:
        def test_i(self): pass

@pytest.fixture
def bad_start():
    raise RuntimeError("no start")

@pytest.fixture
def bad_end():
    yield
    raise RuntimeError("no end")

def test_setup(bad_start): pass

def test_both(bad_end):
    assert {"a": 1} == {"a": 2}

@pytest.mark.xfail
def test_expected(): assert 0

@pytest.mark.skip(reason="not here")
def test_skipped(): pass
"""
IDS = {
    "tests/test_broken.py": "error",
    "tests/test_x.py::TestC::test_inherited": "failed",
    "tests/test_x.py::TestC::test_m[a::b[1]]": "passed",
    "tests/test_x.py::TestC::TestInner::test_i": "passed",
    "tests/test_x.py::test_setup": "error",
    "tests/test_x.py::test_both": "failed",
    "tests/test_x.py::test_expected": "skipped",
    "tests/test_x.py::test_skipped": "skipped",
}


def _run_pytest(root: Path, target: Path, *options: str) -> None:
    tests = root / "tests"
    tests.mkdir()
    (root / "pytest.ini").write_text("[pytest]\npythonpath = tests\n")
    (tests / "test_x.py").write_text(PROJECT)
    (tests / "test_broken.py").write_text("import no_such_module_anywhere\n")
    (tests / "base.py").write_text("class Base:\n    def test_inherited(self):\n        assert 1 == 2\n")
    plain = ["-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    argv = [sys.executable, "-m", "pytest", *plain, f"--junitxml={target}", *options]
    variables = {**os.environ, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(argv, cwd=root, env=variables, capture_output=True, check=False, timeout=60)
    assert target.exists(), ended.stdout.decode()


def _by_id(found: Collected) -> dict[str, TestResult]:
    return {test.id: test for test in found.tests}


def _suite(*cases: str, attributes: str = 'name="pytest"') -> str:
    return f"<testsuites><testsuite {attributes}>{''.join(cases)}</testsuite></testsuites>"


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_a_real_pytest_run_gives_pytest_s_own_ids(
    root: Path, folder: Path, collect: Collect, family: str
) -> None:
    _run_pytest(root, folder / "1.xml", "-o", f"junit_family={family}")
    found = collect()
    assert {test.id: test.outcome for test in found.tests} == IDS
    assert found.warnings == ()


def test_lines_count_from_one_and_an_inherited_test_names_the_file_it_is_written_in(
    root: Path, folder: Path, collect: Collect
) -> None:
    _run_pytest(root, folder / "1.xml", "-o", "junit_family=xunit1")
    _, *lines = (line.strip() for line in (root / "tests/test_x.py").read_text().splitlines())
    tests = _by_id(collect())
    both = tests["tests/test_x.py::test_both"]
    assert both.file == "tests/test_x.py"
    assert both.line is not None
    assert lines[both.line - 2].startswith("def test_both")
    inherited = tests["tests/test_x.py::TestC::test_inherited"]
    assert (inherited.file, inherited.line) == ("tests/base.py", 2)


def test_a_message_is_its_first_line_and_the_text_without_colours(
    root: Path, folder: Path, collect: Collect
) -> None:
    _run_pytest(root, folder / "1.xml", "-o", "junit_family=xunit1", "--color=yes")
    message = _by_id(collect())["tests/test_x.py::test_both"].message
    assert message.startswith("AssertionError: assert {'a': 1} == {'a': 2}\n")
    assert "tests/test_x.py:" in message
    assert "x1B" not in message


def test_a_changed_suite_name_and_a_prefix_do_not_change_ids(
    root: Path, folder: Path, collect: Collect
) -> None:
    _run_pytest(
        root,
        folder / "1.xml",
        "-o",
        "junit_family=xunit1",
        "-o",
        "junit_suite_name=mine",
        "--junit-prefix=py311",
    )
    assert {test.id: test.outcome for test in collect().tests} == IDS


def test_unittest_xml_keeps_its_names_and_its_lines(folder: Path, collect: Collect) -> None:
    # as unittest-xml-reporting writes it: a suite a class, the file on the suite too, lines from 1
    case = '<testcase classname="tests.test_a.A" name="test_x" time="0.5" file="tests/test_a.py" line="7"/>'
    (folder / "TEST-a.xml").write_text(
        _suite(case, attributes='name="tests.test_a.A-2024" file="tests/test_a.py"')
    )
    expected = TestResult(
        id="tests.test_a.A::test_x", outcome="passed", duration=0.5, file="tests/test_a.py", line=7
    )
    assert collect().tests == (expected,)


def test_suites_may_be_nested_and_a_suite_may_be_the_root(folder: Path, collect: Collect) -> None:
    nested = _suite('<testsuite name="in"><testcase name="a"/></testsuite>', '<testcase name="b"/>')
    (folder / "1.xml").write_text(nested)
    (folder / "2.xml").write_text('<testsuite><testcase name="c"><error/></testcase></testsuite>')
    assert [(test.id, test.outcome) for test in collect().tests] == [
        ("a", "passed"),
        ("b", "passed"),
        ("c", "error"),
    ]


def test_a_test_that_two_steps_ran_is_one_the_worst_with_the_time_of_both(
    folder: Path, collect: Collect
) -> None:
    case = '<testcase classname="t" name="x" time="{time}">{child}</testcase>'
    (folder / "2.xml").write_text(_suite(case.format(time=1, child='<failure message="boom"/>')))
    (folder / "10.xml").write_text(_suite(case.format(time=2, child="")))
    assert collect().tests == (TestResult(id="t::x", outcome="failed", duration=3.0, message="boom"),)


def test_a_very_long_message_keeps_its_first_line_and_its_end(folder: Path, collect: Collect) -> None:
    text = "first line\n" + "x" * 200_000 + "\nthe cause"
    (folder / "1.xml").write_text(
        _suite(f'<testcase name="a"><failure message="first line">{text}</failure></testcase>')
    )
    message = collect().tests[0].message
    assert message.startswith("first line\n")
    assert message.endswith("\nthe cause")
    assert len(message) <= 8 * 1024


def test_no_file_is_nothing_and_no_warning(collect: Collect) -> None:
    assert collect() == Collected()


BROKEN = {
    "empty": ("", "is empty"),
    "cut short": ('<testsuite><testcase name="whole"/><testcase name="ha', "1 tests before that were read"),
    "other XML": ("<html></html>", "not JUnit XML"),
    "no XML": ("All tests passed!", "line 1"),
    "a bomb": ('<!DOCTYPE x [<!ENTITY a "aaa">]><testsuite><testcase name="&a;"/></testsuite>', "entity 'a'"),
    "an unknown encoding": ('<?xml version="1.0" encoding="klingon"?><testsuite/>', "encoding"),
}


@pytest.mark.parametrize(("content", "warning"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_a_warning_that_names_it_and_the_others_are_read(
    folder: Path, collect: Collect, content: str, warning: str
) -> None:
    (folder / "1.xml").write_text(content)
    (folder / "2.xml").write_text(_suite('<testcase name="good"/>'))
    found = collect()
    assert found.tests[-1].id == "good"
    assert len(found.warnings) == 1
    assert str(folder / "1.xml") in found.warnings[0]
    assert warning in found.warnings[0]


def test_strange_attributes_are_no_exception(folder: Path, collect: Collect) -> None:
    (folder / "1.xml").write_text(
        _suite('<testcase time="soon" line="-3"/>', '<testcase name="b" time="nan" line="²"/>', "<failure/>")
    )
    assert [(test.duration, test.line) for test in collect().tests] == [(0.0, None), (0.0, None)]


def test_a_folder_named_like_a_file_is_a_warning(folder: Path, collect: Collect) -> None:
    (folder / "1.xml").mkdir()
    assert "Is a directory" in collect().warnings[0]


def test_a_pipe_is_not_waited_for(folder: Path, collect: Collect) -> None:
    os.mkfifo(folder / "1.xml")
    (folder / "2.xml").write_text(_suite('<testcase name="a"/>'))
    found = collect()
    assert [test.id for test in found.tests] == ["a"]
    assert "is no regular file" in found.warnings[0]


def test_a_huge_file_is_read_up_to_a_bound(
    folder: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect_module, "MOST_BYTES", 300)
    (folder / "1.xml").write_text(_suite(*(f'<testcase name="t{n}"/>' for n in range(100))))
    found = collect()
    assert 0 < len(found.tests) < 20
    assert "only its first 300 bytes were read" in found.warnings[0]


def test_the_junit_setting_names_more_files_below_root(root: Path, folder: Path, collect: Collect) -> None:
    (root / "out" / "deep").mkdir(parents=True)
    (root / "out" / "deep" / "mine.xml").write_text(_suite('<testcase name="a"/>'))
    assert [test.id for test in collect("out/**/*.xml").tests] == ["a"]
    assert [test.id for test in collect(str(root / "out/deep/mine.xml")).tests] == ["a"]


def test_a_glob_does_not_look_into_the_work_dir(root: Path, collect: Collect) -> None:
    other = root / ".runner/runs/r/junit/lint"
    other.mkdir(parents=True)
    (other / "1.xml").write_text(_suite('<testcase name="of another cell"/>'))
    (root / "mine.xml").write_text(_suite('<testcase name="a"/>'))
    assert [test.id for test in collect("**/*.xml").tests] == ["a"]


def test_a_glob_finds_what_lies_in_the_cells_own_environment(
    root: Path, folder: Path, collect: Collect
) -> None:
    for cell in ("tests-py311", "lint"):
        tmp = root / ".runner/envs" / cell / "tmp"
        tmp.mkdir(parents=True)
        (tmp / "x.xml").write_text(_suite(f'<testcase name="{cell}"/>'))
    found = collect(str(root / ".runner/envs/*/tmp/x.xml"))
    assert [test.id for test in found.tests] == ["tests-py311"]


def test_a_named_file_of_an_earlier_run_is_not_taken_for_this_one_s(
    root: Path, folder: Path, collect: Collect
) -> None:
    file = root / "junit.xml"
    file.write_text(_suite('<testcase name="a"/>'))
    just_before = time.time() - 0.1
    os.utime(file, (just_before, just_before))
    (folder / ATTEMPT_STARTED).touch()
    found = collect("junit.xml")
    assert found.tests == ()
    assert "older than this attempt" in found.warnings[0]


@pytest.mark.parametrize("pattern", ["nothing.xml", "/elsewhere/*.xml", ""])
def test_a_glob_that_finds_nothing_is_a_warning(root: Path, collect: Collect, pattern: str) -> None:
    found = collect(pattern)
    assert found.tests == ()
    assert repr(pattern) in found.warnings[0]


def test_false_turns_collecting_off(folder: Path, collect: Collect) -> None:
    (folder / "1.xml").write_text(_suite('<testcase name="a"/>'))
    assert collect(False) == Collected()
