"""Backends: who creates environments."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.env.backends import blank
from runner.env.environ import interpreter_environ, plain, silence_libraries
from runner.env.facts import Facts
from runner.model.environment import Environment
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter
from runner.model.results import Exited

_WINDOWS = os.name == "nt"
_ACTIVATORS = "bash,fish,powershell"
_CREATE_SECONDS = 300.0
_PATCH = ("_virtualenv.pth", "_virtualenv.py")
"""What virtualenv adds against settings of distutils: older Pythons cannot read it, and complain."""

_READS_PATCH = (3, 8)

_NO_VENV = "No module named venv"


class VirtualenvBackend:
    """Creates bare environments by virtualenv, in this process.

    One that is like an earlier one but for its path is written from its blank, without virtualenv. `cache`
    is where virtualenv keeps what it knows of interpreters: that of `interpreter_cache`. Neither its
    variables nor its config file have a say.
    """

    name = "virtualenv"

    def __init__(self, *, environ: Mapping[str, str], cache: Path) -> None:
        no_file = {"VIRTUALENV_CONFIG_FILE": str(cache / "no-virtualenv.ini")}
        self._environ = interpreter_environ(environ) | no_file
        self._cache = cache
        self._blanks = Facts(cache / "blanks")

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:  # noqa: ARG002 - the Protocol's
        """Create a bare environment in `folder`. Raises CellError."""
        _interpreter(spec)
        key = blank.key_of(spec, _ACTIVATORS) if blank.fits(folder) else None
        if key is None:
            return self._make(spec, folder)
        known = self._blanks.find(key, blank.Blank)
        if known is not None and known.key == key:
            try:
                return blank.write(known, folder)
            except OSError as error:
                raise CellError("create", f"{folder} cannot be made: {error}") from error
        environment = self._make(spec, folder)
        with suppress(OSError, CellError):  # such as no room for another: this one is whole
            self._learn(key, spec, blank.read(key, folder, environment))
        return environment

    def describe(self) -> str:
        """Return virtualenv's name and version."""
        return f"virtualenv {blank.virtualenv_version() or ''}".rstrip()

    def _make(self, spec: EnvSpec, folder: Path) -> Environment:
        import virtualenv  # noqa: PLC0415 - start-up: 100 ms, and nothing of it is needed for a blank
        from python_discovery import PythonInfo  # noqa: PLC0415 - as above

        from runner.env.interpreters.kept import kept_in  # noqa: PLC0415 - as above

        silence_libraries()
        executable = _interpreter(spec).executable
        # virtualenv would ask by itself, under a lock. What was asked in this process it knows.
        kept = kept_in(self._cache, self._environ)
        PythonInfo.from_exe(executable, kept, raise_on_error=False, env=self._environ)
        arguments = [str(folder), "--python", executable, "--no-seed"]
        arguments += ["--no-periodic-update", "--activators", _ACTIVATORS, "--app-data", str(self._cache)]
        if spec.system_site_packages:
            arguments.append("--system-site-packages")
        try:
            creator = virtualenv.cli_run(arguments, setup_logging=False, env=dict(self._environ)).creator
        except (Exception, SystemExit) as error:
            raise CellError("create", f"virtualenv cannot create {folder}: {error}") from error
        if _numbers(_interpreter(spec)) < _READS_PATCH:
            for name in _PATCH:
                (creator.purelib / name).unlink(missing_ok=True)
        return Environment(
            python=str(creator.exe),
            programs=(str(creator.script_dir),),
            variables={"VIRTUAL_ENV": str(folder)},
            folder=str(folder),
            site=str(creator.purelib),
        )

    def _learn(self, key: blank.Key, spec: EnvSpec, made: blank.Blank | None) -> None:
        """Keep the blank, if another environment is the same but for its path."""
        with TemporaryDirectory(prefix="runner-") as scratch:
            other = Path(scratch) / "another"
            if (
                made is not None
                and blank.fits(other)
                and made == blank.read(key, other, self._make(spec, other))
            ):
                self._blanks.keep(key, made)


def create_virtualenv(spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
    """Create what the backend `virtualenv` would, for another backend to go on with. Raises CellError."""
    cache = Path(spec.cache) / "virtualenv"
    return VirtualenvBackend(environ=os.environ, cache=cache).create(spec, folder, stop)


class VenvBackend:
    """Creates bare environments by the interpreter's own `venv` module."""

    name = "venv"

    def __init__(self, *, environ: Mapping[str, str], processes: Processes) -> None:
        self._environ = interpreter_environ(environ)
        self._processes = processes

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:
        """Create a bare environment in `folder`. Raises CellError."""
        interpreter = _interpreter(spec)
        shared = ("--system-site-packages",) if spec.system_site_packages else ()
        captured = self._processes.capture(
            (interpreter.executable, "-I", "-m", "venv", "--without-pip", *shared, str(folder)),
            cwd=spec.root,
            env=self._environ,
            stop=stop,
            timeout=_CREATE_SECONDS,
        )
        if captured.exit != Exited(0):
            if stop.level:
                raise Cancelled
            words = plain(captured.stderr) or plain(captured.stdout)
            if _NO_VENV in words:
                why = f"{interpreter.executable} came without the module venv"
                raise CellError("create", f'{why}: install it, or use backend = "virtualenv"')
            raise CellError("create", f"{interpreter.executable} -m venv failed:\n{words}")
        return _standard(folder, interpreter)

    def describe(self) -> str:
        """Return its name: the module's version is the interpreter's."""
        return self.name


class NoneBackend:
    """Creates nothing: commands run on the interpreter itself."""

    name = "none"

    def create(self, spec: EnvSpec, folder: Path, stop: Stop) -> Environment:  # noqa: ARG002 - the Protocol's
        """Return the interpreter's own place; nothing is made in `folder`."""
        python = _interpreter(spec).executable
        return Environment(python=python, programs=(str(Path(python).parent),), variables={})

    def describe(self) -> str:
        """Return its name."""
        return self.name


def interpreter_cache(user_cache: Path) -> Path:
    """Return the folder below the user cache in which virtualenv and we keep what interpreters said."""
    return user_cache / "interpreters"


def _interpreter(spec: EnvSpec) -> Interpreter:
    """Return the interpreter, which must be as it was when it was found. Raises CellError."""
    found = spec.interpreter
    if found is None:
        raise CellError("create", f"backend {spec.backend} needs an interpreter, and none was looked for")
    try:
        state = os.stat(found.executable)  # noqa: PTH116 - for each cell
    except OSError as error:
        raise CellError("create", f"{found.executable} is gone since it was found: run again") from error
    if (state.st_size, state.st_mtime_ns) != (found.size, found.mtime):
        raise CellError("create", f"{found.executable} was replaced since it was found: run again")
    return found


def _numbers(interpreter: Interpreter) -> tuple[int, ...]:
    """Return X and Y of its version."""
    return tuple(map(int, interpreter.version.split(".")[:2]))


def _standard(folder: Path, interpreter: Interpreter) -> Environment:
    """The layout that the venv module makes."""
    if _WINDOWS:
        programs, python, site = folder / "Scripts", "python.exe", folder / "Lib" / "site-packages"
    else:
        major, minor = _numbers(interpreter)
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
