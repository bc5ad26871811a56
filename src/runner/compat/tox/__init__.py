"""tox.ini, setup.cfg, tox.toml and `[tool.tox]`, read into the Config that runner's own format makes."""

from runner.compat.tox.load import load

__all__ = ["load"]
