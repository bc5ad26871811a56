"""Secrets: found, however they are written, and replaced."""

from collections.abc import Iterable

from runner.model.needle import Needles, Span
from runner.model.secret_names import SHOWN, long_enough
from runner.model.spellings import in_short, spellings, to_bytes

MOST_LINES = 100
"""Of one value that are looked for in all spellings: keys and certificates have fewer."""

_SHOWN = SHOWN.encode()


class Concealer:
    """Replaces the values that it knows by `***`, wherever they stand, in all their `spellings`.

    Of a value of several lines each line is a secret, too; those after the first MOST_LINES are known as they
    are and in JSON alone. Values that are not long enough are not looked for. Of values that overlap in a
    text nothing stays.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = {value.strip() for value in values if long_enough(value)}
        ways = {way for value in known for way in spellings(value)}
        for value in known:
            lines = tuple(line.strip() for line in value.splitlines() if long_enough(line))
            if len(lines) > 1 or lines != (value,):
                ways.update(way for line in lines[:MOST_LINES] for way in spellings(line))
                ways.update(way for line in lines[MOST_LINES:] for way in in_short(line))
        self._needles = Needles(ways)

    def __bool__(self) -> bool:
        return bool(self._needles)

    def finds(self, texts: Iterable[str]) -> bool:
        """Say whether one of the texts, none of which holds a NUL, holds a secret."""
        data = to_bytes("\0".join(texts)) if self._needles else b""
        return bool(self._needles.spans(data))

    def text(self, text: str) -> str:
        """Return the text with what is secret replaced."""
        if not self._needles:
            return text
        data = to_bytes(text)
        shown = self.data(data)
        return text if shown is data else shown.decode("utf-8", "surrogateescape")

    def data(self, data: bytes) -> bytes:
        """Return the same of bytes: themselves when there is no secret in them."""
        spans = self._needles.spans(data)
        return _replaced(data, spans, 0, len(data))[0] if spans else data

    def stream(self) -> "Stream":
        """Return what does the same to output that comes in pieces."""
        return Stream(self._needles)


NO_SECRETS = Concealer()


class Stream:
    """Output on its way: what may be the beginning of a secret is held back until it is known."""

    def __init__(self, needles: Needles) -> None:
        self._needles = needles
        self._held = b""
        self._covered = 0
        """So much of what is held belongs to a secret that was replaced already."""

    def feed(self, data: bytes) -> bytes:
        """Take in the next piece, and return what can be shown by now."""
        data = self._held + data
        return self._shown(data, self._needles.may_begin(data))

    def end(self) -> bytes:
        """Return the rest."""
        return self._shown(self._held, len(self._held))

    def _shown(self, data: bytes, cut: int) -> bytes:
        shown, end = _replaced(data, self._needles.spans(data), self._covered, cut)
        self._held, self._covered = data[cut:], max(0, end - cut)
        return shown


def _replaced(data: bytes, spans: list[Span], at: int, cut: int) -> tuple[bytes, int]:
    """Return the data from `at` up to `cut` without secrets, and where the last that begins there ends.

    Secrets that overlap are replaced as one, also with one that ends at `at` and was replaced before.
    """
    shown: list[bytes] = []
    for start, end in spans:
        if start >= cut:
            break
        if start >= at:
            shown += (data[at:start], _SHOWN)
        at = max(at, end)
    shown.append(data[at:cut])
    return b"".join(shown), at
