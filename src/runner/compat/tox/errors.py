"""What can be wrong with a value of a tox config."""

_LONGEST = 2_000


def shortened(message: str) -> str:
    """Return a message, of a very long one both ends."""
    half = _LONGEST // 2
    return message if len(message) <= _LONGEST else f"{message[:half]} [...] {message[-half:]}"


class ToxError(Exception):
    """A value cannot be had: the message says why, in words for people, and is never very long."""

    key = ""
    """Of an environment, the key whose value it is; empty until that is known."""

    def __init__(self, message: str) -> None:
        super().__init__(shortened(message))


class ContextError(ToxError):
    """A value cannot be had from where it was asked for; from elsewhere it may."""


class TooDeepError(ContextError):
    """Values lead to each other, or braces stand within each other, beyond what can be followed."""

    def __init__(self) -> None:
        super().__init__(
            "values refer to each other, or braces stand in each other, too deeply; write it flatter"
        )


class Budget:
    """What one value may take, in characters or parts: few lines can stand for more than any memory."""

    def __init__(self) -> None:
        self._left = 1_000_000

    def spend(self, amount: int) -> None:
        """Take from what is left. Raises ToxError when that is not enough."""
        self._left -= amount
        if self._left < 0:
            raise ToxError("what it refers to, and what that refers to, is too much; refer to less")


class Unset(Exception):  # noqa: N818 - it is no error that a key is not there
    """A section, or a table, does not set a key."""
