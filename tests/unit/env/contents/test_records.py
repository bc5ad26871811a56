"""`--reuse` keeps an environment only if all that it was made from is the same, and says why if not."""

import shutil
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.contents.records import (
    EnvRecord,
    differences,
    drop_record,
    parts_of,
    read_record,
    reused,
    write_record,
)
from runner.env.folders import MARKER, mark
from runner.model.environment import Built, Environment, Lock, Pin, Reused
from runner.model.plan import EnvSpec
from runner.model.results import Installed

NOW = 1_700_000_000.0
PACKAGES = (Installed("demo", "1.0"),)
PYLOCK = 'lock-version = "1.0"\n\n[[packages]]\nname = "demo"\nversion = "1.0"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "env"
    made.mkdir()
    mark(made)
    return made


@pytest.fixture
def environment(folder: Path) -> Environment:
    python = folder / "python"
    shutil.copy(sys.executable, python)
    site = folder / "site"
    (site / "demo-1.0.dist-info").mkdir(parents=True)
    return Environment(
        python=str(python),
        programs=(str(folder),),
        variables={"A": "ä"},
        folder=str(folder),
        site=str(site),
    )


@pytest.fixture
def lock(tmp_path: Path) -> Lock:
    path = tmp_path / "pylock.toml"
    path.write_text(PYLOCK)
    return Lock(key="k", path=str(path), sha256="abc", pins=(), origin="remembered")


@pytest.fixture
def built() -> Built:
    return Built(path="/w.whl", sha256="def", name="ours", version="1", kind="wheel")


@pytest.fixture
def spec(spec: EnvSpec) -> EnvSpec:
    return replace(spec, package="wheel")


@pytest.fixture
def record(spec: EnvSpec, built: Built, lock: Lock, environment: Environment) -> EnvRecord:
    parts = parts_of(spec, built, lock, "virtualenv 21.1")
    return EnvRecord(parts=parts, environment=environment, made=NOW - 3 * 3600)


def test_an_environment_of_the_same_parts_is_kept(folder: Path, record: EnvRecord, lock: Lock) -> None:
    write_record(folder, record)
    kept = reused(folder, record.parts, lock, NOW)
    assert kept == Reused("kept, made 3 h ago", record.environment, PACKAGES)


def test_each_part_that_changed_is_named(
    spec: EnvSpec, built: Built, lock: Lock, folder: Path, record: EnvRecord
) -> None:
    write_record(folder, record)
    found = spec.interpreter
    assert found is not None

    def why(
        spec: EnvSpec = spec,
        built: Built | None = built,
        lock: Lock | None = lock,
        backend: str = "virtualenv 21.1",
    ) -> str:
        answer = reused(folder, parts_of(spec, built, lock, backend), lock, NOW)
        assert answer.environment is None
        return answer.how.removeprefix("made anew: ")

    assert why(built=replace(built, sha256="other")) == "the wheel changed"
    assert why(built=None) == "the wheel changed"
    assert why(lock=replace(lock, sha256="other")) == "the lock changed"
    assert why(lock=None) == "the lock changed"
    assert why(lock=None, built=None) == "the lock changed, the wheel changed"
    assert why(backend="virtualenv 22") == "the backend changed (virtualenv 21.1 -> virtualenv 22)"
    assert (
        why(replace(spec, backend="venv"), backend="venv") == "the backend changed (virtualenv 21.1 -> venv)"
    )
    assert why(replace(spec, link_mode="copy")) == "link-mode changed"
    assert why(replace(spec, system_site_packages=True)) == "system-site-packages changed"
    assert why(replace(spec, seed=("pip",))) == "seed changed"
    newer = replace(found, version="3.99.1")
    assert why(replace(spec, interpreter=newer)) == f"the interpreter changed ({found.version} -> 3.99.1)"
    moved = replace(found, executable="/other/python")
    assert (
        why(replace(spec, interpreter=moved))
        == f"the interpreter changed ({found.executable} -> /other/python)"
    )
    for other in (replace(found, size=1), replace(found, mtime=1), replace(found, sys_version="x")):
        says = why(replace(spec, interpreter=other))
        assert says == f"the interpreter changed ({found.executable} is another file)"
    assert why(replace(spec, interpreter=None)) == "the interpreter changed"


