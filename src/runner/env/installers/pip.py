"""pip as the installer: one plain install of everything, each time, without locks."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from runner.env.environ import installer_environ
from runner.env.installers.helper import run_installer
from runner.env.installers.pipsettings import file_settings, variable
from runner.env.locks.key import interpreter_of
from runner.env.requirements.wanted import EDITABLE, Wanted, wanted
from runner.model.environment import Built, Environment, Fixed, LockPolicy
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes, Stop


class Pip:
    """pip for one run: run from virtualenv's wheel of it, so that environments stay bare.

    `own` is the run's folder, below which its requirement files go.
    """

    def __init__(
        self, *, environ: Mapping[str, str], own: Path, processes: Processes, policy: LockPolicy
    ) -> None:
        self._environ = installer_environ(environ)
        self._policy = policy
        self._own = own
        self._processes = processes

    def check(self, spec: EnvSpec, built: Built | None) -> None:
        """Raise CellError for what only uv can do."""
        asked = {
            "resolution": spec.resolution if spec.resolution != "highest" else None,
            "exclude-newer": spec.exclude_newer,
            "link-mode": spec.link_mode,
        }
        for key, value in asked.items():
            if value is not None:
                raise CellError("lock", f'{key} = "{value}" needs uv: remove it, or installer = "pip"')
        _pip_wheel(spec)
        variables = self._variables()
        if wanted(spec, built).nothing:
            return
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

        def run(task: str, command: str, *arguments: str) -> None:
            run_installer(
                self._processes,
                (
                    environment.python,
                    f"{_pip_wheel(spec)}/pip",
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

        run("install the requirements with pip", "install", *offline, *_arguments(want, spec.fixed, folder))
        if built is not None and not spec.installs_project:  # pip installs no dependencies alone
            run("take the project out again with pip", "uninstall", "--yes", built.name)

    def _variables(self) -> dict[str, str]:
        """Pip's settings, those of its files too, less what would send the install elsewhere."""
        settings = {variable(name): value for name, value in file_settings(self._environ).items()}
        said = {name: value for name, value in self._environ.items() if value or name not in settings}
        return installer_environ(settings | said) | {"PIP_CONFIG_FILE": os.devnull}


def _arguments(want: Wanted, decided: tuple[Fixed, ...], folder: Path) -> tuple[str, ...]:
    arguments = ["--pre"] if want.prerelease else []
    project = (want.project.line,) if want.project else ()
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


def _pip_wheel(spec: EnvSpec) -> Path:
    version = ".".join(interpreter_of(spec).version.split(".")[:2])
    from virtualenv.seed.wheels.embed import get_embed_wheel  # noqa: PLC0415 - start-up

    wheel = get_embed_wheel("pip", version)
    if wheel is None:
        raise CellError("lock", f'pip does not support Python {version} any more: use installer = "uv"')
    return wheel.path
