"""Foreign text for people: nothing in it can steer a terminal."""

import re

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but tab and newline
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"  # ends of lines, and what turns the writing direction
    "\ufff9-\ufffb\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""Return foreign text that cannot steer a terminal: control characters become `\x1b` and the like.

    Newlines and tabs stay. Characters that turn the writing direction count as control characters.
    """
    return HIDDEN.sub(_escaped, text)


def line(text: str) -> str:
    r"""Return foreign text, such as a name, as part of one line: newlines become `\n`, tabs `\t`."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
