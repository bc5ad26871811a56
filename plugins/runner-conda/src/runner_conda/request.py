"""What an environment asks conda for: put together from the session's keys and its environment.yml."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from runner import CellError, EnvSpec, PythonSpec
from runner_conda import environment_file
from runner_conda.channels import DEFAULT, Channel, channels_of, placed
from runner_conda.environment_file import EnvironmentFile
from runner_conda.keys import NAME, CondaKeys


class Wish(Struct, frozen=True):
    """A package that is asked for, and the key that asks."""

    text: str
    key: str


class Request(Struct, frozen=True, kw_only=True):
    """All that decides which packages a solve takes, but what this machine is and what the channels have.

    `virtual` maps names of virtual packages to versions; empty: there is none. `file` is the environment
    file.
    """

    wishes: tuple[Wish, ...]
    channels: tuple[Channel, ...]
    priority: str
    virtual: dict[str, str]
    resolution: str
    exclude_newer: str
    file: EnvironmentFile = EnvironmentFile()

    def parts(self) -> dict[str, str]:
        """Return its parts by name, the same on each machine.

        The variables are among them because an environment is kept as long as these parts stay.
        """
        variables = "\n".join(f"{name}={text}" for name, text in sorted(self.file.variables.items()))
        return {
            "packages": "\n".join(sorted(wish.text for wish in self.wishes)),
            "channels": "\n".join(channel.shown for channel in self.channels),
            "channel-priority": self.priority,
            "virtual-packages": "\n".join(f"{name}={text}" for name, text in sorted(self.virtual.items())),
            "resolution": self.resolution,
            **({"variables": variables} if variables else {}),
        }


def request_of(spec: EnvSpec, keys: CondaKeys) -> Request:
    """Return what the environment asks for. Raises CellError."""
    root = Path(spec.root)
    file = _file(keys.environment_file, root)
    return Request(
        wishes=tuple(dict.fromkeys(_wishes(spec.python, keys, file))),
        channels=_channels(keys, file, root),
        priority=keys.channel_priority,
        virtual=_virtual(keys.virtual_packages),
        resolution=spec.resolution,
        exclude_newer=spec.exclude_newer or "",
        file=file,
    )


def _file(text: str | None, root: Path) -> EnvironmentFile:
    if text is None:
        return EnvironmentFile()
    try:
        path = placed(text, root)
    except ValueError as error:
        raise CellError("lock", f"environment-file: {error}") from error
    return environment_file.read(path, root)


def _channels(keys: CondaKeys, file: EnvironmentFile, root: Path) -> tuple[Channel, ...]:
    if keys.channels or not file.channels:
        return channels_of(keys.channels or (DEFAULT,), root, "channels")
    return channels_of(file.channels, root, f"{keys.environment_file}: channels")


def _wishes(python: PythonSpec, keys: CondaKeys, file: EnvironmentFile) -> Iterator[Wish]:
    yield Wish(_python(python), "python")
    yield from (Wish(text, "conda-deps") for text in keys.conda_deps)
    yield from (Wish(text, keys.environment_file or "") for text in file.dependencies)


def _python(python: PythonSpec) -> str:
    if not python.version:
        raise CellError(
            "python",
            f'backend = "{NAME}" takes its Python from conda, so python = "{python.text}" cannot be used:'
            ' name a version, as in python = "3.12"',
        )
    version = ".".join(map(str, python.version)) + ".*"
    if python.implementation == "pypy":
        return f"python {version} *_pypy*"
    return (
        f"python {version} *_cp{''.join(map(str, python.version[:2]))}t"
        if python.free_threaded
        else f"python {version}"
    )


def _virtual(given: dict[str, str]) -> dict[str, str]:
    for name in given:
        if not name.startswith("__"):
            raise CellError(
                "lock",
                f"virtual-packages: {name} is none: their names begin with two underscores, as in __cuda",
            )
    return given
