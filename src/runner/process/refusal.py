"""Why a process could not be started, in words for the person who wrote the command."""

# ruff: noqa: PTH110, PTH112, PTH115, PTH118, PTH123
# os.path gives an answer where pathlib raises PermissionError.

import errno
import os
from collections.abc import Mapping

_SHEBANG_LIMIT = 255  # bytes of a script's first line that Linux reads
_DENIED = {errno.EACCES, errno.EPERM}
_ABSENT = {errno.ENOENT, errno.ENOTDIR}
_ABOUT_THE_FILE = {*_DENIED, *_ABSENT, errno.ENOEXEC, errno.EISDIR, errno.ELOOP}


def why_not_started(
    argv: tuple[str, ...], cwd: str, env: Mapping[str, str], error: OSError | ValueError
) -> str:
    """Return the reason, looking again at what `error` was about."""
    name = argv[0]
    general = f"{name} cannot be started: "
    if isinstance(error, ValueError):
        return _unfit_text(argv, cwd, env) or f"{general}{error}"
    if error.errno == errno.E2BIG:
        return _too_long(argv, env)
    if error.errno == errno.EAGAIN:
        return f"{general}the limit of processes is reached (see `ulimit -u`)"
    if error.errno not in _ABOUT_THE_FILE:
        return f"{general}{error.strerror}"
    return _unfit_folder(cwd) or _unfit_file(name, _located(name, cwd, env), error)


def _unfit_text(argv: tuple[str, ...], cwd: str, env: Mapping[str, str]) -> str | None:
    """Find the text that no process can be given."""
    texts = [(f"argument {number} of {argv[0]!r}", text) for number, text in enumerate(argv)]
    texts.append(("the working directory", cwd))
    for name, value in env.items():
        if "=" in name:
            return f"the variable name {name!r} holds an equals sign"
        texts += [(f"the variable name {name!r}", name), (f"the variable {name}", value)]
    for what, text in texts:
        if "\0" in text:
            return f"{what} holds a NUL character, which no process can be given"
        try:
            os.fsencode(text)
        except UnicodeEncodeError as error:
            return f"{what} holds {error.object[error.start]!r}, which cannot be encoded as {error.encoding}"
    return None


def _too_long(argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    arguments = sum(len(os.fsencode(text)) + 1 for text in argv)
    variables = sum(len(os.fsencode(name)) + len(os.fsencode(value)) + 2 for name, value in env.items())
    return (
        f"the command is too long for this system: {arguments} bytes of arguments and {variables} bytes of "
        f"variables; let {argv[0]} read them from a file"
    )


def _unfit_folder(cwd: str) -> str | None:
    if not os.path.lexists(cwd):
        return f"the working directory {cwd} does not exist"
    if not os.path.isdir(cwd):
        return f"the working directory {cwd} is not a directory"
    if not os.access(cwd, os.X_OK):
        return f"the working directory {cwd} may not be entered: permission denied"
    return None


def _located(name: str, cwd: str, env: Mapping[str, str]) -> str | None:
    """Return the path that `name` stands for, whatever is there; None: in no folder of PATH."""
    if "/" in name:
        return os.path.join(cwd, name)
    folders = env.get("PATH", os.defpath).split(os.pathsep)
    paths = (os.path.join(cwd, folder, name) for folder in folders)
    return next((path for path in paths if os.path.lexists(path)), None)


def _unfit_file(name: str, path: str | None, error: OSError) -> str:
    if path is None:
        return f"{name} was not found on PATH"
    return _not_to_run(name, path, error) or _unfit_script(name, path, error) or _unfit_binary(name, error)


def _not_to_run(name: str, path: str, error: OSError) -> str | None:
    if not os.path.lexists(path):
        denied = error.errno in _DENIED
        return f"{name} cannot be reached: permission denied" if denied else f"{name} was not found"
    if not os.path.exists(path):
        return f"{name} is a link to {os.readlink(path)}, which does not exist"
    if os.path.isdir(path):
        return f"{name} is a directory"
    if not os.access(path, os.X_OK):
        return f"{name} is not executable: permission denied (`chmod +x` makes it so)"
    return None


def _unfit_script(name: str, path: str, error: OSError) -> str | None:
    try:
        with open(path, "rb") as file:
            line = file.readline(8192).rstrip(b"\n")
    except OSError:
        return None
    if not line.startswith(b"#!"):
        return None
    if len(line) > _SHEBANG_LIMIT:
        return (
            f"the first line of {name} is {len(line)} bytes long, and this system reads {_SHEBANG_LIMIT} of "
            f"it: use a shorter path for its interpreter"
        )
    if line.endswith(b"\r"):
        return f"the first line of {name} ends as on Windows (CR LF): save the file with LF line ends"
    interpreter = os.fsdecode(line[2:].strip().partition(b" ")[0])
    if error.errno in _ABSENT:
        return f"{name} is a script whose interpreter is missing: its first line names {interpreter}"
    return f"{name} cannot be run by {interpreter or 'nothing'}, named in its first line: {error.strerror}"


def _unfit_binary(name: str, error: OSError) -> str:
    if error.errno == errno.ENOEXEC:
        return (
            f"{name} is not a program for this machine, nor a script whose first line names its interpreter "
            f"after #! (Exec format error)"
        )
    if error.errno in _ABSENT:
        return f"{name} needs a loader that is missing: it was built for another system"
    return f"{name} cannot be started: {error.strerror}"
