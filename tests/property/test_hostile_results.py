"""Any bytes as JUnit XML: read up to the break, told in words, and what was read can be reported again."""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.property.effort import effort
from tests.property.hostile import hostile_texts, mutated

from runner.model.encode import canonical
from runner.model.results import Attempt, CellResult, RunResult, TestResult
from runner.report import result_json
from runner.report.junit import junit_xml
from runner.results import cases, collect
from runner.results.cases import LONGEST_MESSAGE, LONGEST_NAME
from runner.results.collect import looking
from runner.results.junit import Reading, read_junit

XUNIT1 = b"""<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest"
 errors="0" failures="1" skipped="1" tests="3" time="0.046" timestamp="2026-11-23T09:00:00" hostname="h">
<testcase classname="tests.test_x.TestC" name="test_m[a::b]" file="tests/test_x.py" line="6" time="0.001" />
<testcase classname="tests.test_x" name="test_f" file="tests/test_x.py" line="9" time="0.1">
<failure message="AssertionError: #x1B[31m1 == 2&#10;at">def test_f():
&gt;   assert 1 == 2 &#x20AC;</failure></testcase>
<testcase classname="tests.test_x" name="test_s" file="tests/test_x.py" line="12" time="0.0">
<skipped type="pytest.skip" message="not here">tests/test_x.py:13: not here</skipped></testcase>
</testsuite></testsuites>"""
XUNIT2 = XUNIT1.replace(b' file="tests/test_x.py"', b"").replace(b' line="6"', b"").replace(b' line="9"', b"")
NOSE = b"""<?xml version="1.0" encoding="UTF-8"?><testsuite name="nosetests" tests="2" errors="1"
 failures="0" skip="0"><testcase classname="pkg.test_y.TestY" name="test_a" time="1,234.5"></testcase>
<testcase classname="pkg.test_y" name="test_b" time="0.000">
<error type="exceptions.ValueError" message="bad"><![CDATA[Traceback
ValueError: bad]]></error><system-out><![CDATA[said]]></system-out></testcase></testsuite>"""
SEEDS = (XUNIT1, XUNIT2, NOSE, XUNIT1.decode().replace("utf-8", "utf-16").encode("utf-16"))
TOKENS = (
    *(
        "<testcase/>",
        "<testcase>",
        "</testcase>",
        "<testsuite>",
        "<failure/>",
        "<failure><error>",
        "</failure>",
    ),
    *(
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        "&b;",
        "&#0;",
        "&#xD800;",
    ),
    *('time="1e999"', 'time="nan"', 'line="99999999999999999999"', 'line="-1"', f'name="{"x" * 9000}"'),
    *(
        f'classname="{".".join("ab" * 3000)}"',
        "<a>" * 300,
        "<![CDATA[",
        "<?xml?>",
        "\x00",
        'file="/etc/x.py"',
    ),
)


EMPTY = tempfile.TemporaryDirectory()


def found(data: bytes) -> tuple[Reading, tuple[TestResult, ...]]:
    reading = read_junit([data[:100], data[100:]])
    look = looking(Path(EMPTY.name))
    return reading, cases.worst_of_each(cases.test_result(case, Path("/p"), look) for case in reading.cases)


def check(data: bytes) -> None:
    reading, tests = found(data)
    for test in tests:
        assert 0 <= test.duration < math.inf
        assert len(test.message) <= LONGEST_MESSAGE
        assert len(test.id) < 4 * LONGEST_NAME
        assert test.line is None or 0 < test.line <= 10**9
    assert msgspec.json.decode(canonical(tests), type=tuple[TestResult, ...]) == tests
    assert reading.problem.isprintable()


@effort(150)
@given(st.binary(max_size=300))
@example(b"")
@example(b"<testsuite/><testsuite/>")
@example(b"<a>" * 100_000)
@example(b"<testsuite>" * 100_000)
@example(b"<?xml version='1.0' encoding='ebcdic'?><testsuite/>")
@example(b"<?xml version='1.0' encoding='rot13'?><testsuite/>")
@example("<testsuite name='ä'/>".encode("latin-1"))
def test_any_bytes_are_read_or_told(data: bytes) -> None:
    check(data)


@effort(200)
@given(mutated(SEEDS, TOKENS))
def test_a_real_file_that_was_cut_and_spliced_is_read_or_told(data: bytes) -> None:
    check(data)


@effort(150)
@given(
    st.dictionaries(st.sampled_from(["name", "classname", "file", "line", "time", "x"]), hostile_texts),
    st.dictionaries(st.sampled_from(["name", "hostname", "file"]), hostile_texts),
    hostile_texts,
)
def test_any_attributes_are_a_result(case: dict[str, str], suite: dict[str, str], text: str) -> None:
    root = ET.Element("testsuite", {k: v for k, v in suite.items() if fits_xml(v)})
    inner = ET.SubElement(root, "testcase", {k: v for k, v in case.items() if fits_xml(v)})
    failure = ET.SubElement(inner, "failure", {"message": text if fits_xml(text) else "m"})
    failure.text = text if fits_xml(text) else ""
    data = ET.tostring(root)
    check(data)
    assert [test.outcome for test in found(data)[1]] == ["failed"]


