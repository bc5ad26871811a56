import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from shutil import copytree
from threading import Thread

import pytest
from msgspec.structs import replace

from runner.env.backends.builtin import VirtualenvBackend
from runner.env.contents.installed import installed
from runner.env.installers.uv import Uv
from runner.env.locks.choose import Locks
from runner.env.locks.committed import strays
from runner.env.locks.standing import Committed
from runner.env.mutex import Mutexes
from runner.env.package.wheel import as_built
from runner.env.package.wheelfile import read_wheel
from runner.env.store import Store
from runner.model.environment import Built, Lock, LockPolicy, Pin
from runner.model.errors import CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.toml import tomllib
from runner.process import StopSwitch
from runner.testing import FakeClock

MakeWheel = Callable[[str, str, tuple[str, ...]], Path]
Commands = list[tuple[str, ...]]

STRICT = LockPolicy(strict=True)
LOCKED = LockPolicy(locked=True)
UPGRADE = LockPolicy(upgrade=True)


class Project:
    """A project on some machine: each call is a run of its own, under a policy."""

    def __init__(self, environ: dict[str, str], processes: Processes, folder: Path) -> None:
        self.environ = environ
        self._processes = processes
        self._folder = folder
        self._own = (folder / "own" / str(number) for number in count())

    def locks(self, policy: LockPolicy | None = None) -> Locks:
        own, told = next(self._own), list[str]()
        return Locks(
            uv=Uv(environ=self.environ, own=own, processes=self._processes),
            store=Store(self._folder / "cache" / "locks", told.append),
            mutexes=Mutexes(self._folder / "cache" / "mutex", told.append),
            clock=FakeClock(),
            policy=policy or LockPolicy(),
            previous=lambda _spec: None,
            own=own,
        )

    def commit(
        self, spec: EnvSpec, built: Built | None = None, policy: LockPolicy | None = None
    ) -> Committed:
        return self.locks(policy).commit(spec, built, StopSwitch())

    def check(self, spec: EnvSpec, built: Built | None = None) -> Committed:
        return self.locks().check(spec, built, StopSwitch())

    def lock(self, spec: EnvSpec, built: Built | None = None, policy: LockPolicy | None = None) -> Lock:
        lock = self.locks(policy).lock(spec, built, StopSwitch())
        assert lock is not None
        return lock


@pytest.fixture
def project(environ: dict[str, str], processes: Processes, tmp_path: Path) -> Project:
    return Project(environ, processes, tmp_path)


@pytest.fixture
def cell(spec: EnvSpec, make_wheel: MakeWheel) -> EnvSpec:
    """Return a cell that wants alpha and beta, of which there is 1.0."""
    make_wheel("alpha", "1.0", ())
    make_wheel("beta", "1.0", ())
    return replace(spec, cell="tests-py3.1", requirements=("alpha", "beta"))


def built(wheel: Path) -> Built:
    return as_built(read_wheel(wheel))


