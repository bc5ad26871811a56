"""Strategies for what people would never write: pieces of text, bytes, and mutations of real files."""

from collections.abc import Sequence

from hypothesis import strategies as st

SNIPPETS = (
    *("", "{", "}", "{{", "}}", "{}", "{env:", "{env:HOME}", "{env:NOT_SET:{posargs}}", "{posargs}", "{py}"),
    *("{root}", "{tmp:x}", "[", "]", "[[", "[!", "[]", "[!]", "[z-a]", "*", "**", "?", "*a" * 30, "[" * 200),
    *("<", ">=", ">=1,", "==3.99999999999", "3.99999999999", "3." + "9" * 30, "pypy3.10t", "²"),
    *("\x1b[2J", "\x00", "\x7f", "\x9b", "\u202e", "\u2028", "\r", "\n", "\t", "'", '"', "\\", "'''", '"""'),
    *("../..", "/", "a/../b", "~", "-", "--", "a-a-a-a", "ALL", "ß", "İ", "x" * 300, "1e308", "nan", "-inf"),
    *("10m", "1d", "999999999999d", "#", "=", "a.b", "a = 1", "[sessions.x]", "\ufeff", "😀"),
)
TOML_TOKENS = (
    *("[sessions.a]\n", "[[sessions.a.when]]\n", "[defaults]\n", "matrix", "=", "{", "}", "[", "]", ",", "."),
    *('"', "'", '"""', "'''", "\n", "\r\n", "#", "inf", "nan", "-1", "0x" + "f" * 400, "9" * 5000, "1e400"),
    *("1979-05-27T07:32:00Z", "9999-99-99", "07:32:00", "true", "\\u0000", "\\uD800", "[" * 300, "a." * 120),
)

pieces = st.sampled_from(SNIPPETS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
hostile_texts = st.lists(pieces, max_size=4).map("".join)


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], tokens: Sequence[str]) -> bytes:
    """A real file in which pieces are gone, doubled, swapped with another file's, or replaced."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 80)))
        other = draw(st.sampled_from(seeds))
        at = draw(st.integers(0, len(other)))
        new = draw(
            st.just(b"")
            | st.just(data[start:end] * 2)
            | st.just(other[at : at + 60])
            | st.sampled_from(tokens).map(str.encode)
            | st.binary(max_size=6)
        )
        data = data[:start] + new + data[end:]
    return data
