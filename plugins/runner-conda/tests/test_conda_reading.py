"""What is read before rattler is asked anything: channels, environment.yml, keys; and what rattler says."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from local_channels import MINOR, Configure, LocalChannel

import runner_conda
from runner import BackendLock, CellError, EnvSpec, PythonSpec, ResolveWish
from runner.testing import FakeStop, Project
from runner_conda import environment_file
from runner_conda.backend import CondaBackend
from runner_conda.channels import Channel, channels_of
from runner_conda.engine.calls import explained
from runner_conda.engine.distributions import named
from runner_conda.keys import CondaKeys


def test_channels_are_names_addresses_and_paths(tmp_path: Path) -> None:
    folder = (tmp_path / "ci").as_uri()
    texts = ("conda-forge", "conda-forge/label/dev", "./ci", "https://host/t/tok-en/some/", "nodefaults")
    assert channels_of((*texts, "conda-forge", "https://me:p%40ss@host/some"), tmp_path, "channels") == (
        Channel("conda-forge", "conda-forge"),
        Channel("conda-forge/label/dev", "conda-forge/label/dev"),
        Channel(folder, "./ci"),
        Channel("https://host/some", "https://host/some", token="tok-en"),  # noqa: S106 - of a test
        Channel("https://host/some", "https://host/some", user="me:p@ss"),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("~nobody-here/ci", "'~nobody-here/ci' names a home that is not known"),
        ("defaults", "defaults is no channel, but stands for several"),
        ("a b", "'a b' is no channel; expected a name such as conda-forge"),
        ("ftp://host/some", "'ftp://host/some' is no address of a channel: it begins with ftp://, expected"),
        (
            "http://host:99999/x",
            "'http://host:99999/x' is no address of a channel: what stands between // and /",
        ),
        ("https://me:hush@host:x/t/hush/y", "'https://***host:x/t/***/y' is no address of a channel: what"),
        (
            "https://me:hu/sh@host/x",
            "'https://***host/x' is no address of a channel: what stands between // and /",
        ),
        ("http://[::1/x", "'http://[::1/x' is no address of a channel: what stands between // and /"),
        ("http://ho st/x", "'http://ho st/x' is no address of a channel: what stands between // and /"),
        ("https:///some", "'https:///some' is no address of a channel: it names no host"),
    ],
)
def test_what_is_no_channel_is_named_with_where_it_stands(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "e.yml").write_text(f"channels: ['{text}']")
    with pytest.raises(CellError, match=rf"^channels: {re.escape(says)}"):
        CondaBackend().inputs(_spec(tmp_path, keys={"channels": [text]}))
    with pytest.raises(CellError, match=rf"^e.yml: channels: {re.escape(says)}"):
        CondaBackend().inputs(_spec(tmp_path, keys={"environment-file": "e.yml"}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "envs/e.yml is no YAML file"),
        ("- a", "is to be a mapping with `channels` and `dependencies`"),
        ("dependencies: numpy", "is to have a list as dependencies, not 'numpy'"),
        ("dependencies: [3]", "has 3 among its dependencies, expected a package or `pip:`"),
        ("dependencies: [{pip: [1]}]", "has 1 in dependencies: pip, expected text"),
        ("channels: {a: b}", "is to have a list as channels"),
        ("variables: [a]", "is to have a mapping as variables, not ['a']"),
        ("variables: {a: [b]}", "has 'a': ['b'] in variables, expected text"),
    ],
)
def test_what_is_wrong_with_an_environment_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "envs" / "e.yml"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(CellError, match=re.escape(says)):
        environment_file.read(file, tmp_path)


def test_an_environment_file_is_written_as_it_is_read(tmp_path: Path) -> None:
    found = environment_file.EnvironmentFile(
        channels=("conda-forge", "./ci"),
        dependencies=("python=3.12.1=h1_0", 'numpy >=1,<2 # "no" comment'),
        pip=("-r requirements.txt", "-e ./lib", "./dist/a.whl", "x @ https://host/x.whl", "yes"),
        variables={"A": "1: 2", "B": "ünï\\"},
    )
    file = tmp_path / "e.yml"
    file.write_text(environment_file.write("c: d", found), encoding="utf-8")
    assert environment_file.read(file, tmp_path) == found
    below = tmp_path / "envs" / "e.yml"
    below.parent.mkdir()
    below.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    moved = environment_file.read(below, tmp_path)
    assert moved.pip == (
        *("-r envs/requirements.txt", "-e envs/lib", "./envs/dist/a.whl", "x @ https://host/x.whl", "yes"),
    )
    assert moved.channels == ("conda-forge", "./envs/ci")


def test_distributions_are_told_by_their_metadata() -> None:
    assert named(
        (
            "site-packages/torch-2.1.dist-info/METADATA",
            "lib/python3.12/site-packages/ruamel.yaml-0.18.dist-info/RECORD",
            "lib/python3.12/site-packages/Old_One-1.0-py3.12.egg-info",
            "lib/python3.12/site-packages/setuptools/_vendor/wheel-0.4.dist-info/METADATA",
            "lib/python3.12/site-packages/numpy/version.py",
            "share/site-packages/x-1.dist-info/METADATA",
        )
    ) == {"torch": "2.1", "ruamel-yaml": "0.18", "old-one": "1.0"}


@pytest.mark.parametrize(
    ("python", "asked"),
    [
        (PythonSpec("3.12", version=(3, 12)), "python 3.12.*"),
        (PythonSpec("3.13t", version=(3, 13), free_threaded=True), "python 3.13.* *_cp313t"),
        (PythonSpec("pypy3.9", "pypy", (3, 9)), "python 3.9.* *_pypy*"),
    ],
)
def test_the_session_says_which_python(tmp_path: Path, python: PythonSpec, asked: str) -> None:
    inputs = CondaBackend().inputs(_spec(tmp_path, python=python, keys={"conda-deps": ["a"]}))
    assert inputs["packages"] == f"a\n{asked}"


def test_a_path_as_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CellError, match=r'name a version, as in python = "3\.12"'):
        CondaBackend().inputs(_spec(tmp_path, python=PythonSpec("/py", path="/py")))


def test_an_environment_file_in_a_home_that_is_not_known_is_told(tmp_path: Path) -> None:
    with pytest.raises(CellError, match=r"^environment-file: '~nobody-here/e\.yml' names a home"):
        CondaBackend().inputs(_spec(tmp_path, keys={"environment-file": "~nobody-here/e.yml"}))


def test_the_project_itself_in_a_pip_section_is_left_to_package(tmp_path: Path) -> None:
    file = tmp_path / "e.yml"
    file.write_text("dependencies: [{pip: [-e ., ./lib]}]")
    alone = _spec(tmp_path, keys={"environment-file": "e.yml"})
    assert CondaBackend().requirements(alone) == ("-e .", "./lib")
    installed = _spec(tmp_path, package="wheel", keys=alone.keys)
    assert CondaBackend().requirements(installed) == ("./lib",)
    file.write_text("dependencies: [{pip: ['-e .[dev,test]']}]")
    with pytest.raises(CellError, match=re.escape('leave it out, and set extras = ["dev", "test"]')):
        CondaBackend().requirements(installed)


def test_a_lock_is_written_as_an_environment_file(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    keys = {"conda-deps": ["greet"], "channels": ["../channel"]}
    root = project.root / "sub"
    spec = _spec(root, keys=keys, cache=str(project.folder / "own"), folder="/x/c-py3")
    backend = CondaBackend()
    lock = backend.resolve(spec, ResolveWish(), FakeStop())
    assert lock == backend.resolve(spec, ResolveWish(before=lock), FakeStop())
    assert str(project.root) not in lock
    held = _spec(root, keys=keys, folder=spec.folder, lock=lock)
    text = backend.environment_file(held, ("right==1.0",))
    assert '  - "greet=2.0=0"\n' in text
    assert '  - "pip"\n  - pip:\n      - "right==1.0"\n' in text
    with pytest.raises(ValueError, match="reading the lock failed"):
        backend.contents("version: 99\n")


def test_keys_in_a_session_without_the_backend_name_it(project: Project) -> None:
    keys = [field.encode_name for field in msgspec.structs.fields(CondaKeys)]
    text = "".join(f"{key} = 'x'\n" for key in keys)
    project.config(f"[sessions.c]\n{text}[sessions.d]\nbackend = '{{env:TOOL}}'\n{text}")
    said = project.run("list").assert_exit(2).stderr
    for key in keys:
        told = "is a key of the backend `conda`, and no cell of this session has that backend: set backend ="
        assert f"sessions.c.{key}: {told}" in said
        assert f'sessions.d.{key}: is a key of the backend `conda`, and backend = "{{env:TOOL}}" does' in said


def test_a_panic_of_rattler_is_an_error_like_any_other() -> None:
    class PanicException(BaseException):
        pass

    with (
        pytest.raises(CellError, match="solving failed: rattler itself broke down"),
        explained("lock", "solving"),
    ):
        raise PanicException("index out of bounds")


def test_rattler_is_imported_by_one_package_and_only_when_needed(
    project: Project, channel: LocalChannel, configure: Configure
) -> None:
    source = Path(runner_conda.__file__).parent
    users = {
        file.relative_to(source).parts[0]
        for file in source.rglob("*.py")
        if re.search(r"^\s*(from|import) rattler\b", file.read_text(), re.MULTILINE)
    }
    assert users == {"engine"}
    configure("greet")
    code = "import sys, runner.__main__ as m\ntry: m.main()\nfinally: print('rattler' in sys.modules)"
    argv = (sys.executable, "-c", code, "list")
    done = subprocess.run(
        argv, cwd=project.root, env=project.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False", done.stdout


def _spec(
    root: Path,
    *,
    python: PythonSpec | None = None,
    keys: Mapping[str, object] | None = None,
    package: str = "none",
    cache: str = "",
    folder: str = "",
    lock: str = "",
) -> EnvSpec:
    version = tuple(map(int, MINOR.split(".")))
    return EnvSpec(
        root=str(root),
        backend="conda",
        installer="uv",
        python=python or PythonSpec(MINOR, version=version),
        package="wheel" if package == "wheel" else "none",
        keys=dict(keys or {}),
        cache=cache,
        folder=folder,
        backend_lock=BackendLock(text=lock, sha256="") if lock else None,
    )
