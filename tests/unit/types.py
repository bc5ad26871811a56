"""Session types for tests that convert configs without plugins."""

from runner.plan import PythonType


def python_only(name: str) -> PythonType | None:
    """Know the built-in type."""
    return PythonType() if name == "python" else None


def any_type(name: str) -> PythonType:
    """Take every name for a type like the built-in one."""
    return PythonType()
