"""Who is greeted."""

import attrs


@attrs.frozen
class Guest:
    """A guest with a name and the code of the language that they like to be greeted in."""

    name: str = attrs.field(converter=str.strip, validator=attrs.validators.min_len(1))
    language: str = "en"


def read_guest(text: str) -> Guest:
    """Read `name` or `name@language`. Raises ValueError when there is no name."""
    name, _, language = text.partition("@")
    return Guest(name, language or "en")
