"""What pipenv sees of the variables around it."""

from pathlib import Path

from runner import Environment
from runner_pipenv.variables import variables

OURS = Environment(python="/env/bin/python", programs=("/env/bin",), variables={"VIRTUAL_ENV": "/env"})


def test_nothing_of_a_surrounding_environment_has_a_say() -> None:
    outer = {
        "COLUMNS": "80",
        "HOME": "/home/me",
        "PATH": "/usr/bin",
        "PIPENV_ACTIVE": "1",
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_PIPFILE": "/other/Pipfile",
        "PIPENV_SKIP_LOCK": "1",
        "PIPENV_PYPI_MIRROR": "https://mirror.invalid/simple",
        "PIPENV_CACHE_DIR": "/cache",
        "PIP_TARGET": "/elsewhere",
        "PIP_CERT": "/cert.pem",
        "PYTHONPATH": "/other",
        "VIRTUAL_ENV": "/other",
        "VIRTUAL_ENV_PROMPT": "other",
        "INDEX_PASSWORD": "s3",
    }
    seen = variables(outer, OURS, Path("/project/Pipfile"))
    assert seen == {
        "COLUMNS": "10000",
        "HOME": "/home/me",
        "PATH": "/env/bin:/usr/bin",
        "PIPENV_CACHE_DIR": "/cache",
        "PIPENV_DONT_LOAD_ENV": "1",
        "PIPENV_IGNORE_PIPFILE": "1",
        "PIPENV_NOSPIN": "1",
        "PIPENV_PIPFILE": "/project/Pipfile",
        "PIPENV_PYPI_MIRROR": "https://mirror.invalid/simple",
        "PIPENV_VERBOSITY": "-1",
        "PIPENV_YES": "1",
        "PIP_CERT": "/cert.pem",
        "INDEX_PASSWORD": "s3",
        "VIRTUAL_ENV": "/env",
    }
