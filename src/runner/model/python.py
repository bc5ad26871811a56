"""Which Python a cell asks for, and which one was found."""

import re
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Missing = Literal["error", "skip", "download"]
"""What to do without the interpreter of a cell."""

OLDEST = (3, 6)
"""The first version that environments can be made of."""

_VERSION = re.compile(
    r"(?P<impl>pypy)?(?P<version>\d{1,18}\.\d{1,18}(?:\.\d{1,18})?)(?P<threads>t)?", re.ASCII
)


class PythonSpec(Struct, frozen=True):
    """A request for an interpreter: a version, or the path of one.

    `text` is the request as written. With a path, `version` is empty: it has none while planning.
    `others` are taken in turn when there is none. `missing` says what then becomes of the cell; None: what
    the config says for all.
    """

    text: str
    implementation: Literal["cpython", "pypy"] = "cpython"
    version: tuple[int, ...] = ()
    free_threaded: bool = False
    path: str | None = None
    others: "tuple[PythonSpec, ...]" = ()
    missing: Literal["error", "skip"] | None = None

    @property
    def factor(self) -> str:
        """The factor in a cell's id: `py311`, `pypy310`, `py313t`; empty for a path."""
        if self.path is not None:
            return ""
        prefix = "pypy" if self.implementation == "pypy" else "py"
        return prefix + "".join(map(str, self.version)) + ("t" if self.free_threaded else "")


class Offer(Struct, frozen=True):
    """The path of an interpreter that a plugin has for a request."""

    plugin: str
    path: str


class Interpreter(Struct, frozen=True):
    """An installed interpreter and its identity, as the interpreter itself told it.

    `executable` is the real path; `size` (bytes) and `mtime` (nanoseconds) are those of that file;
    `tags` are the wheel tags that it takes, best first.
    """

    executable: str
    implementation: str
    version: str
    sys_version: str
    soabi: str
    free_threaded: bool
    size: int
    mtime: int
    platform: str
    tags: tuple[str, ...]


def dotted(version: tuple[int, ...]) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, version))


def alternatives(spec: PythonSpec) -> tuple[PythonSpec, ...]:
    """Return a request and its `others`, in turn, each without any of its own."""
    return (
        replace(spec, others=()),
        *(each for other in spec.others for each in alternatives(other)),
    )


def parse_python(text: str) -> PythonSpec | None:
    """Read a request for a Python: `X.Y`, `X.Y.Z`, `pypyX.Y`, each optionally with `t`; else None.

    Paths are not versions: whoever reads a setting that may be a path builds that `PythonSpec` itself.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    return PythonSpec(
        text=text,
        implementation="pypy" if match["impl"] else "cpython",
        version=tuple(map(int, match["version"].split("."))),
        free_threaded=match["threads"] is not None,
    )
