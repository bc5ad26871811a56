import hashlib
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from shutil import rmtree
from subprocess import PIPE, Popen
from threading import Thread
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from runner.env.backends.builtin import VirtualenvBackend
from runner.env.contents.installed import installed
from runner.env.installers.uv import FileGoneError, Uv
from runner.env.locks.choose import Locks
from runner.env.mutex import Mutexes
from runner.env.package.wheel import as_built
from runner.env.package.wheelfile import read_wheel
from runner.env.store import Store
from runner.model.environment import Built, Lock, LockPolicy, Pin
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.model.python import Interpreter
from runner.process import StopSwitch
from runner.testing import FakeClock

MakeWheel = Callable[[str, str, tuple[str, ...]], Path]
Commands = list[tuple[str, ...]]

HOUR = 3600.0


class Runs:
    """Makes the locks of one run after another, in one cache. `previous` is the key of a cell's last lock."""

    def __init__(self, environ: dict[str, str], processes: Processes, folder: Path) -> None:
        self.environ = environ
        self.clock = FakeClock()
        self.cache = folder / "cache"
        self.told: list[str] = []
        self.previous: str | None = None
        self._processes = processes
        self._own = (folder / "own" / str(number) for number in count())

    def run(self, policy: LockPolicy | None = None) -> Locks:
        own = next(self._own)
        return Locks(
            uv=Uv(environ=self.environ, own=own, processes=self._processes),
            store=Store(self.cache / "locks", self.told.append),
            mutexes=Mutexes(self.cache / "mutex", self.told.append),
            clock=self.clock,
            policy=policy or LockPolicy(),
            previous=lambda _spec: self.previous,
            own=own,
        )

    def lock(self, spec: EnvSpec, project: Built | None = None, policy: LockPolicy | None = None) -> Lock:
        """Return the lock that a run of its own gets."""
        lock = self.run(policy).lock(spec, project, StopSwitch())
        assert lock is not None
        return lock

    def entry(self, lock: Lock) -> Path:
        """Return the folder in which a lock is remembered."""
        return self.cache / "locks" / lock.key


@pytest.fixture
def runs(environ: dict[str, str], processes: Processes, tmp_path: Path) -> Runs:
    return Runs(environ, processes, tmp_path)


@pytest.fixture
def asked(spec: EnvSpec, make_wheel: MakeWheel) -> EnvSpec:
    """Return a cell that wants alpha and beta, of which there is 1.0."""
    make_wheel("alpha", "1.0", ())
    make_wheel("beta", "1.0", ())
    return replace(spec, cell="tests", requirements=("alpha", "beta"))


def built(wheel: Path) -> Built:
    return as_built(read_wheel(wheel))


def test_a_lock_is_resolved_once_and_remembered(runs: Runs, asked: EnvSpec, commands: Commands) -> None:
    first = runs.lock(asked)
    assert (first.origin, first.how) == ("resolved", "resolved (nothing remembered)")
    assert first.pins == (Pin("alpha", "1.0"), Pin("beta", "1.0"))
    runs.clock.advance(3 * HOUR)
    second = runs.lock(asked)
    assert (second.origin, second.how) == ("remembered", "reused (3 h old)")
    assert len(commands) == 1
    for part in ("key", "sha256", "pins", "notes"):
        assert getattr(first, part) == getattr(second, part)
    assert Path(second.path).read_text() == Path(first.path).read_text()
    assert hashlib.sha256(Path(second.path).read_bytes()).hexdigest() == second.sha256


def test_nothing_wanted_is_nothing_locked(runs: Runs, spec: EnvSpec, commands: Commands) -> None:
    nothing = replace(spec, cell="tests", constraints=("beta<2",))
    assert runs.run(LockPolicy(locked=True)).lock(nothing, None, StopSwitch()) is None
    assert runs.run().look(nothing, None, StopSwitch()) == "nothing to install"
    assert commands == []


def test_in_a_run_all_cells_that_want_the_same_share_one_resolution(
    runs: Runs, asked: EnvSpec, commands: Commands
) -> None:
    locks = runs.run(LockPolicy(upgrade=True))
    with ThreadPoolExecutor(4) as pool:
        cells = [replace(asked, cell=f"tests-{number}") for number in range(8)]
        made = list(pool.map(lambda cell: locks.lock(cell, None, StopSwitch()), cells))
    assert len(set(map(str, made))) == 1
    assert len(commands) == 1


