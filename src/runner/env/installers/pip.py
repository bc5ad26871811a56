"""pip as the installer: one plain install of everything, each time, without locks."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from runner.env.environ import installer_environ, interpreter_environ
from runner.env.installers.helper import run_installer
from runner.env.installers.pipsettings import file_settings, variable
from runner.env.locks.key import interpreter_of, short_version
from runner.env.once import Once
from runner.env.requirements.wanted import EDITABLE, Wanted, wanted
from runner.model.environment import Built, Environment, Fixed, LockPolicy
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes, Stop
from runner.model.python import Interpreter

_ASK_OWN = """
import ensurepip, os
print('\\nPIP=' + os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'))
"""
_OWN = re.compile(r"^PIP=(?P<folder>.+)$", re.MULTILINE)
_ASK_SECONDS = 30.0

_READS_ADDRESSES = 19
"""The first pip that takes the address of a file for a named requirement: before it is the path alone."""


class Pip:
    """pip for one run: run from a wheel of it, so that environments stay bare.

    The wheel is virtualenv's; for Pythons that it has none for, the one that came with the interpreter.
    `own` is the run's folder, below which its requirement files go.
    """

    def __init__(
        self, *, environ: Mapping[str, str], own: Path, processes: Processes, policy: LockPolicy
    ) -> None:
        self._environ = installer_environ(environ)
        self._policy = policy
        self._own = own
        self._processes = processes
        self._wheels: Once[str, Path] = Once()

    def check(self, spec: EnvSpec, built: Built | None, stop: Stop) -> None:
        """Raise CellError for what only uv can do."""
        asked = {
            "resolution": spec.resolution if spec.resolution != "highest" else None,
            "exclude-newer": spec.exclude_newer,
            "link-mode": spec.link_mode if spec.link_mode != "copy" else None,  # as pip always does
        }
        for key, value in asked.items():
            if value is not None:
                raise CellError("lock", f'{key} = "{value}" needs uv: remove it, or installer = "pip"')
        if wanted(spec, built).nothing:
            return
        self._wheel(spec, stop)
        variables = self._variables()
        if self._policy.locked:
            raise CellError("lock", 'installer = "pip" has no locks: --locked needs installer = "uv"')
        if self._policy.offline and not variables.get("PIP_FIND_LINKS"):
            raise CellError(
                "lock",
                'installer = "pip" asks an index at each install: --offline needs installer = "uv",'
                " or a folder of wheels in PIP_FIND_LINKS",
            )

    def install(self, spec: EnvSpec, environment: Environment, built: Built | None, stop: Stop) -> None:
        """Install all that the cell wants into the environment. Raises CellError."""
        want = wanted(spec, built)
        if want.nothing:
            return
        folder = self._own / "pip" / token_hex(8)
        folder.mkdir(parents=True)
        offline = ("--no-index",) if self._policy.offline else ()
        wheel = self._wheel(spec, stop)

        def run(task: str, command: str, *arguments: str) -> None:
            run_installer(
                self._processes,
                (
                    environment.python,
                    f"{wheel}/pip",
                    command,
                    "--no-input",
                    "--disable-pip-version-check",
                    *arguments,
                ),
                cwd=spec.root,
                env=self._variables() | environment.variables,
                stop=stop,
                phase="install",
                task=task,
            )

        arguments = _arguments(want, _project(want, built, wheel), spec.fixed, folder)
        run("install the requirements with pip", "install", *offline, *arguments)
        if built is not None and not spec.installs_project:  # pip installs no dependencies alone
            run("take the project out again with pip", "uninstall", "--yes", built.name)

    def _wheel(self, spec: EnvSpec, stop: Stop) -> Path:
        interpreter = interpreter_of(spec)
        return self._wheels.get(interpreter.executable, lambda: self._look_for_wheel(interpreter, stop), stop)

    def _look_for_wheel(self, interpreter: Interpreter, stop: Stop) -> Path:
        from virtualenv.seed.wheels.embed import get_embed_wheel  # noqa: PLC0415 - start-up

        version = short_version(interpreter.version)
        embedded = get_embed_wheel("pip", version)
        if embedded is not None:
            return embedded.path
        captured = self._processes.capture(
            (interpreter.executable, "-I", "-c", _ASK_OWN),
            cwd=str(self._own),
            env=interpreter_environ(self._environ),
            stop=stop,
            timeout=_ASK_SECONDS,
        )
        if stop.level:
            raise Cancelled
        answer = _OWN.search(captured.stdout)
        wheels = Path(answer["folder"]).glob("pip-*.whl") if answer else ()
        newest = max(wheels, key=_version_of, default=None)
        if newest is None:
            why = f"pip supports Python {version} no more, and {interpreter.executable} came without one"
            raise CellError("lock", f'{why}: use installer = "uv"')
        return newest

    def _variables(self) -> dict[str, str]:
        """Pip's settings, those of its files too, less what would send the install elsewhere."""
        settings = {variable(name): value for name, value in file_settings(self._environ).items()}
        said = {name: value for name, value in self._environ.items() if value or name not in settings}
        return installer_environ(settings | said) | {"PIP_CONFIG_FILE": os.devnull}


def _project(want: Wanted, built: Built | None, pip: Path) -> tuple[str, ...]:
    """Return the requirement for the project's wheel, if there is one, in words that this pip understands."""
    if want.project is None or built is None:
        return ()
    if _version_of(pip).major >= _READS_ADDRESSES:
        return (want.project.line,)
    return (want.project.line.partition(" @ ")[0].replace(built.name, built.path, 1),)


def _version_of(wheel: Path) -> Version:
    return parse_wheel_filename(wheel.name)[1]


def _arguments(
    want: Wanted, project: tuple[str, ...], decided: tuple[Fixed, ...], folder: Path
) -> tuple[str, ...]:
    arguments = ["--pre"] if want.prerelease else []
    fixed = tuple(
        f"{each.name}=={each.version}"
        for each in decided
        if not want.project or each.name != want.project.name
    )
    for option, name, lines in (
        ("-r", "requirements.txt", (*want.lines, *project)),
        ("-c", "constraints.txt", (*want.constraints, *fixed)),
    ):
        if lines:
            file = folder / name
            file.write_text("".join(f"{_quoted(line)}\n" for line in lines), encoding="utf-8")
            arguments += [option, str(file)]
    for file_ in want.files:
        arguments += ["-r", file_]
    for file_ in want.constraint_files:
        arguments += ["-c", file_]
    return tuple(arguments)


def _quoted(line: str) -> str:
    option, space, what = line.partition(" ")
    return f"{option} {shlex.quote(what)}" if option == EDITABLE and space else line
