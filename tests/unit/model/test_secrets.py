"""Secrets are found in every spelling that is promised, also in output that comes in pieces."""

import base64
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.concealing import concealed
from runner.model.events import CellFinished, StepStarted
from runner.model.results import Attempt, CellResult, NotStarted, StepResult, TestResult
from runner.model.secrets import Concealer, looks_secret

VALUES = st.text(st.characters(codec="utf-8"), min_size=6, max_size=20).filter(
    lambda text: len(text.strip()) >= 6 and "*" not in text
)


@given(VALUES)
def test_a_value_is_found_in_every_spelling(value: str) -> None:
    conceal = Concealer((value,)).text
    assert conceal(value) == "***"
    assert conceal(f"-{value}-") == "-***-"
    for ascii_only in (True, False):
        assert conceal(json.dumps(value, ensure_ascii=ascii_only)) == '"***"'
    for encoded in (quote(value), quote(value, safe=""), quote_plus(value)):
        assert conceal(encoded) == "***"
    assert value not in conceal(shlex.join(("echo", value)))


@given(VALUES, st.binary(max_size=7), st.binary(max_size=7), st.booleans())
def test_a_value_is_found_in_base64_wherever_it_stands(
    value: str, before: bytes, after: bytes, url_safe: bool
) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    encoded = encode(before + value.encode() + after)
    shown = Concealer((value,)).data(encoded)
    assert b"***" in shown
    # What is left follows from what stands around it: a character at each edge that has bits of both.
    left = len(shown) - len(b"***")
    assert left <= len(base64.b64encode(before)) + len(base64.b64encode(after)) + 4


@given(
    st.lists(st.sampled_from(("secret-one", "secret-two", "secret", "sec", "ret", "-", "one", " "))),
    st.data(),
)
def test_output_in_pieces_is_shown_as_it_would_be_whole(words: list[str], data: st.DataObject) -> None:
    whole = "".join(words).encode()
    concealer = Concealer(("secret-one", "secret-two", "secret"))
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=20).map(sorted))
    stream = concealer.stream()
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    shown = b"".join([*map(stream.feed, pieces), stream.end()])
    assert shown == concealer.data(whole)


def test_only_what_may_begin_a_secret_is_held_back() -> None:
    stream = Concealer(("abcdef", "defghi")).stream()
    assert stream.feed(b"password: ") == b"password: "
    assert stream.feed(b"1 abc") == b"1 "
    assert stream.feed(b"x") == b"abcx"
    assert stream.feed(b"abcdefg") == b"***g"
    assert stream.end() == b""


def test_each_line_of_a_value_of_several_is_a_secret() -> None:
    key = "-----BEGIN KEY-----\n  c2VjcmV0IGtleQ==\n"
    assert Concealer((key,)).text("line 2: c2VjcmV0IGtleQ==.") == "line 2: ***."


def test_short_values_stay() -> None:
    concealer = Concealer(("", "12345", "a\nb"))
    assert concealer.text("12345") == "12345"
    assert not concealer


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *(("API_TOKEN", True), ("aws_secret_access_key", True), ("DB_PASSWORD", True), ("PGPASSWD", True)),
        *(("STRIPE_API_KEY", True), ("SSH_PRIVATE_KEY", True), ("GOOGLE_CREDENTIALS", True)),
        *(("PATH", False), ("KEYBOARD", False), ("DATABASE_URL", False)),
    ],
)
def test_names_tell(name: str, *, secret: bool) -> None:
    assert looks_secret(name) is secret


def test_a_result_loses_its_secrets_and_keeps_what_holds_it_together() -> None:
    step = StepResult(
        phase="command",
        attempt=1,
        argv=("curl", "postgres"),
        exit=NotStarted("postgres was not found"),
        ok=False,
        duration=1.0,
        reason="`postgres`",
    )
    test = TestResult(id="test[postgres]", outcome="failed", duration=0.1, message="no postgres")
    attempt = Attempt(number=1, outcome="failed", duration=1.0, steps=(step,), tests=(test,))
    result = CellResult(
        id="tests-postgres",
        session="tests",
        axes={"db": "postgres"},
        outcome="failed",
        attempts=(attempt,),
        log="/logs/tests-postgres.log",
        warnings=("postgres",),
    )
    shown = concealed(CellFinished(result=result), Concealer(("postgres", "failed"))).result
    assert (shown.id, shown.axes, shown.outcome) == ("tests-postgres", {"db": "postgres"}, "failed")
    assert shown.log == "/logs/tests-postgres.log"
    assert shown.warnings == ("***",)
    assert shown.attempts[0].tests[0] == TestResult(
        id="test[***]", outcome="failed", duration=0.1, message="no ***"
    )
    told = shown.attempts[0].steps[0]
    assert (told.argv, told.exit, told.reason) == (("curl", "***"), NotStarted("*** was not found"), "`***`")


def test_what_holds_no_secret_is_returned_as_it_is() -> None:
    event = StepStarted(cell="tests", attempt=1, phase="command", argv=("pytest",))
    assert concealed(event, Concealer(("secret-one",))) is event