TWO = """
import sys
from pathlib import Path
import msgspec
from runner.env.locks.choose import Locks
from runner.env.mutex import Mutexes
from runner.env.store import Store
from runner.env.installers.uv import Uv
from runner.model.environment import LockPolicy
from runner.model.plan import EnvSpec
from runner.process import StopSwitch, SystemClock, SystemProcesses
import os

spec = msgspec.json.decode(sys.argv[1], type=EnvSpec)
cache, own = Path(sys.argv[2]), Path(sys.argv[3])
sys.stdin.readline()
lock = Locks(
    uv=Uv(environ=os.environ, own=own, processes=SystemProcesses()),
    store=Store(cache / "locks", print),
    mutexes=Mutexes(cache / "mutex", lambda _line: None),
    clock=SystemClock(),
    policy=LockPolicy(),
    previous=lambda _spec: None,
    own=own,
).lock(spec, None, StopSwitch())
print(lock.origin, lock.sha256)
"""


def test_two_runners_at_a_time_resolve_once(runs: Runs, asked: EnvSpec, tmp_path: Path) -> None:
    spec = msgspec.json.encode(asked).decode()
    runners = [
        Popen(
            [sys.executable, "-c", TWO, spec, str(runs.cache), str(tmp_path / f"own-{number}")],
            env=runs.environ,
            stdin=PIPE,
            stdout=PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("go\n")
        runner.stdin.flush()
    said = sorted(runner.communicate()[0].split() for runner in runners)
    assert [origin for origin, _ in said] == ["remembered", "resolved"]
    assert said[0][1] == said[1][1]


def test_what_cannot_change_the_answer_resolves_nothing(
    runs: Runs, asked: EnvSpec, make_wheel: MakeWheel, commands: Commands, tmp_path: Path
) -> None:
    def project(version: str, folder: str, readme: str) -> Built:
        made = make_wheel("proj", version, ("alpha",))
        (tmp_path / folder).mkdir()
        moved = made.rename(tmp_path / folder / made.name)
        with zipfile.ZipFile(moved) as archive:
            members = {name: archive.read(name).decode() for name in archive.namelist()}
        with zipfile.ZipFile(moved, "w") as archive:
            for name, text in members.items():
                more = f"Summary: {readme}\nDescription-Content-Type: text/plain\n\n{readme}\n"
                archive.writestr(name, text + (more if name.endswith("METADATA") else ""))
        return built(moved)

    first = runs.lock(asked, project("1.2.dev3+gabc", "one", "old"))
    second = runs.lock(replace(asked, cell="other"), project("1.2.dev4+gdef", "two", "new"))
    assert first.key == second.key
    assert second.how.startswith("reused")
    assert len(commands) == 1


def test_what_can_change_the_answer_resolves_anew_and_is_named(
    *, runs: Runs, asked: EnvSpec, make_wheel: MakeWheel, root: Path, tmp_path: Path
) -> None:
    for name in ("gamma", "delta"):
        make_wheel(name, "1.0", ())
    (root / "reqs").mkdir()
    (root / "reqs" / "outer.txt").write_text("-r inner.txt\n")
    (root / "reqs" / "inner.txt").write_text("alpha\n")
    (root / "limits.txt").write_text("alpha<9\n")
    spec = replace(asked, requirements=("alpha", "-r reqs/outer.txt"))
    runs.previous = runs.lock(spec).key

    def told(changed: EnvSpec, project: Built | None = None) -> str:
        lock = runs.lock(changed, project)
        assert lock.origin == "resolved"
        runs.previous = lock.key
        return lock.how.removeprefix("resolved (").removesuffix(")")

    spec = replace(spec, requirements=("beta", "-r reqs/outer.txt"))
    assert told(spec) == "requirements changed: + beta, - alpha"
    (root / "reqs" / "inner.txt").write_text("alpha>=1\n")
    assert told(spec) == "reqs/inner.txt changed"
    spec = replace(spec, constraints=("-c limits.txt",))
    assert told(spec) == "constraints changed: + -c limits.txt; limits.txt changed"
    spec = replace(spec, resolution="lowest-direct", prerelease=True, exclude_newer="2030-01-01")
    assert (
        told(spec)
        == "resolution: highest -> lowest-direct; prerelease: no -> yes; exclude-newer: none -> 2030-01-01"
    )
    runs.environ["UV_FORK_STRATEGY"] = "fewest"
    assert told(spec) == "uv's settings changed: UV_FORK_STRATEGY"
    (root / "uv.toml").write_text("[pip]\nno-binary = ['zeta']\n")
    assert told(spec) == f"uv's settings changed: {root}/uv.toml"
    runs.environ["UV_CONSTRAINT"] = "limits.txt other.txt"
    (root / "other.txt").write_text("beta<9\n")
    told(spec)
    (root / "other.txt").write_text("beta<8\n")
    assert told(spec) == f"uv's settings changed: {root}/other.txt"
    project = built(make_wheel("proj", "1.0", ("gamma", 'delta; extra == "more"')))
    assert told(spec, project).startswith("the project: none -> proj; ")
    spec = replace(spec, extras=("more",))
    assert told(spec, project) == "extras changed: + more"
    project = built(make_wheel("proj", "1.1", ("gamma>=1", 'delta; extra == "more"')))
    assert (
        told(spec, project)
        == "the project's version: 1.0 -> 1.1; the project's dependencies changed: + gamma>=1, - gamma"
    )


def test_another_interpreter_is_another_lock(runs: Runs, asked: EnvSpec) -> None:
    assert asked.interpreter is not None
    ours: Interpreter = asked.interpreter
    runs.previous = runs.lock(asked).key
    rebuilt = runs.lock(replace(asked, interpreter=replace(ours, mtime=ours.mtime + 1)))
    assert rebuilt.how == f"resolved (the interpreter {ours.executable} is another one)"
    older = runs.lock(replace(asked, interpreter=replace(ours, version="3.8.1", executable=sys.executable)))
    assert f"the Python: {ours.version} -> 3.8.1" in older.how


def test_requirements_and_constraints_files_are_told_apart(
    runs: Runs, asked: EnvSpec, root: Path, make_wheel: MakeWheel
) -> None:
    (root / "both.txt").write_text("beta\n")
    as_file = runs.lock(replace(asked, requirements=("alpha", "-r both.txt")))
    as_limit = runs.lock(replace(asked, requirements=("alpha", "-c both.txt")))
    assert (len(as_file.pins), len(as_limit.pins)) == (2, 1)


def test_a_value_that_a_line_refers_to_is_an_input(
    runs: Runs, spec: EnvSpec, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        wheel = make_wheel("alpha", "1.0", (f"{name}-dep",))
        make_wheel(f"{name}_dep", "1.0", ())
        (tmp_path / name).mkdir()
        wheel.rename(tmp_path / name / wheel.name)
    asked = replace(spec, requirements=("alpha @ file://${UV_WHERE}/alpha-1.0-py3-none-any.whl",))
    runs.environ["UV_WHERE"] = str(tmp_path / "one")
    assert Pin("one-dep", "1.0") in runs.lock(asked).pins
    runs.environ["UV_WHERE"] = str(tmp_path / "two")
    assert Pin("two-dep", "1.0") in runs.lock(asked).pins


def test_what_explains_a_lock_holds_no_secret(runs: Runs, asked: EnvSpec, root: Path) -> None:
    runs.environ["UV_INDEX_PRIVATE_PASSWORD"] = "hunter2"  # noqa: S105 - what is to be hidden
    limit = "zeta @ https://me:hunter2@example.org/zeta.whl"
    lock = runs.lock(replace(asked, constraints=(limit,)))
    explanation = (runs.entry(lock) / "key.json").read_text()
    assert "UV_INDEX_PRIVATE_PASSWORD" in explanation
    for file in runs.entry(lock).iterdir():
        assert "hunter2" not in file.read_text()
    assert runs.entry(lock).stat().st_mode & 0o077 == 0


def test_a_lock_that_is_too_old_is_resolved_anew(runs: Runs, asked: EnvSpec, make_wheel: MakeWheel) -> None:
    runs.lock(asked)
    make_wheel("alpha", "2.0", ())
    runs.clock.advance(23 * HOUR)
    assert runs.lock(asked).pins[0] == Pin("alpha", "1.0")
    runs.clock.advance(3 * HOUR)
    policy = LockPolicy(max_age=30 * HOUR)
    assert runs.lock(asked, policy=policy).how == "reused (26 h old)"
    newer = runs.lock(asked)
    assert newer.how == "resolved (older than lock-max-age: 26 h)"
    assert newer.pins[0] == Pin("alpha", "2.0")
    assert runs.lock(asked).how == "reused (0 s old)"


def test_upgrade_resolves_anew_once_a_run(
    runs: Runs, asked: EnvSpec, make_wheel: MakeWheel, commands: Commands
) -> None:
    runs.lock(asked)
    make_wheel("alpha", "2.0", ())
    locks = runs.run(LockPolicy(upgrade=True))
    for cell in ("one", "two"):
        lock = locks.lock(replace(asked, cell=cell), None, StopSwitch())
        assert lock is not None
        assert lock.how == "resolved (--upgrade)"
        assert lock.pins[0] == Pin("alpha", "2.0")
    assert len(commands) == 2
    assert runs.lock(asked).pins[0] == Pin("alpha", "2.0")


def test_one_package_can_move_alone(
    runs: Runs, asked: EnvSpec, make_wheel: MakeWheel, commands: Commands
) -> None:
    runs.lock(asked)
    make_wheel("alpha", "2.0", ())
    make_wheel("beta", "2.0", ())
    one = runs.lock(asked, policy=LockPolicy(upgrade_packages=("Beta",)))
    assert one.how == "resolved (--upgrade beta)"
    assert one.pins == (Pin("alpha", "1.0"), Pin("beta", "2.0"))
    other = runs.lock(asked, policy=LockPolicy(upgrade_packages=("gamma",)))
    assert other.origin == "remembered"
    assert len(commands) == 2


def test_offline_a_lock_serves_whatever_its_age(runs: Runs, asked: EnvSpec, commands: Commands) -> None:
    runs.lock(asked)
    runs.clock.advance(26 * HOUR)
    assert runs.lock(asked, policy=LockPolicy(offline=True)).how == "reused (26 h old)"
    assert len(commands) == 1


@pytest.fixture
def index(environ: dict[str, str], make_wheel: MakeWheel, tmp_path: Path) -> Iterator[Path]:
    """Return a folder that is served as the only index there is; alpha 1.0 is in it."""
    folder = tmp_path / "index"
    (folder / "alpha").mkdir(parents=True)
    wheel = make_wheel("alpha", "1.0", ())
    wheel.rename(folder / "alpha" / wheel.name)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(folder))

        def end_headers(self) -> None:
            self.send_header("Cache-Control", "max-age=600")
            super().end_headers()

        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        del environ[name]
    environ |= {"UV_DEFAULT_INDEX": f"http://127.0.0.1:{server.server_port}", "UV_HTTP_RETRIES": "0"}
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_offline_without_a_lock_says_what_is_missing(runs: Runs, spec: EnvSpec, index: Path) -> None:
    asked = replace(spec, requirements=("alpha",))
    with pytest.raises(CellError, match="alpha was not found in the cache") as caught:
        runs.lock(asked, policy=LockPolicy(offline=True))
    assert caught.value.message.endswith("run once without --offline")
    assert runs.lock(asked).pins == (Pin("alpha", "1.0"),)


def test_an_old_lock_and_an_index_that_fails_is_an_error_that_knows_the_way(
    runs: Runs, spec: EnvSpec, index: Path, tmp_path: Path
) -> None:
    asked = replace(spec, requirements=("alpha",))
    runs.lock(asked)
    runs.clock.advance(26 * HOUR)
    runs.environ |= {"UV_CACHE_DIR": str(tmp_path / "other-cache"), "HTTP_PROXY": "http://127.0.0.1:9"}
    with pytest.raises(CellError, match="something could not be reached over the network") as caught:
        runs.lock(asked)
    assert caught.value.message.endswith("--offline uses the lock of 26 h ago")
    assert runs.lock(asked, policy=LockPolicy(offline=True)).how == "reused (26 h old)"
    del runs.environ["HTTP_PROXY"]
    assert runs.lock(asked).origin == "resolved"


def test_a_remembered_lock_whose_file_is_gone_is_renewed(
    *,
    runs: Runs,
    processes: Processes,
    spec: EnvSpec,
    make_wheel: MakeWheel,
    index: Path,
    commands: Commands,
    tmp_path: Path,
) -> None:
    asked = replace(spec, requirements=("alpha",))
    runs.lock(asked)
    runs.environ["UV_CACHE_DIR"] = str(tmp_path / "other-cache")
    with pytest.raises(CellError, match="unsatisfiable"):  # and uv remembers the page that names 1.0
        runs.lock(replace(asked, requirements=("alpha==9",)))
    (index / "alpha" / "alpha-1.0-py3-none-any.whl").unlink()
    wheel = make_wheel("alpha", "1.1", ())
    wheel.rename(index / "alpha" / wheel.name)
    locks = runs.run()
    old = locks.lock(asked, None, StopSwitch())
    assert old is not None
    assert old.origin == "remembered"
    uv = Uv(environ=runs.environ, own=tmp_path / "own", processes=processes)
    backend = VirtualenvBackend(environ=runs.environ, cache=tmp_path / "cache")
    environment = backend.create(spec, tmp_path / "env", StopSwitch())
    with pytest.raises(FileGoneError, match=r"client error \(404 "):
        uv.install(asked, environment, None, old, StopSwitch())
    commands.clear()
    with ThreadPoolExecutor(3) as pool:
        new = set(pool.map(lambda _: locks.renew(asked, None, old, StopSwitch()).sha256, range(3)))
    lock = locks.lock(asked, None, StopSwitch())
    assert lock is not None
    assert new == {lock.sha256}
    assert lock.how == "resolved (the remembered one names files that are gone)"
    assert len(commands) == 1
    uv.install(asked, environment, None, lock, StopSwitch())
    assert [each.version for each in installed(environment)] == ["1.1"]
    assert runs.lock(asked).pins == (Pin("alpha", "1.1"),)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("pylock.toml", lambda data: data[:-40]),
        ("pylock.toml", lambda data: data.replace(b"1.0", b"6.6")),
        ("pylock.toml", lambda data: b"\xff" + data),
        ("record.json", lambda data: data[:-3]),
        ("record.json", lambda data: b"[]"),
        ("record.json", None),
        ("pylock.toml", None),
    ],
)
def test_what_is_damaged_in_the_cache_is_resolved_anew(
    *, runs: Runs, asked: EnvSpec, name: str, damage: Callable[[bytes], bytes] | None
) -> None:
    first = runs.lock(asked)
    file = runs.entry(first) / name
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage(file.read_bytes()))
    second = runs.lock(asked)
    assert second.how == "resolved (what was remembered is damaged)"
    assert second.pins == first.pins
    assert runs.lock(asked).origin == "remembered"


