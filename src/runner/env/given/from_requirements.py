"""What requirements with hashes pin for a cell: their files are to be looked up."""

from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier

from runner.env.given.files import text_of
from runner.env.given.given import Given, alone
from runner.env.requirements.wanted import requirements_in
from runner.model.errors import CellError
from runner.model.plan import EnvSpec


def from_requirements(spec: EnvSpec, path: Path) -> Given:
    """Return what is pinned, when all of it is. Raises CellError."""
    text_of(path, "write it with the tool that makes it")
    want = alone(spec, (f"-r {path}",))
    for entry in requirements_in(path):
        if not _is_pinned(entry):
            raise CellError(
                "lock",
                f"{path}: `{entry}` has no version or no hash, and lock-from takes none without"
                f'\nuse deps = ["-r {spec.lock_from}"] to have it resolved',
            )
    return Given(wanted=(want,), groups=spec.groups)


def _is_pinned(entry: str) -> bool:
    text, _, hashes = entry.partition("--hash")
    if not hashes:
        return False
    try:
        requirement = Requirement(text.strip())
    except InvalidRequirement:  # a path, for one
        return False
    return requirement.url is not None or any(map(_is_exact, requirement.specifier))


def _is_exact(specifier: Specifier) -> bool:
    return specifier.operator in ("==", "===") and not specifier.version.endswith("*")
