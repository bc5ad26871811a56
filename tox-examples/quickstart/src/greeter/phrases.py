"""What they are told."""

from greeter.guest import Guest

_PHRASES = {"en": "Hello, {}!", "fr": "Bonjour, {} !", "is": "Halló, {}!"}

LANGUAGES = tuple(_PHRASES)


class UnknownLanguage(LookupError):
    """There is no phrase in that language."""


def greet(guest: Guest) -> str:
    """Return the greeting of a guest. Raises UnknownLanguage."""
    try:
        phrase = _PHRASES[guest.language]
    except KeyError:
        raise UnknownLanguage(
            f"{guest.language}: expected one of {', '.join(LANGUAGES)}"
        ) from None
    return phrase.format(guest.name)