def test_entries_that_were_swapped_or_come_from_the_future_do_not_serve(
    runs: Runs, asked: EnvSpec, tmp_path: Path
) -> None:
    one = runs.lock(asked)
    other = runs.lock(replace(asked, requirements=("alpha",)))
    runs.entry(one).rename(tmp_path / "one")
    runs.entry(other).rename(runs.entry(one))
    (tmp_path / "one").rename(runs.entry(other))
    assert runs.lock(asked).how == "resolved (what was remembered is damaged)"
    later = FakeClock(runs.clock.time() + HOUR)
    earlier, runs.clock = runs.clock, later
    assert runs.lock(asked, policy=LockPolicy(upgrade=True)).origin == "resolved"
    runs.clock = earlier
    assert runs.lock(asked).how == "resolved (what was remembered is from the future)"


def test_a_cache_that_takes_nothing_is_told_once_and_runs_go_on(
    runs: Runs, asked: EnvSpec, tmp_path: Path
) -> None:
    runs.cache.write_text("a file where a folder should be")
    locks = runs.run()
    for spec in (asked, replace(asked, requirements=("alpha",))):
        lock = locks.lock(spec, None, StopSwitch())
        assert lock is not None
        assert lock.how == "resolved (nothing remembered)"
        assert Path(lock.path).is_file()
    assert len(runs.told) == 1
    assert runs.told[0].startswith(f"nothing can be kept in {runs.cache}/locks: ")


