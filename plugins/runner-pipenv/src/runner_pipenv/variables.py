"""The variables that pipenv sees: what it is told of the environment, and nothing of another one."""

import re
from collections.abc import Mapping
from pathlib import Path

from runner import Environment

_KEPT = (
    *("PIPENV_PYPI_MIRROR", "PIPENV_KEYRING_PROVIDER", "PIPENV_CACHE_DIR", "PIPENV_MAX_RETRIES"),
    *("PIPENV_TIMEOUT", "PIPENV_REQUESTS_TIMEOUT", "PIPENV_INSTALL_TIMEOUT"),
)
"""Where packages come from, and how patiently: all else that pipenv can be told is decided here."""

_OF_ANOTHER = re.compile(
    r"PIPENV_.*|PIPFILE|VIRTUAL_ENV.*|CONDA_.*|PYTHON.*|__PYVENV_LAUNCHER__"
    r"|PIP_(?:TARGET|PREFIX|ROOT|USER|PYTHON|REQUIRE_VIRTUALENV|DRY_RUN|IGNORE_INSTALLED|SRC.*|EXISTS_ACTION)"
)
"""Variables of a surrounding `pipenv run` or environment, and those that send what pip installs elsewhere."""

_OWN = {
    "COLUMNS": "10000",  # nothing is broken in two: a password could not be recognized
    "PIPENV_DONT_LOAD_ENV": "1",
    "PIPENV_IGNORE_PIPFILE": "1",
    "PIPENV_NOSPIN": "1",
    "PIPENV_VERBOSITY": "-1",
    "PIPENV_YES": "1",
}


def variables(outer: Mapping[str, str], environment: Environment, pipfile: Path) -> dict[str, str]:
    """Return the variables with which pipenv works on this environment and this Pipfile alone."""
    kept = {name: value for name, value in outer.items() if name in _KEPT or not _OF_ANOTHER.fullmatch(name)}
    path = ":".join((*environment.programs, outer.get("PATH", "")))
    return {**kept, **_OWN, **environment.variables, "PATH": path, "PIPENV_PIPFILE": str(pipfile)}
