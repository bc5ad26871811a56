"""Which wheels another interpreter of this machine takes."""

import sysconfig
from collections.abc import Iterator

from packaging import tags


def wheel_tags(implementation: str, version: tuple[int, int], soabi: str, platform: str) -> tuple[str, ...]:
    """Return the wheel tags that an interpreter takes, best first.

    `version` is its X.Y, `soabi` and `platform` are what its sysconfig says (`cpython-312-x86_64-linux-gnu`,
    `linux-x86_64`); an empty `soabi` stands for the usual one of its version.
    """
    platforms = _platforms(soabi, platform)
    nodot = "".join(map(str, version))
    if implementation == "pypy":
        interpreter = f"pp{nodot}"
        abi = "_".join(soabi.split("-")[:2])
        own = tags.generic_tags(interpreter=interpreter, abis=[abi] if abi else [], platforms=platforms)
    else:
        interpreter = f"cp{nodot}"
        own = tags.cpython_tags(version, abis=_abis(nodot, soabi), platforms=platforms)
    common = tags.compatible_tags(version, interpreter=interpreter, platforms=platforms)
    return tuple(dict.fromkeys(str(tag) for tag in _both(own, common)))


def _both(own: Iterator[tags.Tag], common: Iterator[tags.Tag]) -> Iterator[tags.Tag]:
    yield from own
    yield from common


def _abis(nodot: str, soabi: str) -> list[str]:
    """The ABI is the second part of SOABI: `312`, `313t`, `37m`; a debug build takes release wheels too."""
    parts = soabi.split("-")
    own = f"cp{parts[1] if len(parts) > 1 else nodot}"
    return [own, own.removesuffix("d")] if own.endswith("d") else [own]


def _platforms(soabi: str, platform: str) -> list[str]:
    """Those of this machine, as our own Python knows them; one built for another libc or CPU has its own."""
    ours = str(sysconfig.get_config_var("SOABI") or "")
    libc = soabi.split("-")[2:]
    if platform == sysconfig.get_platform() and (not libc or libc == ours.split("-")[2:]):
        return list(tags.platform_tags())
    return [platform.replace("-", "_").replace(".", "_")]