def test_a_committed_lock_is_used_without_being_asked_for(
    *, project: Project, cell: EnvSpec, root: Path, commands: Commands, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    written = project.commit(cell)
    assert written == Committed(root / "locks" / "pylock.tests-py3_1.toml", "written")
    make_wheel("alpha", "2.0", ())
    commands.clear()
    for policy in (None, STRICT, LOCKED, LockPolicy(offline=True)):
        lock = project.lock(cell, policy=policy)
        assert (lock.origin, lock.how, lock.notes) == ("committed", "committed", ())
        assert lock.pins == (Pin("alpha", "1.0"), Pin("beta", "1.0"))
    assert project.locks().look(cell, None, StopSwitch()) == "committed"
    assert project.locks().peek(cell, None, StopSwitch()) == replace(lock, path=str(written.path))
    assert commands == []
    environment = VirtualenvBackend(environ=project.environ, cache=tmp_path / "c").create(
        cell, tmp_path / "e", StopSwitch()
    )
    uv = Uv(environ=project.environ, own=tmp_path / "own", processes=project._processes)
    ours = built(make_wheel("ours", "1.0", ()))
    uv.install(cell, environment, ours, lock, StopSwitch())
    assert [each.name for each in installed(environment)] == ["alpha", "beta", "ours"]


def test_the_file_is_a_pylock_that_says_what_it_was_made_from(
    project: Project, cell: EnvSpec, root: Path, make_wheel: MakeWheel
) -> None:
    (root / "limits.txt").write_text("beta<9\n")
    asked = replace(
        cell, requirements=(*cell.requirements, f"-r {root}/limits.txt"), constraints=('alpha != "3"',)
    )
    ours = built(make_wheel("ours", "1.0.dev3", ("alpha",)))
    with pytest.raises(CellError):
        project.commit(asked, ours)
    asked = replace(asked, constraints=("alpha<9",))
    path = project.commit(asked, ours).path
    text = path.read_text()
    assert text.startswith("# Made by `runner lock` for the cell tests-py3.1: `runner lock -e tests-py3.1`")
    parsed = tomllib.loads(text)
    assert [package["name"] for package in parsed["packages"]] == ["alpha", "beta"]
    assert asked.interpreter is not None
    short = ".".join(asked.interpreter.version.split(".")[:2])
    assert parsed["requires-python"] == f">={short}"
    digest = hashlib.sha256(b"beta<9\n").hexdigest()
    assert parsed["tool"]["matrix-runner"]["parts"] == {
        "python": short,
        "platform": asked.interpreter.platform,
        "requirements": ["alpha", "beta", "-r limits.txt"],
        "constraints": ["alpha<9"],
        "files": {"limits.txt": digest},
        "project": "ours",
        "dependencies": ["alpha"],
        "resolution": "highest",
    }
    assert str(root) not in text


def test_writing_it_again_changes_nothing(
    project: Project, cell: EnvSpec, commands: Commands, make_wheel: MakeWheel
) -> None:
    path = project.commit(cell).path
    first = path.read_bytes()
    commands.clear()
    assert project.commit(cell) == Committed(path, "unchanged")
    assert commands == []
    assert project.commit(cell, policy=UPGRADE) == Committed(path, "unchanged")
    assert len(commands) == 1
    path.unlink()
    project.commit(cell)
    assert path.read_bytes() == first


def test_a_stale_lock_is_named_with_the_difference(
    project: Project, cell: EnvSpec, make_wheel: MakeWheel
) -> None:
    path = project.commit(cell).path
    make_wheel("gamma", "1.0", ())
    more = replace(cell, requirements=("alpha", "beta", "gamma"))
    assert project.check(cell) == Committed(path, "fresh")
    assert project.check(more) == Committed(path, "stale", ("requirements changed: + gamma",))
    for policy in (STRICT, LOCKED):
        with pytest.raises(CellError) as caught:
            project.lock(more, policy=policy)
        assert caught.value.message == (
            f"{path} is stale (requirements changed: + gamma): `runner lock -e tests-py3.1` updates it"
        )
        with pytest.raises(CellError, match="is stale"):
            project.locks(policy).look(more, None, StopSwitch())
    live = project.lock(more)
    assert live.origin == "resolved"
    assert live.warnings[0] == (
        "locks/pylock.tests-py3_1.toml is stale (requirements changed: + gamma), other versions are used:"
        " `runner lock -e tests-py3.1` updates it"
    )


def test_updating_a_stale_lock_keeps_its_versions(
    project: Project, cell: EnvSpec, make_wheel: MakeWheel
) -> None:
    project.commit(cell)
    for name in ("alpha", "gamma"):
        make_wheel(name, "2.0", ())
    more = replace(cell, requirements=("alpha", "gamma"))
    updated = project.commit(more)
    assert updated.change == "updated"
    assert updated.differences == ("requirements changed: + gamma, - beta", "+ gamma 2.0", "- beta 1.0")
    assert project.lock(more).pins == (Pin("alpha", "1.0"), Pin("gamma", "2.0"))
    assert project.check(more).change == "fresh"


def test_upgrading_moves_all_or_one(project: Project, cell: EnvSpec, make_wheel: MakeWheel) -> None:
    project.commit(cell)
    make_wheel("alpha", "2.0", ())
    make_wheel("beta", "2.0", ())
    one = project.commit(cell, policy=LockPolicy(upgrade_packages=("Alpha",)))
    assert (one.change, one.differences) == ("updated", ("alpha 1.0 -> 2.0",))
    other = project.commit(cell, policy=LockPolicy(upgrade_packages=("gamma",)))
    assert other.change == "unchanged"
    assert project.commit(cell, policy=UPGRADE).differences == ("beta 1.0 -> 2.0",)


def test_a_run_that_upgrades_leaves_the_committed_lock_as_it_is(
    project: Project, cell: EnvSpec, make_wheel: MakeWheel
) -> None:
    path = project.commit(cell).path
    before = path.read_bytes()
    make_wheel("alpha", "2.0", ())
    make_wheel("beta", "2.0", ())
    one = project.lock(cell, policy=LockPolicy(upgrade_packages=("beta",)))
    assert one.how == "resolved (--upgrade beta)"
    assert one.pins == (Pin("alpha", "1.0"), Pin("beta", "2.0"))
    assert one.warnings[0] == (
        "locks/pylock.tests-py3_1.toml is left as it is: `runner lock -e tests-py3.1 --upgrade` moves it"
    )
    assert project.lock(cell, policy=LockPolicy(upgrade_packages=("gamma",))).origin == "committed"
    assert [pin.version for pin in project.lock(cell, policy=UPGRADE).pins] == ["2.0", "2.0"]
    assert path.read_bytes() == before


def test_a_missing_lock_matters_only_where_it_must_be(project: Project, cell: EnvSpec) -> None:
    assert project.check(cell).change == "missing"
    assert project.lock(cell, policy=STRICT).origin == "resolved"
    with pytest.raises(CellError, match=r"no committed lock .*: `runner lock -e tests-py3\.1` writes it"):
        project.lock(cell, policy=LOCKED)
    build = replace(cell, cell="")
    assert project.lock(build, policy=LOCKED).origin == "remembered"
    for nothing in (
        replace(cell, requirements=()),
        replace(cell, installer="pip"),
        replace(cell, backend="conda", interpreter=None),
    ):
        assert project.check(nothing).change == project.commit(nothing).change == "nothing"


def test_what_is_the_same_elsewhere_is_fresh_elsewhere(
    *, project: Project, cell: EnvSpec, root: Path, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    (root / "reqs.txt").write_text("beta\n")
    (root / "uv.toml").write_text("[pip]\nno-binary = ['zeta']\n")
    (root / "vendor").mkdir()
    wheel = make_wheel("local", "1.0", ()).rename(root / "vendor" / "local-1.0-py3-none-any.whl")
    (root / "sub").mkdir()
    (root / "sub" / "pyproject.toml").write_text('[project]\nname = "sub"\nversion = "1"\n')
    lines = ("alpha", "-r reqs.txt", f"./vendor/{wheel.name}", "-e ./sub", f"-c {root}/reqs.txt")
    asked = replace(cell, requirements=lines)
    ours = built(make_wheel("ours", "1.0.dev1", ("alpha",)))
    project.commit(asked, ours)
    elsewhere = copytree(root, tmp_path / "elsewhere" / "deep")
    there = replace(
        asked, root=str(elsewhere), requirements=(*lines[:-1], f"-c {elsewhere}/reqs.txt"), link_mode="copy"
    )
    project.environ["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    project.environ["UV_EXTRA_INDEX_URL"] = "http://127.0.0.1:9/simple"
    newer = built(make_wheel("ours", "2.0", ("alpha",)))
    assert project.check(there, newer).differences == ()
    lock = project.lock(there, newer, LOCKED)
    assert f'"{elsewhere}/vendor/{wheel.name}"' in Path(lock.path).read_text()
    assert "sub is not locked: a folder is installed as it is" in lock.notes


def test_another_python_is_a_difference_and_another_patch_release_is_none(
    project: Project, cell: EnvSpec
) -> None:
    project.commit(cell)
    assert cell.interpreter is not None
    short = ".".join(cell.interpreter.version.split(".")[:2])

    def with_python(version: str, *, threads: bool = False) -> EnvSpec:
        assert cell.interpreter is not None
        changed = replace(cell.interpreter, version=version, free_threaded=threads, executable="/elsewhere")
        return replace(cell, interpreter=changed)

    assert project.check(with_python(f"{short}.99")).change == "fresh"
    assert project.check(with_python("3.99.1")).differences == (f"the Python: {short} -> 3.99",)
    assert project.check(with_python(f"{short}.1", threads=True)).differences == (
        f"the Python: {short} -> {short}t",
    )
    other = replace(cell, interpreter=replace(cell.interpreter, platform="macosx-14.0-arm64"))
    assert project.check(other).differences == (f"the platform: {cell.interpreter.platform} -> macosx-arm64",)


def test_a_setting_of_the_project_is_an_input_and_an_index_is_none(
    project: Project, cell: EnvSpec, root: Path
) -> None:
    (root / "pyproject.toml").write_text("[tool.uv]\nno-index = true\nfind-links = ['../wheelhouse']\n")
    project.commit(cell)
    (root / "pyproject.toml").write_text("[tool.uv]\nno-index = false\nindex-strategy = 'first-index'\n")
    assert project.check(cell).change == "fresh"
    (root / "pyproject.toml").write_text("[tool.uv]\nconstraint-dependencies = ['alpha<9']\n")
    assert project.check(cell).differences == ("uv's settings changed: pyproject.toml",)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: text[: len(text) // 2], "its end is missing"),
        (lambda text: text[:-30], r"its table \[tool\.matrix-runner\] cannot be read"),
        (lambda text: text.replace('"beta",', '"gamma",'), "its table .* was changed by hand"),
        (lambda text: text.replace("created-by", "<<<<<<< HEAD\ncreated-by"), "it is no pylock file"),
        (lambda text: text.replace('name = "alpha"', 'name="alpha"'), "it is not as runner wrote it"),
        (lambda text: text.replace('name = "alpha"', r'name = "\qalpha"'), "it is not as runner wrote it"),
    ],
)
def test_a_damaged_file_is_told_and_written_anew(
    *, project: Project, cell: EnvSpec, damage: Callable[[str], str], told: str
) -> None:
    path = project.commit(cell).path
    whole = path.read_text()
    path.write_text(damage(whole))
    checked = project.check(cell)
    assert checked.change == "stale"
    assert checked.differences[0].startswith("it is damaged: ")
    if told != "it is no pylock file":  # which uv tells when it reads it
        with pytest.raises(CellError, match=f"is damaged: {told}.*; `runner lock -e tests-py3.1` writes it"):
            project.lock(cell)
    assert project.commit(cell) == Committed(path, "updated", ("it was damaged",))
    assert path.read_text() == whole


def test_a_lock_of_somebody_else_is_left_alone(project: Project, cell: EnvSpec, root: Path) -> None:
    path = root / "locks" / "pylock.tests-py3_1.toml"
    path.parent.mkdir()
    path.write_text('lock-version = "1.0"\ncreated-by = "another"\npackages = []\n')
    before = path.read_bytes()
    for act in (project.lock, project.check, project.commit):
        with pytest.raises(CellError, match=f"{path} was not written by runner: move it away"):
            act(cell)
    assert path.read_bytes() == before
    assert strays(str(root), ()) == ()


def test_a_folder_that_cannot_be_written_is_one_error(project: Project, cell: EnvSpec, root: Path) -> None:
    (root / "locks").write_text("a file")
    with pytest.raises(CellError, match=f"{root}/locks/pylock.tests-py3_1.toml cannot be"):
        project.commit(cell)


def test_locks_of_no_cell_are_strays(project: Project, cell: EnvSpec, root: Path) -> None:
    kept, stray = (project.commit(replace(cell, cell=name)).path for name in ("kept", "gone"))
    assert strays(str(root), {kept}) == (stray,)
    assert strays(str(root), {kept, stray}) == ()


def test_credentials_are_never_committed(
    project: Project, cell: EnvSpec, root: Path, make_wheel: MakeWheel
) -> None:
    wheel = make_wheel("zeta", "1.0", ())
    private = replace(cell, constraints=("zeta @ https://me:hunter2@example.org/zeta.whl",))
    assert "hunter2" not in project.commit(private).path.read_text()
    same = replace(cell, constraints=("zeta @ https://you:other@example.org/zeta.whl",))
    assert project.check(same).change == "fresh"
    with served(wheel.parent) as port:
        address = f"zeta @ http://me:hunter2@127.0.0.1:{port}/{wheel.name}"
        with pytest.raises(CellError, match="an address among the requirements holds credentials"):
            project.commit(replace(cell, cell="other", requirements=(address,)))
    assert not (root / "locks" / "pylock.other.toml").exists()


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve the files of a folder to this machine and yield the port."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_line_ends_and_marks_of_other_systems_do_no_harm(project: Project, cell: EnvSpec) -> None:
    path = project.commit(cell).path
    body = path.read_text().partition("\n")[2]  # as `git` with autocrlf and some editors leave it
    path.write_bytes(b"\xef\xbb\xbf" + body.replace("\n", "\r\n").encode())
    assert project.check(cell).change == "fresh"
    assert project.lock(cell, policy=LOCKED).origin == "committed"


def test_something_else_of_that_name_stops_no_run(project: Project, cell: EnvSpec, root: Path) -> None:
    (root / "locks").write_text("a file of the user")
    assert project.lock(cell, policy=STRICT).origin == "resolved"
    assert project.check(cell).change == "missing"
    with pytest.raises(CellError, match="locks is to be a folder for locks: move away what is there"):
        project.commit(cell)
    long = replace(cell, cell="x" * 300)
    assert project.lock(long, policy=STRICT).origin == "remembered"


def test_what_cannot_be_read_is_told_with_what_to_do(project: Project, cell: EnvSpec, root: Path) -> None:
    path = root / "locks" / "pylock.tests-py3_1.toml"
    path.mkdir(parents=True)
    for act in (project.lock, project.check, project.commit):
        with pytest.raises(CellError, match=f"{path} cannot be read: .*; move it away, then `runner lock`"):
            act(cell)
    (root / "locks" / "pylock.link.toml").symlink_to("nowhere")
    assert strays(str(root), ()) == ()


def test_packages_to_upgrade_that_a_lock_does_not_have_are_named(
    project: Project, cell: EnvSpec, make_wheel: MakeWheel
) -> None:
    unknown = LockPolicy(upgrade_packages=("alpha", "Gamma"))
    assert project.commit(cell, policy=unknown).absent == ("gamma",)
    make_wheel("alpha", "2.0", ())
    assert project.commit(cell, policy=unknown).absent == ("gamma",)
    assert project.commit(cell, policy=LockPolicy(upgrade_packages=("gamma",))).absent == ("gamma",)
    lock = project.lock(cell, policy=LockPolicy(upgrade_packages=("gamma",)))
    assert lock.warnings == ("--upgrade gamma: it is not among the packages of this cell",)


def test_cells_that_want_the_same_are_resolved_once(
    project: Project, cell: EnvSpec, commands: Commands
) -> None:
    locks = project.locks()
    for name in ("one", "two"):
        assert locks.commit(replace(cell, cell=name), None, StopSwitch()).change == "written"
    assert len(commands) == 1
