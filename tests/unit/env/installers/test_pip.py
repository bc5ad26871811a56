from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.backends.builtin import VirtualenvBackend
from runner.env.contents.installed import installed
from runner.env.installers.pip import Pip
from runner.env.package.wheel import as_built
from runner.env.package.wheelfile import read_wheel
from runner.model.environment import Environment, LockPolicy
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.process import StopSwitch

MakeWheel = Callable[[str, str, tuple[str, ...]], Path]


@pytest.fixture
def pip(environ: dict[str, str], processes: Processes, tmp_path: Path) -> Pip:
    return Pip(environ=environ, own=tmp_path / "own", processes=processes, policy=LockPolicy())


@pytest.fixture
def environment(environ: dict[str, str], spec: EnvSpec, tmp_path: Path) -> Environment:
    return VirtualenvBackend(environ=environ, cache=tmp_path / "cache").create(
        spec, tmp_path / "env", StopSwitch()
    )


def test_everything_is_installed_by_one_plain_pip_install(
    pip: Pip, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, commands: list[tuple[str, ...]]
) -> None:
    root = Path(spec.root)
    make_wheel("alpha", "1.0", ("proj>=1",))
    for version in ("1.5", "2.0", "3.0a1"):
        make_wheel("beta", version, ())
    make_wheel("gamma", "1.0", ())
    ours = make_wheel("proj", "1.2", ('gamma; extra == "more"',)).rename(root / "proj-1.2-py3-none-any.whl")
    (root / "reqs.txt").write_text("alpha\n-c limits.txt\n")
    (root / "limits.txt").write_text("beta<3\n")
    (root / "pyproject.toml").write_text('[dependency-groups]\ntest = ["beta"]')
    asked = replace(
        spec,
        installer="pip",
        requirements=("-r reqs.txt",),
        package="wheel",
        groups=("test",),
        extras=("more",),
        constraints=("beta<2",),
    )
    project = as_built(read_wheel(ours))
    pip.check(asked, None, StopSwitch())
    pip.install(asked, environment, project, StopSwitch())
    assert [f"{each.name} {each.version}" for each in installed(environment)] == [
        "alpha 1.0",
        "beta 1.5",
        "gamma 1.0",
        "proj 1.2",
    ]
    assert len(commands) == 1


def test_what_pip_cannot_install_is_told_in_its_words(
    pip: Pip, spec: EnvSpec, environment: Environment
) -> None:
    asked = replace(spec, installer="pip", requirements=("nothing-of-that-name",))
    with pytest.raises(CellError, match="No matching distribution found for nothing-of-that-name") as caught:
        pip.install(asked, environment, None, StopSwitch())
    assert caught.value.phase == "install"
    assert caught.value.message.startswith("could not install the requirements with pip")


def test_nothing_wanted_runs_nothing(
    pip: Pip, spec: EnvSpec, environment: Environment, commands: list[tuple[str, ...]]
) -> None:
    pip.install(spec, environment, None, StopSwitch())
    assert commands == []


@pytest.mark.parametrize("key", ["resolution", "exclude-newer", "link-mode"])
def test_what_only_uv_can_do_is_refused(pip: Pip, spec: EnvSpec, key: str) -> None:
    asked = {
        "resolution": replace(spec, resolution="lowest"),
        "exclude-newer": replace(spec, exclude_newer="2026-01-01"),
        "link-mode": replace(spec, link_mode="hardlink"),
    }
    with pytest.raises(CellError, match=f'{key} = ".*" needs uv'):
        pip.check(asked[key], None, StopSwitch())


def test_a_python_that_pip_has_left_behind_and_that_has_none_needs_uv(
    pip: Pip, spec: EnvSpec, tmp_path: Path
) -> None:
    assert spec.interpreter is not None
    python = tmp_path / "python3.7"
    python.write_text("#!/bin/sh\necho No module named ensurepip >&2\nexit 1\n")
    python.chmod(0o755)
    (tmp_path / "own").mkdir()
    old = replace(spec.interpreter, version="3.7.16", executable=str(python))
    asked = replace(spec, interpreter=old, requirements=("alpha",))
    with pytest.raises(CellError, match=r'supports Python 3\.7 no more, .*: use installer = "uv"'):
        pip.check(asked, None, StopSwitch())
    pip.check(replace(asked, requirements=()), None, StopSwitch())


@pytest.mark.parametrize("setting", ["target = out", "prefix = out", "user = true", "dry-run = true"])
def test_settings_in_a_file_that_send_an_install_elsewhere_have_no_say(
    *,
    environ: dict[str, str],
    processes: Processes,
    spec: EnvSpec,
    environment: Environment,
    make_wheel: MakeWheel,
    tmp_path: Path,
    setting: str,
) -> None:
    make_wheel("alpha", "1.0", ())
    conf = tmp_path / "pip.conf"
    conf.write_text(
        f"[install]\n{setting}\n[global]\nno-index = true\nfind-links = {environ['PIP_FIND_LINKS']}\n"
    )
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        del environ[name]
    pip = Pip(
        environ=environ | {"PIP_CONFIG_FILE": str(conf)},
        own=tmp_path / "own",
        processes=processes,
        policy=LockPolicy(),
    )
    pip.install(replace(spec, installer="pip", requirements=("alpha",)), environment, None, StopSwitch())
    assert [each.name for each in installed(environment)] == ["alpha"]
    assert not (Path(spec.root) / "out").exists()


def test_an_editable_folder_may_have_spaces(
    pip: Pip, spec: EnvSpec, environment: Environment, processes: Processes
) -> None:
    root = Path(spec.root)
    for name in ("my", "my sub"):
        (root / name).mkdir()
        (root / name / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "no_such_backend"\nbackend-path = ["."]\n'
        )
    asked = replace(spec, installer="pip", requirements=("-e ./my sub",))
    with pytest.raises(CellError) as caught:
        pip.install(asked, environment, None, StopSwitch())
    assert "my%20sub" in caught.value.message


@pytest.mark.parametrize(
    ("policy", "says"), [(LockPolicy(locked=True), "--locked"), (LockPolicy(offline=True), "--offline")]
)
def test_what_pip_cannot_promise_is_refused(
    spec: EnvSpec, tmp_path: Path, processes: Processes, policy: LockPolicy, says: str
) -> None:
    bare = {"PIP_CONFIG_FILE": "/dev/null"}
    pip = Pip(environ=bare, own=tmp_path / "own", processes=processes, policy=policy)
    asked = replace(spec, installer="pip", requirements=("alpha",))
    with pytest.raises(CellError, match=f'{says} needs installer = "uv"'):
        pip.check(asked, None, StopSwitch())
    pip.check(replace(asked, requirements=()), None, StopSwitch())


def test_offline_pip_installs_from_a_folder_and_asks_no_index(  # noqa: PLR0917 - fixtures
    spec: EnvSpec,
    environment: Environment,
    environ: dict[str, str],
    make_wheel: MakeWheel,
    tmp_path: Path,
    commands: list[tuple[str, ...]],
    processes: Processes,
    stop: StopSwitch,
) -> None:
    make_wheel("alpha", "1.0", ())
    pip = Pip(environ=environ, own=tmp_path / "own", processes=processes, policy=LockPolicy(offline=True))
    asked = replace(spec, installer="pip", requirements=("alpha",))
    pip.check(asked, None, StopSwitch())
    pip.install(asked, environment, None, stop)
    assert "--no-index" in commands[-1]