def test_a_lock_in_use_outlives_what_is_remembered(runs: Runs, asked: EnvSpec) -> None:
    runs.lock(asked)
    lock = runs.lock(asked)
    rmtree(runs.cache)
    assert hashlib.sha256(Path(lock.path).read_bytes()).hexdigest() == lock.sha256


def test_a_plan_says_what_a_run_would_do_and_does_none_of_it(
    runs: Runs, asked: EnvSpec, commands: Commands, make_wheel: MakeWheel
) -> None:
    def look(spec: EnvSpec, policy: LockPolicy | None = None) -> str:
        before = sorted(runs.cache.rglob("*"))
        count_before = len(commands)
        said = runs.run(policy).look(spec, None, StopSwitch())
        assert sorted(runs.cache.rglob("*")) == before
        assert len(commands) == count_before
        return said

    assert look(asked) == "to be resolved (nothing remembered)"
    lock = runs.lock(asked)
    runs.previous = lock.key
    runs.clock.advance(HOUR)
    assert look(asked) == "reused (60 min old)"
    seen = runs.run().peek(asked, None, StopSwitch())
    assert seen == replace(runs.lock(asked), path=str(runs.entry(lock) / "pylock.toml"))
    assert runs.run(LockPolicy(upgrade=True)).peek(asked, None, StopSwitch()) is None
    assert look(asked, LockPolicy(upgrade=True)) == "to be resolved (--upgrade)"
    more = replace(asked, requirements=("alpha", "beta", "gamma"))
    assert look(more) == "to be resolved (requirements changed: + gamma)"
    (runs.entry(lock) / "record.json").unlink()
    assert look(asked) == "to be resolved (what was remembered is damaged)"


