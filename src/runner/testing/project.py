"""A project in a temporary folder, and runner run on it."""

import io
import json
import shlex
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import NoReturn

from runner.cli.main import main
from runner.cli.secrets import Secrets
from runner.cli.world import Replacement, World
from runner.model.ports import Clock, Processes
from runner.process import SystemClock, SystemProcesses
from runner.testing import backend, machine
from runner.testing.backend import Metadata
from runner.testing.invocation import Invocation, read_events, read_result
from runner.testing.process import RUNNER, Started
from runner.testing.wheels import Index

_AUTHOR = ("-c", "user.name=tests", "-c", "user.email=tests@example.invalid")
_COMMIT = (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--allow-empty", "-m", "state"))


class Project:
    """A project to write, and runner to run on it. The fixture `project` gives an empty one to each test.

    `root` is the project's folder. Everything else is beside it and private: home, caches, and `index`, the
    only place that installers look in, until `online` is called. `environ` may be changed; each run gets a
    copy.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.root.mkdir(parents=True)
        self.index = Index(folder / "index")
        self.environ: dict[str, str] = {**machine.isolated(machine.environ(), folder), **self.index.variables}
        self._runs = 0

    def write(self, files: Mapping[str, str]) -> None:
        """Write several files, as `file` does."""
        for name, text in files.items():
            self.file(name, text)

    def file(self, name: str, text: str) -> Path:
        """Write a file below the root, its text dedented, folders made; return its path."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def config(self, text: str) -> Path:
        """Write `runner.toml`."""
        return self.file("runner.toml", text)

    def online(self) -> None:
        """Let installers use this machine's caches, settings and network from now on."""
        self.environ = machine.online(machine.environ(), self.folder)

    def git(self) -> None:
        """Make the root a git repository and commit what is there; called again, commit what changed."""
        for argv in _COMMIT:
            subprocess.run(["git", *_AUTHOR, *argv], cwd=self.root, env=self.environ, check=True)  # noqa: S607 - as users find it

    def package(
        self,
        name: str,
        version: str = "1.0",
        *,
        modules: Mapping[str, str] | None = None,
        requires: tuple[str, ...] = (),
        extras: Mapping[str, tuple[str, ...]] | None = None,
        scripts: Mapping[str, str] | None = None,
        tag: str = "py3-none-any",
        build_requires: tuple[str, ...] = (),
        fault: str = "",
    ) -> None:
        """Make the project a package that builds without network: sources in `src`, its backend in `_build`.

        `modules` maps a path below `src` to its text; without it there is one module named like the package,
        with its `VERSION`. A build with a `fault` raises it as its last words. `builds` counts builds.
        """
        if modules is None:
            modules = {f"{name.replace('-', '_')}.py": f"VERSION = {version!r}\n"}
        about: Metadata = {
            "name": name,
            "version": version,
            "tag": tag,
            "requires": list(requires),
            "extras": {extra: list(lines) for extra, lines in (extras or {}).items()},
            "entry_points": {"console_scripts": dict(scripts)} if scripts else {},
            "source": "src",
            "counter": str(self._counter),
            "fault": fault,
        }
        self.write({f"src/{path}": text for path, text in modules.items()})
        self.file("_build/metadata.json", json.dumps(about, indent=1))
        self.file("_build/backend.py", Path(backend.__file__).read_text("utf-8"))
        self.file("pyproject.toml", _pyproject(about, build_requires))

    @property
    def builds(self) -> tuple[str, ...]:
        """The builds of the package so far, in order: `wheel`, `sdist` or `editable`."""
        return tuple(self._counter.read_text("utf-8").split()) if self._counter.exists() else ()

    def run(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        clock: Clock | None = None,
        processes: Processes | None = None,
        plugins: tuple[object, ...] = (),
    ) -> Invocation:
        """Run runner in this process, in the project's root, and return what came of it.

        `env` is added to `environ`; time and processes are real unless given. `plugins` are modules, or
        objects whose methods fill hooks: they are active as if the config named them. Use `run_process` for
        exit codes as the system sees them, and `start` for signals.
        """
        outputs = self._outputs()
        stdout, stderr = io.StringIO(), io.StringIO()
        environ = self._variables(argv, env, outputs)
        world = World(
            cwd=cwd or self.root,
            environ=environ,
            stdin=io.StringIO(),
            stdout=stdout,
            stderr=stderr,
            clock=clock or SystemClock(),
            processes=cache(lambda: processes or SystemProcesses()),
            secrets=Secrets(environ),
            leave=_stay,
            become=_stay_runner,
            guests=plugins,
        )
        code = main(argv, world)
        return Invocation(
            argv=argv,
            exit_code=code,
            stdout=stdout.getvalue(),
            stderr=stderr.getvalue(),
            events=read_events(outputs / "events.jsonl"),
            result=read_result(outputs / "result.json"),
        )

    def start(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        program: tuple[str, ...] = RUNNER,
    ) -> Started:
        """Start runner as a process; `program` is the command line before `argv`."""
        outputs = self._outputs()
        return Started(
            argv,
            program=program,
            cwd=cwd or self.root,
            environ=self._variables(argv, env, outputs),
            outputs=outputs,
        )

    def run_process(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        program: tuple[str, ...] = RUNNER,
        timeout: float = 120.0,
    ) -> Invocation:
        """Run runner as a process to its end, at most `timeout` seconds."""
        with self.start(*argv, env=env, cwd=cwd, program=program) as started:
            return started.wait(timeout)

    @property
    def _counter(self) -> Path:
        return self.folder / "builds"

    def _outputs(self) -> Path:
        self._runs += 1
        outputs = self.folder / "outputs" / str(self._runs)
        outputs.mkdir(parents=True)
        return outputs

    def _variables(
        self, argv: tuple[str, ...], env: Mapping[str, str] | None, outputs: Path
    ) -> dict[str, str]:
        """Ask for events and result through variables, so that the command line is the test's alone."""
        asked = {
            "RUNNER_EVENTS": str(outputs / "events.jsonl"),
            "RUNNER_REPORT": shlex.quote(f"json={outputs / 'result.json'}"),
        }
        own = argv[: argv.index("--")] if "--" in argv else argv
        if any(word.startswith("--events") for word in own):
            del asked["RUNNER_EVENTS"]
        if any(word.startswith("--report") for word in own):
            del asked["RUNNER_REPORT"]
        return {**self.environ, **asked, **(env or {})}


def _leave(code: int) -> NoReturn:
    """End the call where runner would end its process."""
    raise SystemExit(code)


def _pyproject(about: Metadata, build_requires: tuple[str, ...]) -> str:
    extras = "".join(f"{extra} = {json.dumps(lines)}\n" for extra, lines in about["extras"].items())
    scripts = "".join(
        f"{name} = {json.dumps(target)}\n"
        for name, target in about["entry_points"].get("console_scripts", {}).items()
    )
    return (
        f"[build-system]\nrequires = {json.dumps(build_requires)}\n"
        'build-backend = "backend"\nbackend-path = ["_build"]\n\n'
        f"[project]\nname = {json.dumps(about['name'])}\nversion = {json.dumps(about['version'])}\n"
        f"dependencies = {json.dumps(about['requires'])}\n"
        + (f"\n[project.scripts]\n{scripts}" if scripts else "")
        + (f"\n[project.optional-dependencies]\n{extras}" if extras else "")
    )


def _stay_runner(replacement: Replacement) -> str:
    """Refuse to become another program: the tests go on in this one."""
    return f"{shlex.join(replacement.argv)} would take the place of the tests: use run_process"


def _stay(code: int) -> None:
    """Take the place of leaving the process: the tests go on in it, and `main` returns the code."""
