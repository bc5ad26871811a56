"""The TOML parser under one name: Python's own, which 3.10 does not have yet."""

import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["tomllib"]
