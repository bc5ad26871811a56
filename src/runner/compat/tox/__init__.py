"""tox.ini, setup.cfg, tox.toml and `[tool.tox]`, read into the Config that runner's own format makes."""

from runner.compat.tox.defaults import SET_BY_TOX, passed_anyway
from runner.compat.tox.load import load, named

__all__ = ["SET_BY_TOX", "load", "named", "passed_anyway"]
