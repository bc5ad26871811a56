"""Which environments the selectors of the command line mean, those among them that no section names."""

import re
from pathlib import PurePath

from runner.compat.tox.ini import IniFile
from runner.compat.tox.project import ToxProject
from runner.model.errors import NothingSelected, Problem
from runner.model.globs import is_glob
from runner.model.nearest import closest, enumerated

_EVERY = "ALL"
_PYTHON = re.compile(
    r"(?:pypy|py|cpython|jython|graalpy|rustpython|ironpython|)(?:(?:\d(?:\.\d+(?:\.\d+)?)?|\d+)t?d?)?",
    re.ASCII,
)
_PRERELEASE = re.compile(r"alpha|beta|rc\.\d+", re.ASCII)


def asked_for(project: ToxProject, select: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the environments that selectors name and that are not known yet.

    Such a name is made of factors that the config knows, or that ask for a Python. Raises NothingSelected.
    """
    found: list[str] = []
    problems: list[Problem] = []
    names = _Names(project)
    known = {*project.known, *project.runnable}
    for selector in select or ():
        if selector == _EVERY or is_glob(selector) or selector in known or selector in found:
            continue
        problem = names.problem(selector)
        if problem is None:
            found.append(selector)
        else:
            problems.append(problem)
    if problems:
        raise NothingSelected(*problems)
    return tuple(found)


def name_fault(name: str) -> str:
    """Say what is wrong with the name of an environment: its folder is called so."""
    if not name or name in {".", ".."} or PurePath(name).name != name:
        return "cannot be the name of an environment, which names its folder, too"
    return ""


class _Names:
    def __init__(self, project: ToxProject) -> None:
        self._known = dict.fromkeys(project.known)
        sections = set(project.file.section_names())
        listed = set(project.listed)
        combinable = {factor for name in listed for factor in name.split("-")} | set(self._known) | {".pkg"}
        conditions = set(self._known) - listed - sections if isinstance(project.file, IniFile) else set()
        self._combinable = combinable | {factor for name in conditions for factor in name.split("-")}
        self._factors = self._combinable | {factor for name in self._known for factor in name.split("-")}

    def problem(self, name: str) -> Problem | None:
        """Say why a name cannot be one of an environment, or None."""
        fault = name_fault(name)
        if fault:
            return Problem(f"-e {name!r} {fault}")
        dotless = "-".join(f.replace(".", "") if _PYTHON.fullmatch(f) else f for f in name.split("-"))
        if dotless != name and dotless in self._known:
            return Problem(f"-e {name!r} matches no environment", hint=f"did you mean {dotless}?")
        unknown = [factor for factor in dict.fromkeys(name.split("-")) if not self._is_factor(factor)]
        if not unknown:
            return None
        which = f"{enumerated(map(repr, unknown))} {'is' if len(unknown) == 1 else 'are'} no factor"
        return Problem(
            f"-e {name!r} matches no environment: {which} of this config", hint=self._near(name, unknown)
        )

    def _is_factor(self, factor: str) -> bool:
        return factor in self._combinable or bool(_PYTHON.fullmatch(factor) or _PRERELEASE.fullmatch(factor))

    def _near(self, name: str, unknown: list[str]) -> str:
        whole = closest(name, self._known, most=3)
        if whole:
            return f"did you mean {enumerated(whole)}?"
        meant = {factor: closest(factor, self._factors) for factor in unknown}
        if all(meant.values()):
            parts = (meant[factor][0] if factor in meant else factor for factor in name.split("-"))
            return f"did you mean {'-'.join(parts)}?"
        return f"the environments: {enumerated(self._known)}"
