"""Secrets are found however they are written, also in output that comes in pieces."""

import base64
import html
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model.secret_names import looks_secret
from runner.model.secrets import Concealer

SPECIAL = "ab+/=&<>\"'\\%~ \n\t\x1b\x7fäÃ€\U0001f511\udcff*`$"
VALUES = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=6, max_size=20), st.text(SPECIAL, min_size=6, max_size=12)
).filter(lambda text: len(text.strip()) >= 6)

ENCODABLE = VALUES.filter(lambda text: "\udcff" not in text and "\r" not in text)

WRITERS: tuple[Callable[[str], str], ...] = (
    str,
    shlex.quote,
    json.dumps,
    lambda value: json.dumps(value, ensure_ascii=False),
    lambda value: json.dumps(value, ensure_ascii=False).replace("/", r"\/"),
    repr,
    ascii,
    quote_plus,
    quote,
    lambda value: quote(value, safe=""),
    lambda value: quote(value, safe="!*'()~;,?:@&=+$#/"),
    escape,
    html.escape,
    quoteattr,
    lambda value: quoteattr(json.dumps(value)[1:-1]),
    lambda value: escape(repr(value)),
)


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted(min(cut, len(data)) for cut in cuts)
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def through_a_stream(concealer: Concealer, pieces: list[bytes]) -> bytes:
    stream = concealer.stream()
    return b"".join([*map(stream.feed, pieces), stream.end()])


@given(ENCODABLE, st.sampled_from(WRITERS))
def test_a_value_is_found_however_it_is_written(value: str, write: Callable[[str], str]) -> None:
    value = value.strip()
    concealer = Concealer((value,))
    quotes = "\"'"
    assert concealer.text(write(value)).strip(quotes) == "***"
    assert concealer.text(f"-{value}-") == "-***-"


@given(VALUES, st.binary(max_size=7), st.binary(max_size=90), st.booleans(), st.sampled_from((0, 64, 76)))
def test_a_value_is_found_in_base64_wherever_it_stands(
    value: str, before: bytes, after: bytes, url_safe: bool, width: int
) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    value = value.strip()
    before += b"." * 63
    encoded = encode(before + value.encode("utf-8", "surrogateescape") + after)
    lines = [encoded[at : at + width] for at in range(0, len(encoded), width)] if width else [encoded]
    shown = Concealer((value,)).data(b"\n".join(lines))
    assert b"***" in shown
    # What is left follows from what stands around it: a character at each edge that has bits of both.
    left = len(shown.replace(b"\n", b"")) - len(b"***")
    assert left <= len(encode(before)) + len(encode(after)) + 4


@pytest.mark.parametrize("spelling", ["s%3acr%3Aet", "s%3Acr%3aet"])
def test_each_escape_may_be_in_either_case(spelling: str) -> None:
    assert Concealer(("s:cr:et",)).text(spelling) == "***"


def test_base64_may_itself_be_part_of_an_address_or_of_json() -> None:
    value = "??>>??>>"
    encoded = base64.b64encode(value.encode()).decode()
    assert "/" in encoded
    assert Concealer((value,)).text(quote(encoded, safe="")) == "***4%3D"
    assert Concealer((value,)).text(encoded.replace("/", r"\/")) == "***4="


@given(
    st.lists(st.sampled_from(("secret-one", "secret-two", "secret", "sec", "ret", "-", "one", "aaa", " "))),
    st.lists(st.integers(0, 200), max_size=20),
)
def test_output_in_pieces_is_shown_as_it_would_be_whole(words: list[str], cuts: list[int]) -> None:
    whole = "".join(words).encode()
    concealer = Concealer(("secret-one", "secret-two", "secret", "aaaaaa", "retone-sec"))
    assert through_a_stream(concealer, pieces_of(whole, cuts)) == concealer.data(whole)


@given(
    st.lists(ENCODABLE, min_size=1, max_size=3),
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(WRITERS), st.text(SPECIAL, max_size=4)), max_size=6
    ),
    st.lists(st.integers(0, 400), max_size=20),
)
def test_so_it_is_in_every_spelling(
    values: list[str], parts: list[tuple[int, Callable[[str], str], str]], cuts: list[int]
) -> None:
    concealer = Concealer(values)
    whole = "".join(text + write(values[which % len(values)].strip()) for which, write, text in parts)
    data = whole.encode("utf-8", "surrogateescape")
    shown = concealer.data(data)
    assert through_a_stream(concealer, pieces_of(data, cuts)) == shown
    assert not parts or b"***" in shown