def test_an_error_is_shown_whole_once(runs: Runs, asked: EnvSpec) -> None:
    locks = runs.run()
    unmet = replace(asked, requirements=("alpha>1", "beta"))
    with pytest.raises(CellError, match="alpha>1"):
        locks.lock(unmet, None, StopSwitch())
    with pytest.raises(CellError, match=r"unsatisfiable\.\n\(shown before\)\Z"):
        locks.lock(unmet, None, StopSwitch())


def test_a_run_that_stops_resolves_nothing(runs: Runs, asked: EnvSpec, commands: Commands) -> None:
    stop = StopSwitch()
    stop.rise(1, "INT")
    with pytest.raises(Cancelled):
        runs.run().lock(asked, None, stop)
    assert runs.lock(asked).origin == "resolved"


def test_local_files_are_locked_by_content_and_folders_by_their_metadata(
    runs: Runs, spec: EnvSpec, root: Path, make_wheel: MakeWheel
) -> None:
    make_wheel("alpha", "1.0", ())
    wheel = make_wheel("beta", "1.0", ()).rename(root / "beta-1.0-py3-none-any.whl")
    (root / "sub").mkdir()
    about = (
        '[build-system]\nrequires = []\nbuild-backend = "none"\n[project]\nname = "sub"\nversion = "3.0"\n'
    )
    (root / "sub" / "pyproject.toml").write_text(about)
    asked = replace(spec, requirements=(f"./{wheel.name}", "./sub"))
    lock = runs.lock(asked)
    assert "sub is not locked: a folder is installed as it is" in lock.notes
    assert lock.pins == (Pin("beta", "1.0"), Pin("sub", ""))
    (root / "sub" / "code.py").touch()
    again = runs.lock(asked)
    assert (again.origin, again.notes) == ("remembered", lock.notes)
    runs.previous = lock.key
    (root / "sub" / "pyproject.toml").write_text(f'{about}dependencies = ["alpha"]\n')
    changed = runs.lock(asked)
    assert changed.how == "resolved (sub/pyproject.toml changed)"
    assert Pin("alpha", "1.0") in changed.pins
    runs.previous = changed.key
    make_wheel("beta", "1.0", ("alpha",)).replace(wheel)
    assert runs.lock(asked).how == f"resolved ({wheel.name} changed)"


