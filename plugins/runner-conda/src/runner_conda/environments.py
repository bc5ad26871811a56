"""What the backend does, by means of rattler: solve, bring a Python, create."""

from collections.abc import Iterator
from pathlib import Path

from runner import CellError, Content, Environment, EnvSpec, ResolveWish, Stop
from runner_conda import environment_file
from runner_conda.activation import activated
from runner_conda.engine.installing import Installing, installed, unmet
from runner_conda.engine.locks import Package, packages_of
from runner_conda.engine.solving import Solving, solved
from runner_conda.environment_file import EnvironmentFile
from runner_conda.places import Places
from runner_conda.prefixes import make_shared_prefix, program_of, python_of, shared_prefix
from runner_conda.request import Request

_ANYWHERE = Path("/project")
"""In the place of the project's root, where only names and versions count."""


def solve(spec: EnvSpec, request: Request, wish: ResolveWish, stop: Stop) -> str:
    """Return the text of a lock. Raises CellError and Cancelled."""
    places = Places(Path(spec.cache))
    places.prune()
    solving = Solving(
        request=request,
        root=Path(spec.root),
        places=places,
        before=wish.before,
        upgrade=wish.upgrade,
        offline=wish.offline,
    )
    return solved(solving, stop)


def contents(lock: str) -> tuple[Content, ...]:
    """Return what a lock pins. Raises CellError."""
    return tuple(content for package in packages_of(lock, _ANYWHERE) for content in _contents(package))


def interpreter(spec: EnvSpec, request: Request, stop: Stop) -> str | None:
    """Return the path of the lock's Python; None where only looking is allowed, and it is not there yet."""
    places = Places(Path(spec.cache))
    packages = packages_of(_lock(spec), Path(spec.root))
    _check_machine(packages, request)
    if spec.look:
        prefix = shared_prefix(places, packages)
        return str(program_of(prefix)) if program_of(prefix).exists() else None
    prefix = make_shared_prefix(_installing(spec, request, places.cache), packages, stop)
    return str(program_of(prefix))


def create(spec: EnvSpec, request: Request, folder: Path, stop: Stop) -> Environment:
    """Install all of the lock into `folder`. Raises CellError and Cancelled."""
    installed(_installing(spec, request, folder), stop)
    python = python_of(packages_of(_lock(spec), Path(spec.root)))
    active = activated(folder, request.file.variables, stop)
    return Environment(
        python=str(program_of(folder)),
        programs=active.programs,
        variables=active.variables,
        folder=str(folder),
        site=str(folder / (python.site or _usual_site(python))),
        notes=(f"what activating the environment printed:\n{active.said}",) if active.said else (),
    )


def exported(spec: EnvSpec, request: Request, pip: tuple[str, ...]) -> str:
    """Return an environment.yml of what the lock pins. Raises CellError."""
    packages = packages_of(_lock(spec), Path(spec.root))
    pinned = sorted(f"{each.name}={each.version}={each.build}" for each in packages)
    lacks_pip = pip and all(each.name != "pip" for each in packages)
    return environment_file.write(
        Path(spec.folder).name,
        EnvironmentFile(
            channels=tuple(channel.shown for channel in request.channels),
            dependencies=(*pinned, *(["pip"] if lacks_pip else [])),
            pip=pip,
            variables=request.file.variables,
        ),
    )


def _installing(spec: EnvSpec, request: Request, folder: Path) -> Installing:
    return Installing(
        lock=_lock(spec),
        root=Path(spec.root),
        channels=request.channels,
        places=Places(Path(spec.cache)),
        folder=folder,
        offline=spec.offline,
        link_mode=spec.link_mode,
    )


def _lock(spec: EnvSpec) -> str:
    if spec.backend_lock is None:
        raise CellError("create", "there is no lock of conda packages: this runner is too old for the plugin")
    return spec.backend_lock.text


def _check_machine(packages: tuple[Package, ...], request: Request) -> None:
    lacking = unmet(packages, request.virtual)
    if lacking:
        raise CellError(
            "python",
            f"this machine lacks what the locked conda packages need: {', '.join(lacking)}\nif they are to be"
            " installed all the same, the key virtual-packages says what to count on",
        )


def _usual_site(python: Package) -> str:
    name = "pypy" if "pypy" in python.build else "python"
    return f"lib/{name}{'.'.join(python.version.split('.')[:2])}/site-packages"


def _contents(package: Package) -> Iterator[Content]:
    same = package.distributions.get(package.name) == package.version
    yield Content(package.name, package.version, package.sha256, package.name if same else None)
    for name, version in package.distributions.items():
        if name != package.name or not same:
            yield Content(name, version, package.sha256, name)