def fits_xml(text: str) -> bool:
    return all(char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" for char in text)


@effort(150)
@given(
    st.lists(
        st.text(max_size=20) | hostile_texts | st.just("\udcff\ud800\x00\x1b[2J\ufffe"),
        min_size=6,
        max_size=6,
    )
)
def test_reports_of_any_names_are_well_formed(texts: list[str]) -> None:
    test = TestResult(id=texts[0], outcome="failed", duration=1.0, file=texts[1], message=texts[2])
    attempt = Attempt(number=1, outcome="failed", duration=1.0, tests=(test,), reason=texts[3])
    cell = CellResult(
        id=texts[4],
        session=texts[5],
        axes={texts[0]: texts[1]},
        outcome="failed",
        reason=texts[2],
        attempts=(attempt,),
    )
    result = RunResult(
        id="r", outcome="failed", exit_code=1, started=0.0, duration=1.0, cells=(cell,), notices=(texts[3],)
    )
    (suite,) = ET.fromstring(junit_xml(result))  # noqa: S314 - we wrote it
    assert suite.find("testcase/failure") is not None
    msgspec.json.decode(result_json(result))


def bomb() -> bytes:
    entities = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 30))
    return f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><testsuite name="&e29;"/>'.encode()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (bomb(), "it declares the entity 'e0', which is refused"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite name="&x;"/>', "entity 'x'"),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]><testsuite/>', "entity 'x'"),
        (b"<testsuite><testcase name='a'/>" + b"<b>" * 100_000, "nested more than 1,000 deep"),
    ],
)
def test_what_explodes_is_refused(data: bytes, problem: str) -> None:
    reading, _ = found(data)
    assert problem in reading.problem
    assert all("root:" not in str(case) for case in reading.cases)


def test_an_external_subset_is_not_read() -> None:
    reading, tests = found(
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuite><testcase name="a"/></testsuite>'
    )
    assert [test.id for test in tests] == ["a"]
    assert reading.problem == ""


def test_a_failure_in_a_million_pieces_keeps_its_end() -> None:
    data = (
        b"<testsuite><testcase name='a'><failure>"
        + b"x<b/>" * 200_000
        + b"end</failure></testcase></testsuite>"
    )
    (test,) = found(data)[1]
    assert test.message.endswith("xxxend")


def test_only_so_many_paths_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MOST_LOOKS", 100)
    for name in ("early.py", "late.py"):
        (tmp_path / name).touch()
    look = looking(tmp_path)
    assert look("early.py") == "file"
    assert {look(f"b{number}") for number in range(200)} == {""}
    assert (look("early.py"), look("late.py")) == ("file", "")


def test_a_class_name_of_a_thousand_parts_asks_for_what_is_there_alone(tmp_path: Path) -> None:
    asked: list[str] = []
    inner: Callable[[str], str] = looking(tmp_path)

    def look(relative: str) -> str:
        asked.append(relative)
        return inner(relative)

    text = f"<testcase classname='{'.'.join('a' * 1000)}' name='n'/>"
    (case,) = read_junit([f"<testsuite name='pytest'>{text}</testsuite>".encode()]).cases
    assert cases.test_result(case, tmp_path, look).id.endswith("::n")  # type: ignore[arg-type] # the same answers
    assert len(asked) <= 40


@pytest.mark.parametrize(
    ("attributes", "line", "duration"),
    [
        (f'line="{"9" * 5000}" time="{"9" * 5000}"', None, 0.0),
        ('line="10000000000" time="1e308"', None, 0.0),
        ('line="-1" time="-1"', None, 0.0),
        ('line="1.5" time="NaN"', None, 0.0),
        ('line="" time="inf"', None, 0.0),
        ('line="\u0663" time="1,234.5"', None, 1234.5),
        ('line="7" time=" 2 "', 7, 2.0),
    ],
    ids=lambda value: str(value)[:20],
)
def test_numbers_that_are_none_count_as_absent(attributes: str, line: int | None, duration: float) -> None:
    _, (test,) = found(f"<testsuite><testcase name='a' {attributes}/></testsuite>".encode())
    assert (test.line, test.duration) == (line, duration)


def test_a_class_name_that_no_file_can_have_is_a_name() -> None:
    text = f"<testsuite name='pytest'><testcase classname='{'x' * 300}' name='a'/></testsuite>"
    _, (test,) = found(text.encode())
    assert test.id == f"{'x' * 300}::a"


def test_names_that_are_cut_stay_apart() -> None:
    same = "x" * 10_000
    data = f"<testsuite><testcase name='{same}1'/><testcase name='{same}2'/></testsuite>".encode()
    _, tests = found(data)
    assert len({test.id for test in tests}) == 2
