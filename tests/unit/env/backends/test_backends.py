import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.backends.builtin import NoneBackend, VenvBackend, VirtualenvBackend
from runner.env.contents.installed import installed
from runner.env.interpreters.find import Interpreters
from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.plugins import Backend
from runner.model.ports import Processes
from runner.model.python import parse_python
from runner.model.results import Exited, Installed
from runner.process import StopSwitch
from runner.testing.machine import interpreter_variables

ASK = "import sys; print(sys.prefix); print(sys.base_prefix); print(*sys.path, sep='\\n')"


@pytest.fixture(params=["virtualenv", "venv"])
def backend(
    request: pytest.FixtureRequest, environ: dict[str, str], processes: Processes, tmp_path: Path
) -> Backend:
    if request.param == "venv":
        return VenvBackend(environ=environ, processes=processes)
    return VirtualenvBackend(environ=environ, cache=tmp_path / "cache")


def says(environment: Environment, processes: Processes) -> list[str]:
    captured = processes.capture(
        (environment.python, "-c", ASK), cwd="/", env=environment.variables, stop=StopSwitch()
    )
    assert captured.exit == Exited(0), captured.stderr
    return captured.stdout.splitlines()


def test_an_environment_is_bare_and_knows_its_places(
    backend: Backend, spec: EnvSpec, processes: Processes, tmp_path: Path
) -> None:
    folder = tmp_path / "env"
    environment = backend.create(spec, folder, StopSwitch())
    assert (environment.folder, environment.variables) == (str(folder), {"VIRTUAL_ENV": str(folder)})
    prefix, base, *path = says(environment, processes)
    assert (prefix, base) == (str(folder), sys.base_prefix)
    assert environment.site in path
    assert installed(environment) == ()
    assert Path(environment.python).parent == Path(environment.programs[0])
    assert not any(name.startswith("pip") for name in os.listdir(environment.programs[0]))  # noqa: PTH208


@pytest.mark.parametrize("version", ["3.6", "3.7"])
def test_an_old_python_finds_nothing_that_it_cannot_read(
    environ: dict[str, str], spec: EnvSpec, processes: Processes, tmp_path: Path, version: str
) -> None:
    interpreters = Interpreters(
        environ=environ | interpreter_variables(os.environ, Path.home()),
        root=tmp_path,
        cache=tmp_path / "cache",
        processes=processes,
        missing="skip",
    )
    request = parse_python(version)
    assert request is not None
    try:
        old = interpreters.find(request, StopSwitch())
    except CellError as error:
        pytest.skip(error.message)
    backend = VirtualenvBackend(environ=environ, cache=tmp_path / "cache")
    for name in ("made", "written"):
        environment = backend.create(replace(spec, interpreter=old), tmp_path / name, StopSwitch())
        said = processes.capture(
            (environment.python, "-c", "pass"), cwd="/", env=environment.variables, stop=StopSwitch()
        )
        assert (said.exit, said.stderr) == (Exited(0), "")


def test_system_site_packages_are_seen_only_when_asked_for(
    backend: Backend, spec: EnvSpec, processes: Processes, tmp_path: Path
) -> None:
    def count(environment: Environment) -> int:
        return sum(line.endswith(("site-packages", "dist-packages")) for line in says(environment, processes))

    alone = backend.create(spec, tmp_path / "alone", StopSwitch())
    shared = backend.create(replace(spec, system_site_packages=True), tmp_path / "shared", StopSwitch())
    assert count(alone) == 1
    assert count(shared) > 1


def test_backends_are_named_and_described(backend: Backend) -> None:
    assert isinstance(backend, Backend)
    assert backend.describe().startswith(backend.name)


def test_the_users_settings_of_virtualenv_have_no_say(
    environ: dict[str, str], spec: EnvSpec, tmp_path: Path
) -> None:
    ini = tmp_path / "virtualenv.ini"
    ini.write_text("[virtualenv]\nprompt = theirs\n")
    theirs = {"VIRTUALENV_CONFIG_FILE": str(ini), "VIRTUALENV_SYSTEM_SITE_PACKAGES": "1"}
    backend = VirtualenvBackend(environ=environ | theirs, cache=tmp_path / "cache")
    backend.create(spec, tmp_path / "env", StopSwitch())
    config = (tmp_path / "env" / "pyvenv.cfg").read_text()
    assert "include-system-site-packages = false" in config
    assert "theirs" not in config


def test_many_are_created_at_the_same_time(environ: dict[str, str], spec: EnvSpec, tmp_path: Path) -> None:
    backend = VirtualenvBackend(environ=environ, cache=tmp_path / "cache")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: backend.create(spec, tmp_path / f"env{n}", StopSwitch()), range(24)))
    assert all(Path(environment.python).exists() for environment in made)


def test_virtualenv_works_without_its_cache_folder(
    environ: dict[str, str], spec: EnvSpec, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    backend = VirtualenvBackend(environ=environ, cache=tmp_path / "file" / "cache")
    assert Path(backend.create(spec, tmp_path / "env", StopSwitch()).python).exists()


def test_what_cannot_be_created_is_an_error_of_the_cell(
    backend: Backend, spec: EnvSpec, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CellError) as caught:
        backend.create(spec, tmp_path / "file" / "env", StopSwitch())
    assert caught.value.phase == "create"


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (
            "{python}: No module named venv",
            "{python} came without the module venv: install it, or use backend",
        ),
        ("Error: no room", "{python} -m venv failed:\nError: no room"),
    ],
)
def test_a_venv_module_that_is_missing_is_told_apart(
    *, environ: dict[str, str], spec: EnvSpec, processes: Processes, tmp_path: Path, says: str, told: str
) -> None:
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\necho '{says.format(python=python)}' >&2\nexit 1\n")
    python.chmod(0o755)
    state = python.stat()
    assert spec.interpreter is not None
    without = replace(spec.interpreter, executable=str(python), size=state.st_size, mtime=state.st_mtime_ns)
    with pytest.raises(CellError) as caught:
        VenvBackend(environ=environ, processes=processes).create(
            replace(spec, backend="venv", interpreter=without), tmp_path / "env", StopSwitch()
        )
    assert told.format(python=python) in caught.value.message


def test_the_none_backend_is_the_interpreter_itself(spec: EnvSpec, tmp_path: Path) -> None:
    assert spec.interpreter is not None
    environment = NoneBackend().create(spec, tmp_path, StopSwitch())
    assert environment == Environment(
        python=spec.interpreter.executable,
        programs=(str(Path(spec.interpreter.executable).parent),),
        variables={},
    )
    assert list(tmp_path.glob("*.cfg")) == []
    assert installed(environment) == ()


def test_installed_distributions_are_read_from_their_folders(tmp_path: Path) -> None:
    for name in ("Ruamel.Yaml-0.18.6.dist-info", "alpha-1.0+local.dist-info", "alpha", "beta.egg-link"):
        (tmp_path / name).mkdir()
    environment = Environment(python="", programs=(), variables={}, site=str(tmp_path))
    assert installed(environment) == (Installed("alpha", "1.0+local"), Installed("ruamel-yaml", "0.18.6"))
