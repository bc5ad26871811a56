import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from runner.env.backends.builtin import VirtualenvBackend
from runner.model.environment import Environment
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.process import StopSwitch


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def create(environ: dict[str, str], spec: EnvSpec, tmp_path: Path, cache: Path) -> Callable[..., Environment]:
    """Return a maker of environments below `tmp_path`, each by a backend of its own, as of another run."""

    def make(name: str, spec: EnvSpec = spec) -> Environment:
        return VirtualenvBackend(environ=environ, cache=cache).create(spec, tmp_path / name, StopSwitch())

    return make


def blanks(cache: Path) -> list[Path]:
    return sorted((cache / "blanks").glob("*.json"))


def tree(folder: Path) -> dict[str, str]:
    """Return what is in a folder, by path: texts, targets of links, modes."""
    return {
        str(path.relative_to(folder)): f"{path.lstat().st_mode:o} "
        + (os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else "")  # noqa: PTH115
        for path in folder.rglob("*")
    }


def prefix(environment: Environment) -> str:
    command = (environment.python, "-c", "import sys; print(sys.prefix, sys.prefix != sys.base_prefix)")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_an_environment_from_a_blank_is_what_virtualenv_makes_in_that_place(
    create: Callable[..., Environment], cache: Path, tmp_path: Path
) -> None:
    create("first")
    assert len(blanks(cache)) == 1
    environment = create("second")
    by_blank = tree(tmp_path / "second")
    (tmp_path / "second").rename(tmp_path / "aside")
    blanks(cache)[0].unlink()
    assert create("second") == environment
    assert tree(tmp_path / "second") == by_blank
    assert prefix(environment) == f"{tmp_path}/second True"


def test_a_blank_needs_no_virtualenv(
    create: Callable[..., Environment], spec: EnvSpec, tmp_path: Path
) -> None:
    create("first")
    program = f"""
import pathlib, sys, msgspec
from runner.env.backends.builtin import VirtualenvBackend
from runner.model.plan import EnvSpec
from runner.process import StopSwitch
spec = msgspec.json.decode({msgspec.json.encode(spec)!r}, type=EnvSpec)
here = pathlib.Path({str(tmp_path)!r})
backend = VirtualenvBackend(environ={{}}, cache=here / "cache")
print(backend.create(spec, here / "second", StopSwitch()).python)
print([name for name in ("virtualenv", "python_discovery") if name in sys.modules])
"""
    said = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    assert said.stdout == f"{tmp_path}/second/bin/python\n[]\n"


def test_a_folder_whose_name_scripts_must_quote_is_virtualenvs_own_work(
    create: Callable[..., Environment], cache: Path, tmp_path: Path
) -> None:
    environment = create("it's here")
    assert blanks(cache) == []
    create("first")
    environment = create("it's here too")
    command = (". bin/activate; python -c 'import sys; print(sys.prefix)'",)
    folder = tmp_path / "it's here too"
    said = subprocess.run(("/bin/sh", "-c", *command), cwd=folder, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(folder)
    assert environment.python == f"{folder}/bin/python"


def test_another_interpreter_or_setting_has_another_blank(
    create: Callable[..., Environment], spec: EnvSpec, cache: Path, tmp_path: Path
) -> None:
    assert spec.interpreter is not None
    upgraded = msgspec.structs.replace(
        spec.interpreter, sys_version=f"{spec.interpreter.sys_version} patched"
    )
    create("first")
    create("second", msgspec.structs.replace(spec, interpreter=upgraded))
    create("third", msgspec.structs.replace(spec, system_site_packages=True))
    assert len(blanks(cache)) == 3
    create("fourth", msgspec.structs.replace(spec, system_site_packages=True))
    for name, setting in (("first", "false"), ("third", "true"), ("fourth", "true")):
        said = (tmp_path / name / "pyvenv.cfg").read_text()
        assert f"include-system-site-packages = {setting}" in said


def test_an_interpreter_that_is_another_one_by_now_makes_nothing(
    create: Callable[..., Environment], spec: EnvSpec, tmp_path: Path
) -> None:
    assert spec.interpreter is not None
    replaced = msgspec.structs.replace(spec.interpreter, mtime=spec.interpreter.mtime + 1)
    gone = msgspec.structs.replace(spec.interpreter, executable="/gone/python")
    for other, said in ((replaced, "was replaced since it was found"), (gone, "/gone/python is gone since")):
        with pytest.raises(CellError, match=said):
            create("first", msgspec.structs.replace(spec, interpreter=other))
        assert not (tmp_path / "first" / "bin").exists()


@pytest.mark.parametrize("damage", ["", "{", "cut", "altered", "swapped"])
def test_a_broken_blank_is_made_anew(
    create: Callable[..., Environment], spec: EnvSpec, cache: Path, tmp_path: Path, damage: str
) -> None:
    create("first")
    (file,) = blanks(cache)
    whole = file.read_text()
    if damage == "cut":
        damage = whole[: len(whole) // 2]
    elif damage == "altered":
        damage = whole.replace("VIRTUAL_ENV", "VIRTUAL_END")
    elif damage == "swapped":
        create("shared", msgspec.structs.replace(spec, system_site_packages=True))
        damage = next(other.read_text() for other in blanks(cache) if other != file)
    file.write_text(damage)
    environment = create("second")
    assert prefix(environment) == f"{tmp_path}/second True"
    assert file.read_text() == whole


def test_where_nothing_can_be_learned_there_is_no_blank_and_no_error(
    create: Callable[..., Environment], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("first")  # virtualenv tries out, once a process, what the temporary folder can do
    blanks(cache)[0].unlink()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert prefix(create("second")) == f"{tmp_path}/second True"
    assert blanks(cache) == []
