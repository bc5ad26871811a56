"""From a tox config to the Config that everything else follows."""

import os
from collections.abc import Mapping

from msgspec.structs import replace

from runner.compat.tox.errors import ToxError
from runner.compat.tox.ini import IniFile
from runner.compat.tox.notices import notices, remarks
from runner.compat.tox.packaging import package_of_project
from runner.compat.tox.project import File, ToxProject
from runner.compat.tox.scope import Facts
from runner.compat.tox.selecting import asked_for
from runner.compat.tox.sessions import Sessions
from runner.compat.tox.toml import TomlFile
from runner.compat.tox.unroll import Place
from runner.model.config import Config, Package, Session
from runner.model.errors import ConfigError, Problem
from runner.model.request import ConfigRequest
from runner.model.text import Origin

WORK_DIR = ".runner"
_TOOL = ("tool", "tox")
_LEGACY = (*_TOOL, "legacy_tox_ini")
_CORES = {"setup.cfg": "tox:tox"}


def load(request: ConfigRequest) -> Config:
    """Read a tox config. Raises ConfigError, and NothingSelected for selectors that name no environment."""
    try:
        return _config(_project(request), request)
    except ToxError as error:
        raise ConfigError(Problem(str(error), Origin(request.shown, 0, error.key))) from error


def named(request: ConfigRequest) -> frozenset[str]:
    """Return the environments that a tox config names by itself, in env_list, sections and labels.

    tox knows more: whatever a condition on factors names. Raises ConfigError.
    """
    try:
        project = _project(request)
        of_labels = (name for names in project.labels.values() for name in names.names)
        return frozenset((*project.default, *project.file.section_names(), *of_labels))
    except ToxError as error:
        raise ConfigError(Problem(str(error), Origin(request.shown, 0, error.key))) from error


def _project(request: ConfigRequest) -> ToxProject:
    root = os.path.dirname(request.file)  # noqa: PTH120 - on text
    facts = Facts(request=request, root=root, work_dir=os.path.join(root, WORK_DIR))  # noqa: PTH118 - on text
    return ToxProject(_file(request), facts)


def _config(project: ToxProject, request: ConfigRequest) -> Config:
    dynamic = asked_for(project, request.select)
    sessions = Sessions(project)
    names = (*project.runnable, *dynamic)
    wanted = _wanted(request, names)
    made = (sessions.whole(name) if name in wanted else sessions.brief(name) for name in names)
    package, fault = _package(project, wanted)
    packagers = sessions.packagers(name for name in names if name in wanted)
    return Config(
        file=request.file,
        root=project.facts.root,
        sessions=(*(_refused(session, fault) for session in made), *packagers),
        work_dir=WORK_DIR,
        missing_python="skip" if project.core.flag("skip_missing_interpreters") else "error",
        package=package,
        notices=() if request.brief else notices(project),
        remarks=() if request.brief else remarks(project),
        jobs=1,
    )


def _file(request: ConfigRequest) -> File:
    if "\0" in request.text or _holds_nul(request.document):
        raise ToxError("holds a NUL character, which neither paths nor variables can have")
    if request.document is None:
        return IniFile(request.text, request.shown, _CORES.get(request.kind, "tox"))
    if request.kind == "legacy_tox_ini":
        inner = _inner(request.document, _LEGACY)
        if not isinstance(inner, str):
            raise ToxError("legacy_tox_ini is expected to be text")
        return IniFile(inner.removeprefix("\ufeff"), request.shown, "tox", request.lines.get(_LEGACY, 1))
    prefix: Place = () if request.kind == "tox.toml" else _TOOL
    return TomlFile(request.document, prefix, lambda place: request.lines.get(place, 0), request.shown)


def _holds_nul(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _package(project: ToxProject, wanted: frozenset[str]) -> tuple[Package, Problem | None]:
    """Return how the project is built, and what is wrong with that: whoever runs an environment is told."""
    try:
        return package_of_project(project, sorted(wanted)), None
    except ToxError as error:
        return Package(), Problem(str(error), Origin(project.file.shown, 0, ""))


def _refused(session: Session, fault: Problem | None) -> Session:
    if fault is None or session.foreign is None:
        return session
    foreign = replace(session.foreign, refused=(*session.foreign.refused, fault))
    return replace(session, foreign=foreign)


def _wanted(request: ConfigRequest, names: tuple[str, ...]) -> frozenset[str]:
    """Return the environments of which more than what lists show may be asked: those named, or all."""
    if request.brief:
        return frozenset()
    select = request.select
    if select is None or not set(select) <= set(names):  # ALL, globs, and those that package others, too
        return frozenset(names)
    return frozenset(select)


def _inner(document: Mapping[str, object], path: Place) -> object:
    value: object = document
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
