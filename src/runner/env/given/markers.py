"""What markers are compared with, for an interpreter that does not run this."""

import re

from packaging.markers import Environment, default_environment

from runner.model.python import Interpreter

_PYPY = re.compile(r"\[PyPy (\d[\w.]*)")
_MACHINE = re.compile(r"macosx-[\d.]+-(\w+)")


def marker_environment(interpreter: Interpreter) -> Environment:
    """Return the values of all marker variables: those of this machine, and the interpreter's own."""
    version, full = interpreter.version, interpreter.sys_version
    own = default_environment()
    pypy = _PYPY.search(full)
    machine = _MACHINE.fullmatch(interpreter.platform)  # either of two on one Mac
    name = interpreter.implementation.lower()
    return {
        **own,
        "implementation_name": name,
        "implementation_version": pypy[1] if pypy else version,
        "platform_machine": machine[1] if machine else own["platform_machine"],
        "platform_python_implementation": {"cpython": "CPython", "pypy": "PyPy"}.get(name, name),
        "python_full_version": version,
        "python_version": ".".join(version.split(".")[:2]),
    }
