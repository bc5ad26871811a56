"""What a front end is given to read a config file of its format."""

from typing import Literal

from msgspec import Struct

from runner.model.layout import FRESH
from runner.model.plan import Host

ToxKind = Literal["tox.ini", "setup.cfg", "[tool.tox]", "legacy_tox_ini", "tox.toml"]
"""The layouts of configs of tox, by where they stand."""

ConfigKind = ToxKind | Literal["other"]
"""The layouts of configs that are not runner's own; `other`: a file that `-c` names, for plugins to know."""


class ConfigRequest(Struct, frozen=True, kw_only=True):
    """A config file to read, and what of the command line and the machine its values may depend on.

    `file` and `cwd`, where runner was started, are absolute paths, `shown` is the file's name for people.
    `select` are the selectors, their braces expanded, None without `-e`. `posargs` is None when there was no
    `--`. `tty`: stdin and stdout are terminals. `hash_seed` is a random number from 1 to 4294967295. `brief`:
    only what `list` shows is wanted; settings may be left out. `as_json`: what `config` adds in JSON is
    wanted, too. `environments` is the folder of the work-dir that environments are in. Of environments that
    no selector can mean, settings may always be left out.
    """

    kind: ConfigKind
    file: str
    shown: str
    text: str
    document: dict[str, object] | None
    lines: dict[tuple[str | int, ...], int]
    cwd: str
    select: tuple[str, ...] | None
    posargs: tuple[str, ...] | None
    environ: dict[str, str]
    host: Host
    tty: bool
    hash_seed: int
    brief: bool = False
    as_json: bool = False
    environments: str = FRESH