def test_offline_a_lock_of_the_future_serves(runs: Runs, asked: EnvSpec, commands: Commands) -> None:
    runs.clock.advance(HOUR)
    lock = runs.lock(asked)
    runs.clock = FakeClock(runs.clock.time() - HOUR)
    offline = LockPolicy(offline=True)
    assert runs.lock(asked, policy=offline).how == "reused (0 s old)"
    assert runs.run(offline).look(asked, None, StopSwitch()) == "reused (0 s old)"
    assert runs.entry(lock).is_dir()
    assert len(commands) == 1


def test_a_package_to_upgrade_that_is_not_there_is_named(
    runs: Runs, asked: EnvSpec, make_wheel: MakeWheel
) -> None:
    runs.lock(asked)
    make_wheel("beta", "2.0", ())
    lock = runs.lock(asked, policy=LockPolicy(upgrade_packages=("beta", "Gamma")))
    assert lock.how == "resolved (--upgrade beta)"
    assert lock.warnings[0] == "--upgrade gamma: it is not among the packages of this cell"
    assert runs.lock(asked).warnings == ()
    build = runs.lock(replace(asked, cell=""), policy=LockPolicy(upgrade_packages=("gamma",)))
    assert build.warnings == ()


def test_another_runner_that_was_first_does_not_hide_what_is_to_be_upgraded(
    *, runs: Runs, asked: EnvSpec, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    runs.lock(asked)
    make_wheel("alpha", "2.0", ())
    make_wheel("beta", "2.0", ())
    digest = runs.lock(asked).key
    with ThreadPoolExecutor(2) as pool:
        with Mutexes(runs.cache / "mutex", runs.told.append).hold(f"lock-{digest}", StopSwitch()):
            waiting = [
                pool.submit(runs.lock, asked, None, LockPolicy(upgrade_packages=(name,)))
                for name in ("alpha", "beta")
            ]
            while len(runs.told) < len(waiting):
                time.sleep(0.01)
        moved = [future.result() for future in waiting]
    assert {lock.how for lock in moved} == {"resolved (--upgrade alpha)", "resolved (--upgrade beta)"}
    assert runs.lock(asked).pins == (Pin("alpha", "2.0"), Pin("beta", "2.0"))


def test_what_changed_is_told_without_a_trace_of_credentials(runs: Runs, asked: EnvSpec) -> None:
    limit = "zeta @ https://me:{}@example.org/zeta.whl"
    runs.previous = runs.lock(replace(asked, constraints=(limit.format("hun@ter2"),))).key
    changed = runs.lock(replace(asked, constraints=(limit.format("hunter3"),)))
    hidden = "zeta @ https://***@example.org/zeta.whl"
    assert changed.how == f"resolved (constraints changed: + {hidden}, - {hidden})"


def test_only_files_whose_hashes_are_given_are_locked(
    runs: Runs, asked: EnvSpec, root: Path, make_wheel: MakeWheel
) -> None:
    sha256 = hashlib.sha256(make_wheel("alpha", "1.0", ()).read_bytes()).hexdigest()
    (root / "reqs.txt").write_text(f"alpha==1.0 \\\n    --hash=sha256:{sha256}\n")
    spec = replace(asked, requirements=("-r reqs.txt",))
    assert runs.lock(spec).pins == (Pin("alpha", "1.0"),)
    (root / "reqs.txt").write_text(f"alpha==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(CellError, match="no file of alpha has a sha256 that is listed for it"):
        runs.lock(spec)


@pytest.mark.parametrize("setting", ["PIP_INDEX_URL", "PIP_FIND_LINKS"])
def test_a_place_that_is_no_address_is_refused_in_uvs_words(runs: Runs, asked: EnvSpec, setting: str) -> None:
    with pytest.raises(CellError, match="~nobody-of-that-name"):
        runs.lock(replace(asked, requirements=("~nobody-of-that-name/x",)))
    del runs.environ["PIP_NO_INDEX"]
    runs.environ[setting] = "http://me:hunter2@[bad"
    with pytest.raises(CellError, match=r"^could not resolve .*: error: invalid value .*@\[bad") as caught:
        runs.lock(asked)
    assert "hunter2" not in caught.value.message
