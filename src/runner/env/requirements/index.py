"""An index that something else than the installer's settings names."""

from urllib.parse import urlsplit

from msgspec import Struct


class Index(Struct, frozen=True):
    """An index; `url` may hold credentials. Not `verified`: its certificate is not looked at."""

    url: str
    verified: bool = True

    @property
    def host(self) -> str:
        """The host, with its port where the address names one."""
        return urlsplit(self.url).netloc.rpartition("@")[2]
