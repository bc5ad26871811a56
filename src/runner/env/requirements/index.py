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

    @property
    def login(self) -> str:
        """What the address says before its host: `user:password`, or nothing."""
        return urlsplit(self.url).netloc.rpartition("@")[0]

    @property
    def origin(self) -> str:
        """What the addresses of files beside it begin with, as uv writes it: `https://host`."""
        return f"{urlsplit(self.url).scheme}://{self.host.lower()}"

    @property
    def path(self) -> str:
        """What follows the host in the address."""
        return urlsplit(self.url).path or "/"
