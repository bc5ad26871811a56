"""What people should hear of a tox config: keys that mean nothing, that are not needed here, and plugins."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from runner.compat.tox import keys
from runner.compat.tox.errors import ToxError
from runner.compat.tox.project import ToxProject
from runner.compat.tox.scope import Scope
from runner.model.nearest import closest, enumerated

_NOT_NEEDED = {
    "work_dir": "runner keeps its files in .runner",
    "env_dir": "every environment has its own folder below .runner",
    "env_tmp_dir": "it is tmp in the environment",
    "env_log_dir": "it is log in the environment",
    "meta_dir": "builds keep to the user cache",
    "pkg_dir": "builds keep to the user cache",
    "recreate": "every environment is fresh",
    "recreate_commands": "no environment is ever made from an old one",
    "download": "what an environment is seeded with is resolved like its deps",
    "always_copy": "link-mode of runner's own format says how files get into an environment",
    "virtualenv_spec": "runner brings the virtualenv that it needs",
    "list_dependencies_command": "every result says what was installed",
    "parallel_show_output": "-v follows the output of cells",
    "interrupt_post_commands": "commands_post always run, within 30 s after a signal",
    "suicide_timeout": "a stop sends INT at once",
    "fail_fast": "--fail-fast is for the whole run",
    "use_frozen_constraints": "deps and the package are resolved together",
    "constrain_package_deps": "deps and the package are resolved together",
    "fresh_subprocess": "every build has its own process",
    "venv_redirect": "environments do not last",
    "venv_redirect_env": "environments do not last",
    "provision_tox_env": "nothing is provisioned",
}
"""Keys of tox without a use here, and why."""

_COVERED = {
    "tox": "tox itself is not needed",
    "tox-uv": "uv installs anyway",
    "tox-uv-bare": "uv installs anyway",
    "tox-gh": "`runner list --format github` gives the jobs",
    "tox-gh-actions": "`runner list --format github` gives the jobs",
    "tox-pin-deps": "versions are resolved once, and kept by `runner lock`",
    "tox-pip-version": "the installer is not a part of environments",
    "tox-wheel": "wheels are built anyway",
    "tox-parallel": "-j N runs cells side by side",
    "tox-pyenv": "interpreters of pyenv are found",
    "tox-pyenv-redux": "interpreters of pyenv are found",
    "tox-venv": "environments are made by virtualenv",
    "tox-envlist": "selectors may be globs",
    "tox-factor": "selectors may be globs",
    "tox-current-env": 'backend = "none" of runner\'s own format',
    "virtualenv": "runner brings it",
    "pip": "it is seeded",
    "setuptools": "it is seeded where tox does it",
    "wheel": "builds bring it",
}
_OF_TOX_3 = {
    "isolated_build": "builds are always isolated",
    "whitelist_externals": "now it is allowlist_externals, and this one has no effect",
    "distdir": "runner keeps what it builds in the user cache",
    "distshare": "nothing is shared by it any more",
    "indexserver": "indexes are settings of pip or uv",
    "requires_python": "the name, or base_python, says it",
}
"""Keys that mean nothing since tox 4, and what of them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OF_TOX_UV = frozenset(
    ("uv_seed", "uv_python_preference", "uv_resolution", "uv_sync_flags", "uv_sync_locked")
)
_OF_TOX_UV |= {"only_groups", "no_default_groups"}
_MOST_UNKNOWN = 100
_TOX = (4, 67)
"""The tox whose keys and values are known here."""

_NUMBERS = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")
_INLINE = ("toxfile.py", "☣.py")


def notices(project: ToxProject) -> tuple[str, ...]:
    """Return lines for people, each about the whole file."""
    return tuple(
        f"{project.file.shown}: {line}"
        for line in (*_unknown(project), *_newer(project), *_not_run(project), *_inline(project))
    )


def remarks(project: ToxProject) -> tuple[str, ...]:
    """Return lines for people who want to know it exactly: what has no use here, and what covers plugins."""
    return tuple(f"{project.file.shown}: {line}" for line in (*_not_needed(project), *_covered(project)))


def _unknown(project: ToxProject) -> Iterator[str]:
    found = _unknown_keys(project)
    yield from islice(found, _MOST_UNKNOWN)
    if next(found, None) is not None:
        yield f"more than these {_MOST_UNKNOWN} keys mean nothing to tox"


def _unknown_keys(project: ToxProject) -> Iterator[str]:
    known = {**keys.CORE, **keys.RUN, **keys.PACKAGE}
    core = project.file.core()
    for section in project.file.sections():
        table = keys.CORE if core is not None and section.name == core.name else known
        for key in section.key_names():
            if key in table or key in _OF_TOX_UV:
                continue
            if key in _OF_TOX_3:
                yield f"line {section.line(key)}: {key} is of tox 3: {_OF_TOX_3[key]}"
                continue
            near = closest(key, table)
            meant = f"; did you mean {near[0]}?" if near else ""
            yield f"line {section.line(key)}: {key} in [{section.name}] means nothing to tox{meant}"


def _not_needed(project: ToxProject) -> Iterator[str]:
    found = dict.fromkeys(
        name
        for section in project.file.sections()
        for key in section.key_names()
        for name in [_canonical(key)]
        if name in _NOT_NEEDED
    )
    for name in found:
        yield f"{name} has no use here: {_NOT_NEEDED[name]}"


def _canonical(key: str) -> str:
    known = keys.RUN.get(key) or keys.CORE.get(key) or keys.PACKAGE.get(key)
    return known.name if known else key


def _newer(project: ToxProject) -> Iterator[str]:
    wanted = project.core.load("min_version")
    numbers = _NUMBERS.match(wanted) if isinstance(wanted, str) else None
    if numbers and tuple(map(int, numbers[0].split("."))) > _TOX:
        known = ".".join(map(str, _TOX))
        yield f"min_version {wanted} asks for a newer tox than {known}, which is the one that runner knows"


def _required(project: ToxProject) -> list[str]:
    """Return the distributions that `requires` names."""
    required = project.core.texts("requires")
    return [match[0].lower().replace("_", "-") for text in required if (match := _NAME.match(text))]


def _covered(project: ToxProject) -> Iterator[str]:
    for name in _required(project):
        if name in _COVERED and name.startswith("tox-"):
            yield f"requires {name}, which is covered: {_COVERED[name]}"
    for name in project.runnable:
        if _runner(project.env(name)) == "uv-venv-lock-runner":
            yield f"{name}: uv.lock is not read; runner has locks of its own, see `runner lock`"


def _runner(scope: Scope) -> str:
    try:
        return scope.text("runner")
    except ToxError:
        return ""  # told with the settings of the environment


def _not_run(project: ToxProject) -> Iterator[str]:
    other = [name for name in _required(project) if name not in _COVERED]
    if other:
        yield f"requires {enumerated(other)}, which runner does not run"


def _inline(project: ToxProject) -> Iterator[str]:
    for name in _INLINE:
        if Path(project.facts.root, name).exists():
            yield f"{name} beside it is a plugin of tox, which runner does not run"


def not_needed(scope: Scope, name: str) -> bool:
    """Say whether a key is set that has no use here."""
    return name in _NOT_NEEDED and scope.is_set(name)
