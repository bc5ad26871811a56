"""How channels are reached: logins, retries, and not at all when offline."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from rattler import Channel as RattlerChannel
from rattler import Client, Gateway, SourceConfig
from rattler.networking.middleware import (
    AddHeadersMiddleware,
    AuthenticationMiddleware,
    GCSMiddleware,
    MirrorMiddleware,
    OciMiddleware,
    RetryMiddleware,
    S3Middleware,
)

from runner import CellError
from runner_conda.channels import Channel
from runner_conda.engine.calls import Phase

_NAMED = 5
_TRIES = 2
_INDEX_SECONDS = 300
_PACKAGE_SECONDS = 3600


def only_fetched(phase: Phase, names: Sequence[str]) -> CellError:
    """Return the error that these files would have to be fetched, and must not be."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return CellError(
        phase,
        f"with --offline there is only what was fetched before, and not {', '.join(names[:_NAMED])}{more}:"
        " run once without --offline",
    )


def address(channel: Channel) -> str:
    """Return the URL of a channel, which ends in a slash and has no credentials."""
    return RattlerChannel(channel.address).base_url


def gateway(channels: tuple[Channel, ...], index: Path, *, offline: bool) -> Gateway:
    """Return what asks the channels for what they have; `index` keeps what they said.

    When `offline`, only that serves, however old, and channels that are folders.
    """
    return Gateway(
        cache_dir=index,
        default_config=SourceConfig(cache_action="force-cache-only" if offline else "cache-or-fetch"),
        client=client(channels, offline=offline, seconds=_INDEX_SECONDS),
    )


def client(channels: tuple[Channel, ...], *, offline: bool, seconds: int = _PACKAGE_SECONDS) -> Client:
    """Return what fetches from the channels, with their logins; when `offline` it refuses to.

    `seconds` are those of one request.
    """
    if offline:
        return Client([AddHeadersMiddleware(_refuse)])
    users = {_place(address(each)): each.authorization for each in channels if each.user}
    tokens = {address(each): [_with_token(address(each), each.token)] for each in channels if each.token}

    def log_in(host: str, path: str) -> dict[str, str] | None:
        for (known, folder), authorization in users.items():
            if known == host and path.startswith(folder):
                return {"Authorization": authorization}
        return None

    return Client(
        [
            RetryMiddleware(_TRIES),
            *([AddHeadersMiddleware(log_in)] if users else []),
            *([MirrorMiddleware(tokens)] if tokens else []),
            AuthenticationMiddleware(),
            OciMiddleware(),
            GCSMiddleware(),
            S3Middleware(),
        ],
        timeout=seconds,
    )


def _refuse(_host: str, _path: str) -> NoReturn:
    raise ConnectionRefusedError("--offline")


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.path


def _with_token(url: str, token: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=f"/t/{token}{parts.path}").geturl()
