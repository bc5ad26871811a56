"""Two plans compared cell by cell: what the environments were, and what the new cells are."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from runner.migrate.reading import Dropped, more_passed
from runner.migrate.values import COMMANDS
from runner.model.plan import Command, ReadyCell


class Difference(Struct, frozen=True):
    """A field that is not the same in both. `how` says in which circumstances."""

    env: str
    field: str
    old: object
    new: object
    how: str = ""


def compare(
    old: Mapping[str, ReadyCell],
    new: Mapping[str, ReadyCell],
    ids: Mapping[str, str],
    dropped: Dropped,
    *,
    platform: str,
    how: str = "",
) -> tuple[Difference, ...]:
    """Return what differs between environments by name and new cells by id; `ids` are these by those."""
    names = {id_: name for name, id_ in ids.items()}
    known = {name: name for name in ids}
    places_old = [(cell.env_dir, name) for name, cell in old.items()]
    places_new = [(cell.env_dir, names[id_]) for id_, cell in new.items() if id_ in names]
    found: list[Difference] = []
    for name, id_ in ids.items():
        if id_ not in new or name not in old:
            found.append(Difference(name, "cell", name in old, id_ in new, how))
            continue
        foreign = old[name].cell.foreign
        if foreign and foreign.refused:
            continue
        before = _placed(_facts(old[name], known, dropped, platform), places_old)
        after = _placed(_facts(new[id_], names, dropped, platform), places_new)
        found += _differences(name, before, after, how)
    more = sorted(id_ for id_ in new if id_ not in names)
    return (*found, *(Difference(id_, "cell", False, True, how) for id_ in more))


def _differences(name: str, old: object, new: object, how: str) -> Iterable[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for field in (*old, *(field for field in new if field not in old)):
            if old.get(field) != new.get(field):
                yield Difference(name, field, old.get(field), new.get(field), how)


def _facts(ready: ReadyCell, names: Mapping[str, str], dropped: Dropped, platform: str) -> dict[str, object]:
    """Return what is compared of a cell. `names` are those of environments by the ids of their cells."""
    cell, settings, spec = ready.cell, ready.settings, ready.spec
    python = cell.python
    steps = zip(COMMANDS, (ready.steps.setup, ready.steps.commands, ready.steps.teardown), strict=True)
    variables = {
        f"env.{name}": value
        for name, value in settings.env.items()
        if name not in dropped.variables and (name, value) not in dropped.defaults and value is not False
    }
    return {
        "python": (python.implementation, python.version, python.free_threaded, python.path, python.missing),
        "deps": frozenset((*spec.requirements, *(f"-c {each}" for each in spec.constraints))),
        "groups": frozenset(spec.groups),
        "extras": frozenset(spec.extras) if spec.package != "none" else frozenset(),
        "package": spec.package,
        "package-file": _absolute(ready.root, spec.package_file),
        "resolution": (spec.resolution, spec.prerelease, spec.system_site_packages),
        **{key: tuple(map(_command, commands)) for key, commands in steps},
        **variables,
        "pass-env": frozenset(more_passed(settings.pass_env, dropped)),
        "allow-external": frozenset(settings.allow_external),
        "cwd": _absolute(ready.root, settings.cwd),
        "keep-going": settings.keep_going,
        "allow-failure": settings.allow_failure,
        "graces": (settings.interrupt_grace, settings.terminate_grace),
        "tags": frozenset(cell.tags),
        "runs here": not cell.platforms or platform in cell.platforms,
        "needs": frozenset(names[id_] for id_ in cell.needs if id_ in names),
        "after": frozenset(names[id_] for id_ in cell.after if id_ in names),
        "default": cell.default,
    }


def _command(command: Command) -> tuple[object, ...]:
    env = tuple(sorted(command.env.items()))
    globs = tuple(sorted((word, glob.pattern, glob.default) for word, glob in command.globs.items()))
    options = (command.ok_codes, command.retries, command.ignore_failure)
    return (command.argv, command.cwd, *options, *env, *globs)


def _absolute(root: str, path: str | None) -> str | None:
    if path is None or path.startswith("/"):
        return path
    return root if path == "." else f"{root}/{path}"


def _placed(value: object, places: Iterable[tuple[str, str]]) -> object:
    """Return a value in which the folders of cells have the names of their environments."""
    if isinstance(value, str):
        if "/envs/" not in value:
            return value
        for folder, name in sorted(places, key=lambda place: -len(place[0])):
            value = value.replace(folder, f"{{env-dir of {name}}}") if _names(value, folder) else value
        return value
    if isinstance(value, tuple):
        return tuple(_placed(item, places) for item in value)
    if isinstance(value, frozenset):
        return frozenset(_placed(item, places) for item in value)
    if isinstance(value, dict):
        return {key: _placed(item, places) for key, item in value.items()}
    return value


def _names(text: str, folder: str) -> bool:
    at = text.find(folder)
    return at >= 0 and not text[at + len(folder) : at + len(folder) + 1].isalnum()
