"""Solving: from what is asked for to the text of a lock."""

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from msgspec import Struct
from packaging.utils import canonicalize_name
from rattler import (
    BuildString,
    ChannelPriority,
    GenericVirtualPackage,
    MatchSpec,
    PackageName,
    RepoDataRecord,
    Subdir,
    Version,
    VirtualPackage,
    solve,
)
from rattler.exceptions import GatewayError, InvalidMatchSpecError, SolverError

from runner import CellError, Stop
from runner_conda.engine.calls import explained, waited, words
from runner_conda.engine.distributions import distributions
from runner_conda.engine.locks import package_of, records_of, with_distributions, written
from runner_conda.engine.network import address, client, gateway
from runner_conda.places import Places
from runner_conda.request import Request, Wish

Strategy = Literal["highest", "lowest", "lowest-direct"]

_STRATEGIES: dict[str, Strategy] = {
    "highest": "highest",
    "lowest": "lowest",
    "lowest-direct": "lowest-direct",
}
_PREFIX = "Cannot solve the request because of: "
_PRIORITIES = {
    "strict": ChannelPriority.Strict,
    "flexible": ChannelPriority.Flexible,
    "disabled": ChannelPriority.Disabled,
}


class Solving(Struct, frozen=True, kw_only=True):
    """One solve. Versions in `before`, the text of an older lock, stay where they can, but for `upgrade`."""

    request: Request
    root: Path
    places: Places
    before: str = ""
    upgrade: tuple[str, ...] = ()
    offline: bool = False


def solved(solving: Solving, stop: Stop) -> str:
    """Return the text of a lock of all that is asked for. Raises CellError and Cancelled."""
    request = solving.request
    with explained("lock", "solving for conda packages"):
        specs = [_spec(wish) for wish in request.wishes]
        records = _records(solving, specs, stop)
        unsafe = [record.file_name for record in records if not record.sha256]
        if unsafe:
            raise CellError(
                "lock",
                f"the channels give no sha256 for {', '.join(sorted(unsafe))}: nothing could be verified;"
                " whoever keeps the channel has to index it anew",
            )
        held = _held(solving, records, stop)
        named = [with_distributions(record, names) for record, names in zip(records, held, strict=True)]
        return written(named, request.channels, platform(), solving.root)


def platform() -> str:
    """Return conda's name of this platform, such as `linux-64`."""
    return str(Subdir.current())


def virtual_packages(overrides: dict[str, str]) -> list[GenericVirtualPackage]:
    """Return what this machine has, such as its C library and GPU driver, but for the overrides."""
    found = {each.name.normalized: each for each in (each.into_generic() for each in VirtualPackage.detect())}
    for name, text in overrides.items():
        found.pop(name, None)
        if text:
            version, _, build = text.partition("=")
            try:
                found[name] = GenericVirtualPackage(
                    PackageName(name), Version(version), BuildString(build or "0")
                )
            except Exception as error:
                raise CellError("lock", f"virtual-packages: {name} = {text!r}: {words(error)}") from error
    return list(found.values())


def _spec(wish: Wish) -> MatchSpec:
    try:
        return MatchSpec(wish.text)
    except InvalidMatchSpecError as error:
        raise CellError(
            "lock",
            f"{wish.key}: {wish.text!r} is no conda package: {words(error)}\nit is written as in"
            ' "numpy", "numpy >=1.26", "numpy=1.26" (any 1.26) or "numpy==1.26.4"',
        ) from error


def _records(solving: Solving, specs: list[MatchSpec], stop: Stop) -> list[RepoDataRecord]:
    request = solving.request
    gate = gateway(request.channels, solving.places.index, offline=solving.offline)
    before = [each for each in _before(solving) if not _is_to_move(each, solving.upgrade)]
    try:
        return waited(
            lambda: solve(
                [address(channel) for channel in request.channels],
                specs,
                gateway=gate,
                locked_packages=before,
                virtual_packages=virtual_packages(request.virtual),
                channel_priority=_PRIORITIES[request.priority],
                exclude_newer=_moment(request.exclude_newer),
                strategy=_STRATEGIES[request.resolution],
                channel_relations="disabled",  # the channels are those of the config, and no others
            ),
            stop,
        )
    except SolverError as error:
        raise CellError("lock", _unsolvable(error, request)) from error
    except GatewayError as error:
        raise CellError("lock", _unreachable(error, solving)) from error


def _before(solving: Solving) -> list[RepoDataRecord]:
    return records_of(solving.before, solving.root) if solving.before else []


def _is_to_move(record: RepoDataRecord, upgrade: tuple[str, ...]) -> bool:
    """Whether the package, or a distribution in it, is among those to upgrade."""
    package = package_of(record)
    wanted = {canonicalize_name(name) for name in upgrade}
    return not wanted.isdisjoint(map(canonicalize_name, (package.name, *package.distributions)))


def _held(solving: Solving, records: Sequence[RepoDataRecord], stop: Stop) -> list[dict[str, str]]:
    """Return, for each record, the Python distributions in it. Raises CellError."""
    fetching = client(solving.request.channels, offline=solving.offline)
    with explained("lock", "looking for the Python distributions in the conda packages"):
        places, offline = solving.places, solving.offline
        return waited(lambda: distributions(records, places.packages, fetching, offline=offline), stop)


def _moment(exclude_newer: str) -> datetime | None:
    """Return the moment that the text names, of a date its end."""
    if not exclude_newer:
        return None
    text = exclude_newer.replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{text}T23:59:59" if len(text) == len("2026-01-31") else text)
    except ValueError as error:
        raise CellError(
            "lock", f"exclude-newer = {exclude_newer!r} is no date for conda packages: {error}"
        ) from error
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment


def _unsolvable(error: SolverError, request: Request) -> str:
    said = words(error).removeprefix(_PREFIX)
    lines = ["there is no set of conda packages that fits:", said]
    if "__" in said:
        lines.append(
            "names with two underscores stand for what the machine has: the key virtual-packages overrides it"
        )
    if any(wish.key != "python" and _names_python(wish.text) for wish in request.wishes):
        lines.append(
            f"the session's own Python is `{request.wishes[0].text}`: what else asks for python has to allow"
            " it, or the session sets `python`"
        )
    return "\n".join(lines)


def _names_python(text: str) -> bool:
    return MatchSpec(text).name.normalized == "python"


def _unreachable(error: GatewayError, solving: Solving) -> str:
    said = words(error)
    guilty = [each for each in solving.request.channels if address(each).rstrip("/") in said]
    if not guilty:
        names = ", ".join(each.shown for each in solving.request.channels)
        return f"the channels ({names}) cannot be read:\n{said}"
    channel = guilty[-1]
    if channel.address.startswith("file:"):
        return f"the channel {channel.shown} cannot be read:\n{said}"
    if solving.offline:
        return f"with --offline nothing is known of the channel {channel.shown}: run once without it\n{said}"
    return (
        f"the channel {channel.shown} cannot be read:\n{said}\nwhat was fetched before serves with --offline"
    )
