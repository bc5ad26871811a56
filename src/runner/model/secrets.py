"""Secrets: which variables hold them, and how their values are found in whatever spelling and replaced."""

import re
import shlex
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

import msgspec

LEAST = 6
"""Characters that a value must have: what is shorter stands in too much text that is no secret."""

SHOWN = "***"

_PARTS = ("TOKEN", "SECRET", "PASSW", "API_KEY", "PRIVATE_KEY", "CREDENTIAL")
_SHOWN = SHOWN.encode()
_GROUP = 3
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


def looks_secret(name: str) -> bool:
    """Say whether a variable of that name is likely to hold a secret."""
    return any(part in name.upper() for part in _PARTS)


class Concealer:
    """Replaces the values that it knows by `***`, wherever they stand.

    As they are, in the quotes of a shell, JSON-escaped, percent-encoded, and in base64 whatever stands
    before them; of a value of several lines each line, too. Values shorter than LEAST are not looked for.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        spellings = {spelling for value in values for spelling in _spellings(value)}
        # At one place the longest is to be found: part of a secret must not stay.
        self.spellings = tuple(sorted(spellings, key=lambda each: (-len(each), each)))
        self._pattern = re.compile(b"|".join(map(re.escape, self.spellings))) if spellings else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def finds(self, texts: Iterable[str]) -> bool:
        """Say whether one of the texts holds a secret."""
        return self._pattern is not None and any(self._pattern.search(_bytes(text)) for text in texts)

    def text(self, text: str) -> str:
        """Return the text with what is secret replaced."""
        if self._pattern is None:
            return text
        data = _bytes(text)
        shown = self._pattern.sub(_SHOWN, data)
        return text if shown == data else shown.decode("utf-8", "surrogateescape")

    def search(self, data: bytes, start: int) -> re.Match[bytes] | None:
        """Find the first secret in `data` from `start` on."""
        return self._pattern.search(data, start) if self._pattern else None

    def data(self, data: bytes) -> bytes:
        """Return the same of bytes."""
        return self._pattern.sub(_SHOWN, data) if self._pattern else data

    def stream(self) -> "Stream":
        """Return what does the same to output that comes in pieces."""
        return Stream(self)


NO_SECRETS = Concealer()


class Stream:
    """Output on its way: what may be the beginning of a secret is held back until it is known."""

    def __init__(self, concealer: Concealer) -> None:
        self._concealer = concealer
        self._longest = max(map(len, concealer.spellings), default=0)
        self._starts: dict[bytes, tuple[bytes, ...]] = {}
        for spelling in concealer.spellings:
            start = spelling[:_GROUP]
            self._starts[start] = (*self._starts.get(start, ()), spelling)
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take in the next piece, and return what can be shown by now."""
        data = self._held + data
        shown, at = [], 0
        while True:
            held = self._may_begin(data, at)
            found = self._concealer.search(data, at)
            if found is None or found.start() >= held:
                break
            shown += [data[at : found.start()], _SHOWN]
            at = found.end()
        self._held = data[held:]
        return b"".join((*shown, data[at:held]))

    def end(self) -> bytes:
        """Return the rest."""
        rest, self._held = self._held, b""
        return self._concealer.data(rest)

    def _may_begin(self, data: bytes, start: int) -> int:
        """Return the first place from `start` on where all that follows may be the beginning of a secret."""
        for at in range(max(start, len(data) - self._longest + 1), len(data)):
            rest = data[at:]
            if any(spelling.startswith(rest) for spelling in self._beginning_with(rest)):
                return at
        return len(data)

    def _beginning_with(self, rest: bytes) -> tuple[bytes, ...]:
        if len(rest) < _GROUP:
            return self._concealer.spellings
        return self._starts.get(rest[:_GROUP], ())


def _spellings(value: str) -> Iterator[bytes]:
    for each in {value, value.strip(), *(line.strip() for line in value.splitlines())}:
        if len(each) >= LEAST:
            yield from _spellings_of_one(each)


def _spellings_of_one(value: str) -> Iterator[bytes]:
    data = _bytes(value)
    yield data
    yield _bytes(shlex.quote(value)[1:-1]) if "'" in value else data
    escaped = msgspec.json.encode(data.decode("utf-8", "replace"))[1:-1]
    yield escaped
    yield _in_ascii(escaped.decode())
    for encoded in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield encoded.encode()
        yield re.sub(r"%..", lambda found: found[0].lower(), encoded).encode()
    for before in range(3):
        standard = _within_base64(data, before)
        yield standard
        yield standard.translate(_FOR_URLS)


def _in_ascii(text: str) -> bytes:
    r"""Return the text with all but printable ASCII as JSON may write it: `\u00e4`."""
    return "".join(each if " " <= each <= "~" else _escaped(each) for each in text).encode()


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _within_base64(data: bytes, before: int) -> bytes:
    """Return the characters that follow from `data` alone, when so many bytes stand before it (RFC 4648)."""
    encoded = b2a_base64(b"\0" * before + data, newline=False)
    first = -(-8 * before // 6)
    return encoded[first : 8 * (before + len(data)) // 6]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