def test_where_the_project_is_left_out_its_wheel_makes_no_difference(
    spec: EnvSpec, built: Built, lock: Lock, record: EnvRecord
) -> None:
    without = parts_of(replace(spec, package="deps-only"), built, lock, "virtualenv 21.1")
    other = replace(built, sha256="other")
    assert without == parts_of(replace(spec, package="deps-only"), other, lock, "virtualenv 21.1")
    assert differences(record.parts, without) == ("the wheel changed",)


def test_what_cannot_change_what_is_installed_makes_no_difference(
    spec: EnvSpec, built: Built, lock: Lock, record: EnvRecord
) -> None:
    other = parts_of(
        replace(spec, cell="other", requirements=("demo>=0",)),
        replace(built, path="/elsewhere.whl", how="built"),
        replace(lock, key="other", how="resolved", origin="resolved"),
        "virtualenv 21.1",
    )
    assert differences(record.parts, other) == ()


def test_where_nothing_was_all_is_made_anew(folder: Path, record: EnvRecord, lock: Lock) -> None:
    assert reused(folder / "none", record.parts, lock, NOW) == Reused("made anew: nothing was there")


@pytest.mark.parametrize("text", [None, b"", b"{", b"[]", b'{"parts": {}}', b"\0", b'{"lock_key": "\xff"}'])
def test_a_record_that_is_missing_or_broken_keeps_nothing(
    folder: Path, record: EnvRecord, lock: Lock, text: bytes | None
) -> None:
    write_record(folder, record)
    (file,) = (path for path in folder.iterdir() if path.suffix == ".json")
    if text is None:
        file.unlink()
    else:
        file.write_bytes(text)
    assert read_record(folder) is None
    says = "made anew: nothing is known of what was there"
    assert reused(folder, record.parts, lock, NOW) == Reused(says)


def test_a_record_of_a_newer_runner_keeps_nothing(folder: Path, record: EnvRecord) -> None:
    write_record(folder, record)
    (file,) = (path for path in folder.iterdir() if path.suffix == ".json")
    file.write_text(file.read_text().replace('"seed":', '"colour":"red","seed":', 1))
    assert read_record(folder) is None


def test_a_folder_that_is_not_marked_as_ours_is_not_kept(folder: Path, record: EnvRecord) -> None:
    write_record(folder, record)
    assert read_record(folder) == record
    (folder / MARKER).unlink()
    assert read_record(folder) is None


def test_an_environment_whose_python_is_gone_is_made_anew(
    folder: Path, record: EnvRecord, lock: Lock
) -> None:
    write_record(folder, record)
    Path(record.environment.python).unlink()
    assert reused(folder, record.parts, lock, NOW) == Reused("made anew: its python is gone")


def test_what_a_step_installed_since_is_told(folder: Path, record: EnvRecord, lock: Lock) -> None:
    write_record(folder, record)
    Path(str(record.environment.site), "six-1.17.dist-info").mkdir()
    assert reused(folder, record.parts, lock, NOW).packages == (*PACKAGES, Installed("six", "1.17"))


def test_a_copied_project_does_not_keep_the_environment_of_the_other(
    folder: Path, record: EnvRecord, lock: Lock, tmp_path: Path
) -> None:
    write_record(folder, record)
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    assert reused(copied, record.parts, lock, NOW) == Reused(f"made anew: it was made for {folder}")


def test_nothing_is_said_of_the_backend_that_makes_nothing(tmp_path: Path, spec: EnvSpec) -> None:
    assert reused(tmp_path, parts_of(spec, None, None, "none"), None, NOW) == Reused()


def test_a_damaged_environment_is_not_kept(folder: Path, record: EnvRecord) -> None:
    write_record(folder, record)
    drop_record(folder)
    assert read_record(folder) is None
    drop_record(folder)


def test_what_pip_installs_is_never_kept(spec: EnvSpec, folder: Path, record: EnvRecord) -> None:
    parts = parts_of(replace(spec, installer="pip"), None, None, "virtualenv 21.1")
    write_record(folder, replace(record, parts=parts))
    says = "made anew: pip decides anew each time what it installs"
    assert reused(folder, parts, None, NOW) == Reused(says)


def test_what_is_installed_from_a_folder_is_never_kept(folder: Path, record: EnvRecord, lock: Lock) -> None:
    write_record(folder, record)
    lock = replace(lock, pins=(Pin("six", "1.17"), Pin("local", "")))
    says = "made anew: local is installed from a folder, which may have changed"
    assert reused(folder, record.parts, lock, NOW) == Reused(says)
