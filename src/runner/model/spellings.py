"""How programs may write a value: character by character, each with its alternatives.

The ways are those of plain text, of quotes in a shell, of strings in JSON and most languages, of addresses,
of XML, and base64 with whatever stands before and after the value, its lines broken or not.
"""

from binascii import b2a_base64
from collections.abc import Callable, Iterable
from functools import cache
from itertools import product

from msgspec import Struct

Unit = tuple[bytes, ...]
"""Alternatives, none of which is the beginning of another: at one place at most one of them fits."""

_LINE_ENDS = (b"\n", b"\r\n", rb"\n")
"""What may stand between any two characters of base64; the last is an end of a line within JSON."""

_SHORT = {"\n": rb"\n", "\r": rb"\r", "\t": rb"\t", "\b": rb"\b", "\f": rb"\f"}
_NAMED = {"&": b"&amp;", "<": b"&lt;", ">": b"&gt;", '"': b"&quot;", "'": b"&apos;"}
_MAY_BE_ESCAPED = "\"'/"
_MAY_BE_NUMBERED = "\"'/<>&+=`"
_ALWAYS_PLAIN = "-._"
_IN_BASE64 = {b"+": (b"+", b"-", b"%2B", b"%2b"), b"/": (b"/", b"_", b"%2F", b"%2f", rb"\/")}
_TWO_DIGITS, _FOUR_DIGITS = 0xFF, 0xFFFF
_SURROGATES = range(0xDC80, 0xDD00)
"""What stands for bytes that are no UTF-8."""


class Spelling(Struct, frozen=True):
    """One way to write a value, unit by unit.

    `anchor` is in all that the units match; when `in_lines`, once that was made one line. It may be empty.
    """

    units: tuple[Unit, ...]
    anchor: bytes
    in_lines: bool = False


def one_line(data: bytes) -> bytes:
    """Return the data without ends of lines."""
    return data.replace(rb"\n", b"").translate(None, b"\r\n")


def to_bytes(text: str) -> bytes:
    """Return the text as it stands in files; half a character that no file can hold becomes U+FFFD."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "".join(map(_writable, text)).encode("utf-8", "surrogateescape")


def spellings(value: str) -> frozenset[Spelling]:
    """Return the ways to write a value that neither begins nor ends with a blank."""
    ways = (_plain, _in_a_shell, _in_a_string, _in_bytes, _in_an_address, _in_xml, _string_in_xml)
    text = value.replace("\r\n", "\n")
    encoded = {_base64(to_bytes(each), before) for each in (value, text) for before in range(3)}
    return frozenset((*(_text(text, way) for way in ways), *encoded))


def in_short(value: str) -> frozenset[Spelling]:
    """Return how a value is written as it is, and as a string of JSON and most languages."""
    return frozenset((_text(value, _plain), _text(value, _in_a_string)))


def _text(value: str, way: Callable[[str], Iterable[bytes]]) -> Spelling:
    known = {character: _unit(way(character)) for character in set(value)}
    units: list[Unit] = []
    run: list[bytes] = []
    for unit in map(known.__getitem__, value):
        if len(unit) == 1:
            run += unit
            continue
        units += [(b"".join(run),)] if run else []
        units.append(unit)
        run.clear()
    units += [(b"".join(run),)] if run else []
    longest = max((unit[0] for unit in units if len(unit) == 1), key=len, default=b"")
    return Spelling(tuple(units), longest)


def _unit(alternatives: Iterable[bytes]) -> Unit:
    return tuple(dict.fromkeys(alternatives))


def _plain(character: str) -> Unit:
    return (b"\n", b"\r\n") if character == "\n" else (to_bytes(character),)


def _in_a_shell(character: str) -> Iterable[bytes]:
    """Yield the quoting of commands, in which characters that steer a terminal may be made visible."""
    if character == "'":
        yield from (b"'\"'\"'", rb"'\''")
        return
    yield from _plain(character)
    if not character.isprintable():
        yield character.encode("unicode_escape")


def _in_a_string(character: str) -> Iterable[bytes]:
    if character == "\\":
        yield rb"\\"
    else:
        yield from _plain(character)
    if character == "\n":
        yield rb"\r\n"
    if character in _MAY_BE_ESCAPED:
        yield b"\\" + character.encode()
    if character in _SHORT:
        yield _SHORT[character]
    if character.isascii() and character.isprintable() and character not in _MAY_BE_NUMBERED:
        return
    units = character.encode("utf-16-be", "surrogatepass").hex()
    yield from _either_case("".join(rf"\u{units[at : at + 4]}" for at in range(0, len(units), 4)))
    if ord(character) <= _TWO_DIGITS:
        yield from _either_case(rf"\x{ord(character):02x}")
    if ord(character) > _FOUR_DIGITS:
        yield from _either_case(rf"\U{ord(character):08x}")


def _in_bytes(character: str) -> Iterable[bytes]:
    if character.isascii():
        return _in_a_string(character)
    return _either_case("".join(rf"\x{byte:02x}" for byte in to_bytes(character)))


def _in_an_address(character: str) -> Iterable[bytes]:
    data = to_bytes(character)
    if (character.isascii() and character.isalnum()) or character in _ALWAYS_PLAIN:
        yield data
        return
    if character != "%":
        yield data
    if character == " ":
        yield b"+"
    if character == "\n":
        yield from _either_case("%0d%0a")
    yield from _either_case("".join(f"%{byte:02x}" for byte in data))


def _in_xml(character: str) -> Iterable[bytes]:
    if character != "&":
        yield from _plain(character)
    if character in _NAMED:
        yield _NAMED[character]
    elif character.isascii() and character.isprintable():
        return
    number = ord(character)
    yield f"&#{number};".encode()
    for digits in dict.fromkeys((f"{number:x}", f"{number:X}", f"{number:02X}", f"{number:04X}")):
        yield f"&#x{digits};".encode()
    if not character.isprintable():  # as pytest writes what XML cannot hold
        yield f"#x{number:0{2 if number <= _TWO_DIGITS else 4}X}".encode()


def _string_in_xml(character: str) -> Iterable[bytes]:
    """Yield what a test tool's report makes of a string that it shows as the language writes it."""
    for written in _in_a_string(character):
        escaped = map(_in_xml, written.decode("utf-8", "surrogateescape"))
        yield from map(b"".join, product(*escaped))


def _either_case(escape: str) -> Iterable[bytes]:
    """Yield an escape with its digits in both cases; the letter that announces them stays."""
    yield escape.encode()
    yield "".join(each if each in "ux" else each.upper() for each in escape).encode()


def _base64(data: bytes, before: int) -> Spelling:
    """Return the characters that follow from `data` alone, when so many bytes stand before it (RFC 4648)."""
    encoded = b2a_base64(b"\0" * before + data, newline=False)
    sure = encoded[-(-8 * before // 6) : 8 * (before + len(data)) // 6]
    first, *others = (sure[at : at + 1] for at in range(len(sure)))
    units = (_IN_BASE64.get(first, (first,)), *map(_on_any_line, others))
    anchor = max(sure.replace(b"/", b"+").split(b"+"), key=len)
    return Spelling(units, anchor, in_lines=True)


@cache
def _on_any_line(character: bytes) -> Unit:
    alternatives = _IN_BASE64.get(character, (character,))
    return tuple(end + each for end in (b"", *_LINE_ENDS) for each in alternatives)


def _writable(character: str) -> str:
    number = ord(character)
    lone = 0xD800 <= number <= 0xDFFF and number not in _SURROGATES  # noqa: PLR2004 - all surrogates
    return "\ufffd" if lone else character
