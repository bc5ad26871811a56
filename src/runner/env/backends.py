"""Backends: who creates environments."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import virtualenv

from runner.env.environ import interpreter_environ, plain, silence_libraries
from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.python import Interpreter
from runner.model.results import Exited

_WINDOWS = os.name == "nt"
_ACTIVATORS = "bash,fish,powershell"
_CREATE_SECONDS = 300.0


class VirtualenvBackend:
    """Creates bare environments by virtualenv, in this process.

    `cache` is where virtualenv keeps what it knows of interpreters: that of `interpreter_cache`. Neither
    its variables nor its config file have a say.
    """

    name = "virtualenv"

    def __init__(self, *, environ: Mapping[str, str], cache: Path) -> None:
        silence_libraries()
        no_file = {"VIRTUALENV_CONFIG_FILE": str(cache / "no-virtualenv.ini")}
        self._environ = interpreter_environ(environ) | no_file
        self._cache = cache

    def create(self, spec: EnvSpec, folder: Path) -> Environment:
        """Create a bare environment in `folder`. Raises CellError."""
        arguments = [str(folder), "--python", _interpreter(spec).executable, "--no-seed"]
        arguments += ["--no-periodic-update", "--activators", _ACTIVATORS, "--app-data", str(self._cache)]
        if spec.system_site_packages:
            arguments.append("--system-site-packages")
        try:
            creator = virtualenv.cli_run(arguments, setup_logging=False, env=dict(self._environ)).creator
        except (Exception, SystemExit) as error:
            raise CellError("create", f"virtualenv cannot create {folder}: {error}") from error
        return Environment(
            python=str(creator.exe),
            programs=(str(creator.script_dir),),
            variables={"VIRTUAL_ENV": str(folder)},
            folder=str(folder),
            site=str(creator.purelib),
        )

    def describe(self) -> str:
        """Return virtualenv's name and version."""
        return f"virtualenv {virtualenv.__version__}"


class VenvBackend:
    """Creates bare environments by the interpreter's own `venv` module."""

    name = "venv"

    def __init__(self, *, environ: Mapping[str, str], processes: Processes) -> None:
        self._environ = interpreter_environ(environ)
        self._processes = processes

    def create(self, spec: EnvSpec, folder: Path) -> Environment:
        """Create a bare environment in `folder`. Raises CellError."""
        interpreter = _interpreter(spec)
        shared = ("--system-site-packages",) if spec.system_site_packages else ()
        captured = self._processes.capture(
            (interpreter.executable, "-I", "-m", "venv", "--without-pip", *shared, str(folder)),
            cwd=spec.root,
            env=self._environ,
            stop=_NeverStop(),
            timeout=_CREATE_SECONDS,
        )
        if captured.exit != Exited(0):
            words = plain(captured.stderr) or plain(captured.stdout)
            hint = 'if its venv module is missing, use backend = "virtualenv"'
            raise CellError("create", f"{interpreter.executable} -m venv failed, {hint}:\n{words}")
        return _standard(folder, interpreter)

    def describe(self) -> str:
        """Return its name: the module's version is the interpreter's."""
        return self.name


class NoneBackend:
    """Creates nothing: commands run on the interpreter itself."""

    name = "none"

    def create(self, spec: EnvSpec, folder: Path) -> Environment:  # noqa: ARG002 - the Protocol's
        """Return the interpreter's own place; nothing is made in `folder`."""
        python = _interpreter(spec).executable
        return Environment(python=python, programs=(str(Path(python).parent),), variables={})

    def describe(self) -> str:
        """Return its name."""
        return self.name


class _NeverStop:
    """A `Stop` that never rises: creating is short, and the Protocol of backends has none."""

    level = 0
    signal = ""

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:  # noqa: ARG002 - as above
        return lambda: None


def interpreter_cache(user_cache: Path) -> Path:
    """Return the folder below the user cache in which virtualenv and we keep what interpreters said."""
    return user_cache / "interpreters"


def _interpreter(spec: EnvSpec) -> Interpreter:
    if spec.interpreter is None:
        raise CellError("create", f"backend {spec.backend} needs an interpreter, and none was looked for")
    return spec.interpreter


def _standard(folder: Path, interpreter: Interpreter) -> Environment:
    """The layout that the venv module makes."""
    if _WINDOWS:
        programs, python, site = folder / "Scripts", "python.exe", folder / "Lib" / "site-packages"
    else:
        major, minor = interpreter.version.split(".")[:2]
        library = f"{'pypy' if interpreter.implementation == 'pypy' else 'python'}{major}.{minor}"
        threads = "t" if interpreter.free_threaded else ""
        programs, python = folder / "bin", "python"
        site = folder / "lib" / f"{library}{threads}" / "site-packages"
    return Environment(
        python=str(programs / python),
        programs=(str(programs),),
        variables={"VIRTUAL_ENV": str(folder)},
        folder=str(folder),
        site=str(site),
    )
