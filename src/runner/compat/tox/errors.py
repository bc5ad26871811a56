"""What can be wrong with a value of a tox config."""


class ToxError(Exception):
    """A value cannot be had: the message says why, in words for people."""


class Unset(Exception):  # noqa: N818 - it is no error that a key is not there
    """A section, or a table, does not set a key."""
