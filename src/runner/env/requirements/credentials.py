"""User names and passwords in addresses: found, and hidden."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

_CREDENTIALS = re.compile(r"(?<=://)[^/\s\"]+(?=@)")
"""Up to the last @ before the path: a password may hold others."""

_LOGIN = re.compile(r"https?://([^/\s\"]+)@")

_PUBLIC = frozenset(("git", "hg", "svn"))
"""User names that say how to log in, not who does."""

_HIDDEN = re.compile(r"(?<=://)<[0-9a-f]{12}>(?=@)")


def has_credentials(text: str) -> bool:
    """Return whether an address in the text holds some."""
    return any(found not in _PUBLIC for found in _CREDENTIALS.findall(text))


def logins(text: str) -> Iterator[str]:
    """Yield what the web addresses in the text say that nobody should see: passwords, and lone user names.

    A password comes decoded, and, as it may be too short to be looked for, with its user name before it.
    """
    for found in _LOGIN.findall(text):
        _, colon, password = found.partition(":")
        if colon:
            yield from (found, unquote(password))
        elif found not in _PUBLIC:
            yield unquote(found)


def concealed(text: str) -> str:
    """Return the text with a hash in the place of credentials: a change of them can be told."""
    import hashlib  # noqa: PLC0415 - start-up: verbs that only show things do without

    def conceal(match: re.Match[str]) -> str:
        if match.group() in _PUBLIC:
            return match.group()
        return f"<{hashlib.sha256(match.group().encode()).hexdigest()[:12]}>"

    return _CREDENTIALS.sub(conceal, text)


def hidden(text: str) -> str:
    """Return the text for people: nothing tells one password from another."""
    return blanked(concealed(text)) if "@" in text else text


def blanked(text: str) -> str:
    """Return text that was concealed without the hashes: others have other credentials."""
    return _HIDDEN.sub("***", text)