@given(
    st.text("ab", min_size=6, max_size=9), st.text("ab", min_size=6, max_size=9), st.text("ab ", max_size=60)
)
def test_of_values_that_overlap_nothing_stays(one: str, two: str, text: str) -> None:
    hidden: set[int] = set()
    for value in (one, two):
        for start in range(len(text)):
            if text.startswith(value, start):
                hidden |= set(range(start, start + len(value)))
    shown = Concealer((one, two)).text(text)
    assert shown.replace("*", "") == "".join(each for at, each in enumerate(text) if at not in hidden)


def test_a_value_within_another_and_one_of_stars_are_found() -> None:
    conceal = Concealer(("secret", "a secret value", "**********", "pass**word")).text
    assert conceal("[a secret value] [secret] [**********] [pass**word]") == "[***] [***] [***] [***]"


def test_of_a_value_that_overlaps_itself_nothing_stays() -> None:
    assert Concealer(("ababab",)).text("abababab, abababab") == "***, ***"


def test_only_what_may_begin_a_secret_is_held_back() -> None:
    stream = Concealer(("abcdef", "defghi")).stream()
    assert stream.feed(b"password: ") == b"password: "
    assert stream.feed(b"1 abc") == b"1 "
    assert stream.feed(b"x") == b"abcx"
    assert stream.feed(b"abcdefg") == b"***"
    assert stream.feed(b"hx") == b"ghx"
    assert stream.feed(b"abcdefghi") == b"***"
    assert stream.end() == b""
    assert Concealer(("aabcdef",)).stream().feed(b"aaab") == b"a"


def test_each_line_of_a_value_of_several_is_a_secret() -> None:
    key = "-----BEGIN KEY-----\r\n  c2VjcmV0IGtleQ==\r\n"
    conceal = Concealer((key,)).text
    assert conceal("line 2: c2VjcmV0IGtleQ==.") == "line 2: ***."
    assert conceal(json.dumps({"key": key.replace("\r", "")})) == '{"key": "***\\n"}'


LINES = tuple(f'{number:03} "said/{number}+{chr(228)}" & <{number}>%' for number in range(150))
"""Many enough for what is done of many alone."""


def test_each_line_of_a_value_is_found_however_it_is_written() -> None:
    concealer = Concealer(("\n".join(LINES),))
    for line in LINES[:100]:
        for write in WRITERS:
            assert concealer.text(f"<<{write(line)}>>").strip("<>\"'") == "***"
        for before in range(3):
            encoded = base64.b64encode(b"x" * before + line.encode() + b"end").decode()
            assert "***" in concealer.text(encoded)
    for line in LINES[100:]:
        for write in (str, json.dumps):
            assert concealer.text(f"<<{write(line)}>>").strip("<>\"'") == "***"


@settings(deadline=None)
@given(st.lists(st.sampled_from([*LINES, "\n", "said/", "0", *"abc"])), st.lists(st.integers(0, 400)))
def test_so_it_is_of_many_in_output_that_comes_in_pieces(words: list[str], cuts: list[int]) -> None:
    data = "".join(words).encode()
    shown = through_a_stream(OF_MANY_LINES, pieces_of(data, cuts))
    assert shown == OF_MANY_LINES.data(data)
    assert not any(line.encode() in shown for line in LINES)


OF_MANY_LINES = Concealer(("\n".join(LINES),))


def test_values_that_are_too_short_stay() -> None:
    concealer = Concealer(("", "12345", "a\nb", "  1234  "))
    assert concealer.text("12345") == "12345"
    assert not concealer


def test_a_text_that_no_file_can_hold_is_no_error() -> None:
    conceal = Concealer(("secret", "\udcffbytes")).text
    assert conceal("\ud800 secret") == "\ufffd ***"
    assert conceal("\ud800 nothing") == "\ud800 nothing"
    assert conceal("\udcffbytes \udcfe") == "*** \udcfe"


def test_what_holds_no_secret_is_returned_as_it_is() -> None:
    text, data = "a text of some length", b"bytes"
    concealer = Concealer(("secret",))
    assert concealer.text(text) is text
    assert concealer.data(data) is data
    assert concealer.finds(("a", "my secret"))
    assert not concealer.finds(("sec", "ret"))


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
