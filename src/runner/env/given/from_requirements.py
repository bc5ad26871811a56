"""What requirements with hashes pin for a cell: their files are to be looked up."""

from pathlib import Path

from runner.env.given.files import text_of
from runner.env.given.given import Given, alone
from runner.env.requirements.wanted import EDITABLE, requirements_in
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
    requirement, _, hashes = entry.partition("--hash")
    place = requirement.partition(";")[0]
    return bool(hashes) and not entry.startswith(EDITABLE) and ("==" in place or "@" in place)
