"""Channels: where packages come from, as the config names them, without what logs in there."""

import base64
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from msgspec import Struct

from runner import CellError

DEFAULT = "conda-forge"

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)*", re.ASCII)
_TOKEN = re.compile(r"^/t/(?P<token>[^/]+)(?=/|$)")
_OPENERS = re.compile(r"(?<=://).*@|(?<=/t/)[^/]+")
_SCHEMES = ("https", "http", "file", "s3", "gcs", "oci")
_DEFAULTS, _NO_DEFAULTS = "defaults", "nodefaults"
"""Names that are no channels: conda itself puts others in place of the first, and none of the second."""


class Channel(Struct, frozen=True):
    """One channel: `address` is a name or a URL without credentials; `shown` is how the config names it.

    `user` (`name:password`) and `token` are what logs in there.
    """

    address: str
    shown: str
    user: str = ""
    token: str = ""

    @property
    def authorization(self) -> str:
        """The value of the header that logs in, empty without a user."""
        return f"Basic {base64.b64encode(self.user.encode()).decode()}" if self.user else ""


def channels_of(texts: tuple[str, ...], root: Path, key: str) -> tuple[Channel, ...]:
    """Return the channels that these names, URLs and paths stand for, in order.

    Raises CellError, which begins with `key`, where they stand.
    """
    try:
        return tuple(dict.fromkeys(_channel(text, root) for text in texts if text != _NO_DEFAULTS))
    except ValueError as error:
        raise CellError("lock", f"{key}: {error}") from error


def placed(text: str, root: Path) -> Path:
    """Return the path that is written from `root`, from a home, or whole. Raises ValueError."""
    try:
        return root / Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{text!r} names a home that is not known") from error


def _channel(text: str, root: Path) -> Channel:
    """Return one channel. Raises ValueError."""
    if "://" in text:
        return _of_url(text)
    if text.startswith((".", "/", "~")):
        return Channel(placed(text, root).resolve().as_uri(), text)
    if text == _DEFAULTS:
        raise ValueError(
            f"{_DEFAULTS} is no channel, but stands for several that conda itself is told: name"
            " their addresses, or another channel"
        )
    if _NAME.fullmatch(text) is None:
        raise ValueError(
            f"{text!r} is no channel; expected a name such as {DEFAULT}, a URL, or a path that"
            " begins with ./ or /"
        )
    return Channel(text, text)


def _of_url(text: str) -> Channel:
    try:
        parts = urlsplit(text.rstrip("/"))
        fault = _fault(parts)
    except ValueError:  # what it says may hold a password
        fault = "what stands between // and / is no host with a port"
    if fault:
        raise ValueError(f"{_OPENERS.sub('***', text)!r} is no address of a channel: {fault}")
    login, at, host = parts.netloc.rpartition("@")
    token = _TOKEN.match(parts.path)
    path = parts.path[token.end() :] if token else parts.path
    clean = urlunsplit((parts.scheme, host, path, "", ""))
    return Channel(clean, clean, unquote(login) if at else "", token["token"] if token else "")


def _fault(parts: SplitResult) -> str:
    """Say why nobody could ask at an address; empty when it can be tried. Raises ValueError."""
    if parts.scheme not in _SCHEMES:
        return f"it begins with {parts.scheme}://, expected one of {', '.join(_SCHEMES)}"
    if parts.scheme == "file":
        return ""
    if not parts.hostname:
        return "it names no host"
    if parts.port == 0 or re.search(r"\s", parts.hostname):
        raise ValueError
    return ""
