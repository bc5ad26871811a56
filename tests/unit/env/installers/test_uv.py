import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Literal

import pytest
from msgspec.structs import replace

from runner.env.backends.builtin import VirtualenvBackend
from runner.env.contents.installed import installed
from runner.env.installers.uv import FileGoneError, Uv
from runner.env.installers.uvresolving import Resolving
from runner.env.package.wheel import as_built
from runner.env.package.wheelfile import read_wheel
from runner.env.requirements.pylock import pins
from runner.env.requirements.wanted import wanted
from runner.model.environment import Built, Environment, Lock, Pin
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Captured, Processes
from runner.model.results import TimedOut
from runner.process import StopSwitch
from runner.testing import FakeProcesses

MakeWheel = Callable[[str, str, tuple[str, ...]], Path]


@pytest.fixture
def uv(environ: dict[str, str], processes: Processes, tmp_path: Path) -> Uv:
    return Uv(environ=environ, own=tmp_path / "own", processes=processes)


@pytest.fixture
def environment(environ: dict[str, str], spec: EnvSpec, tmp_path: Path) -> Environment:
    return VirtualenvBackend(environ=environ, cache=tmp_path / "cache").create(
        spec, tmp_path / "env", StopSwitch()
    )


def built(wheel: Path) -> Built:
    return as_built(read_wheel(wheel))


def locked(uv: Uv, spec: EnvSpec, project: Built | None = None, resolving: Resolving | None = None) -> Lock:
    resolved = uv.resolve(spec, wanted(spec, project), resolving or Resolving(), StopSwitch())
    sha256 = hashlib.sha256(resolved.text.encode()).hexdigest()
    path = Path(spec.root).parent / f"locked-{sha256[:8]}" / "pylock.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(resolved.text)
    return Lock(
        key="key",
        path=str(path),
        sha256=sha256,
        pins=pins(resolved.text),
        origin="resolved",
        notes=resolved.notes,
    )


def names(environment: Environment) -> list[str]:
    return [f"{each.name} {each.version}" for each in installed(environment)]


def test_what_is_wanted_is_pinned_and_then_installed(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ("beta>=1",))
    make_wheel("beta", "1.5", ())
    make_wheel("beta", "2.0", ())
    asked = replace(spec, requirements=("alpha",), constraints=("beta<2",), seed=("alpha",))
    lock = locked(uv, asked)
    assert lock.pins == (Pin("alpha", "1.0"), Pin("beta", "1.5"))
    uv.install(asked, environment, None, lock, stop)
    assert names(environment) == ["alpha 1.0", "beta 1.5"]


def test_the_project_satisfies_what_depends_on_it(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    make_wheel("suite", "1.0", ("proj>=1",))
    make_wheel("proj", "1.9", ())
    make_wheel("helper", "1.0", ())
    ours = make_wheel("proj", "1.2.dev3", ('helper; extra == "help"',)).rename(
        tmp_path / "proj-1.2.dev3-py3-none-any.whl"
    )
    asked = replace(spec, requirements=("suite",), extras=("help",))
    lock = locked(uv, asked, built(ours))
    uv.install(asked, environment, built(ours), lock, StopSwitch())
    assert names(environment) == ["helper 1.0", "proj 1.2.dev3", "suite 1.0"]


def test_the_lowest_versions_can_be_asked_for(uv: Uv, spec: EnvSpec, make_wheel: MakeWheel) -> None:
    for version in ("1.0", "2.0"):
        make_wheel("alpha", version, ())
    asked = replace(spec, requirements=("alpha>=1",), resolution="lowest")
    assert locked(uv, asked).pins == (Pin("alpha", "1.0"),)


@pytest.mark.parametrize("way", ["setting", "line", "file"])
def test_prereleases_come_only_when_asked_for(
    uv: Uv, spec: EnvSpec, make_wheel: MakeWheel, root: Path, way: str
) -> None:
    make_wheel("alpha", "1.0", ())
    make_wheel("alpha", "2.0a1", ())
    (root / "pre.txt").write_text("--pre\n")
    ways = {
        "setting": replace(spec, requirements=("alpha",), prerelease=True),
        "line": replace(spec, requirements=("--pre", "alpha")),
        "file": replace(spec, requirements=("alpha", "-r pre.txt")),
    }
    assert locked(uv, replace(spec, requirements=("alpha",))).pins == (Pin("alpha", "1.0"),)
    assert locked(uv, ways[way]).pins == (Pin("alpha", "2.0a1"),)


def test_requirements_that_cannot_be_met_are_told_in_uvs_words(
    uv: Uv, spec: EnvSpec, make_wheel: MakeWheel
) -> None:
    make_wheel("alpha", "1.0", ("beta<1",))
    make_wheel("beta", "1.5", ())
    asked = replace(spec, requirements=("alpha", "beta>1"))
    with pytest.raises(CellError) as caught:
        locked(uv, asked)
    assert caught.value.phase == "lock"
    assert spec.interpreter is not None
    first, *words = caught.value.message.splitlines()
    assert first.startswith(f"could not resolve the requirements for Python {spec.interpreter.version}: ")
    assert first.endswith("your requirements are unsatisfiable.")
    assert "alpha" in " ".join(words)
    assert "unsatisfiable" not in " ".join(words)
    assert "\x1b" not in caught.value.message


def test_an_unreadable_requirement_is_told_with_its_text(uv: Uv, spec: EnvSpec) -> None:
    for line in ("alpha ===[bad", "~nobody-of-that-name/x", "--nonsense"):
        with pytest.raises(CellError, match=re.escape(line)) as caught:
            locked(uv, replace(spec, requirements=("beta", line)))
        assert "requirements.in:" not in caught.value.message


def test_an_index_that_does_not_answer_is_told_as_such(
    environ: dict[str, str], processes: Processes, spec: EnvSpec, tmp_path: Path
) -> None:
    dead = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    uv = Uv(environ=environ | dead, own=tmp_path / "own", processes=processes)
    with pytest.raises(CellError, match="something could not be reached over the network") as caught:
        locked(uv, replace(spec, requirements=("alpha",)))
    assert "http://127.0.0.1:9/simple" in caught.value.message


def test_relative_paths_are_of_root_and_editable_ones_stay_so(
    uv: Uv, spec: EnvSpec, environment: Environment, root: Path, stop: StopSwitch
) -> None:
    write_sub(root / "sub")
    asked = replace(spec, requirements=("-e ./sub",))
    lock = locked(uv, asked)
    assert [pin.name for pin in lock.pins] == ["sub"]
    uv.install(asked, environment, None, lock, stop)
    assert names(environment) == ["sub 3.0"]
    assert environment.site is not None
    assert (Path(environment.site) / "sub.pth").read_text() == f"{root / 'sub'}\n"


def test_pips_settings_serve_uv_and_it_is_noted(
    environ: dict[str, str], processes: Processes, spec: EnvSpec, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    make_wheel("alpha", "1.0", ())
    environ["PIP_FIND_LINKS"] += f" {tmp_path}/not-there"
    uv = Uv(environ=environ, own=tmp_path / "own", processes=processes)
    lock = locked(uv, replace(spec, requirements=("alpha",)))
    assert lock.pins == (Pin("alpha", "1.0"),)
    assert lock.notes == ("uv uses pip's settings: find-links, no-index",)


def test_an_active_environment_does_not_leak_in(
    environ: dict[str, str], processes: Processes, spec: EnvSpec, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    make_wheel("alpha", "1.0", ())
    backend = VirtualenvBackend(environ=environ, cache=tmp_path / "cache")
    outer, environment = (backend.create(spec, tmp_path / name, StopSwitch()) for name in ("outer", "env"))
    environ |= {"VIRTUAL_ENV": str(outer.folder), "UV_PYTHON": outer.python, "PYTHONPATH": str(tmp_path)}
    environ |= {"UV_SYSTEM_PYTHON": "1", "CONDA_PREFIX": str(outer.folder), "UV_PROJECT": "/nowhere"}
    uv = Uv(environ=environ, own=tmp_path / "own", processes=processes)
    asked = replace(spec, requirements=("alpha",))
    uv.install(asked, environment, None, locked(uv, asked), StopSwitch())
    assert names(environment) == ["alpha 1.0"]
    assert names(outer) == []


def test_the_link_mode_is_obeyed(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",), link_mode="copy")
    uv.install(asked, environment, None, locked(uv, asked), stop)
    assert environment.site is not None
    assert os.stat(Path(environment.site) / "alpha.py").st_nlink == 1  # noqa: PTH116 - short


def test_a_run_that_stops_resolves_and_installs_nothing_more(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    lock = locked(uv, asked)
    stop = StopSwitch()
    stop.rise(1, "INT")
    with pytest.raises(Cancelled):
        uv.resolve(asked, wanted(asked, None), Resolving(), stop)
    with pytest.raises(Cancelled):
        uv.install(asked, environment, None, lock, stop)
    assert names(environment) == []


def test_a_wheel_that_is_not_the_locked_one_is_refused(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    path = tmp_path / "proj-1.0-py3-none-any.whl"
    project = built(make_wheel("proj", "1.0", ()).rename(path))
    lock = locked(uv, spec, project)
    make_wheel("proj", "1.0", ("beta",)).rename(path)
    with pytest.raises(
        CellError, match=r"could not install the packages: Hash mismatch for `proj [^\n]*(?!.*--upgrade)"
    ) as caught:
        uv.install(spec, environment, project, lock, StopSwitch())
    assert caught.value.phase == "install"
    assert names(environment) == []


@pytest.mark.parametrize("setting", ['target = "out"', 'prefix = "out"', "all-extras = true"])
def test_settings_that_send_an_install_elsewhere_are_refused(
    *,
    environ: dict[str, str],
    processes: Processes,
    spec: EnvSpec,
    make_wheel: MakeWheel,
    root: Path,
    setting: str,
    tmp_path: Path,
) -> None:
    make_wheel("alpha", "1.0", ())
    (root / "pyproject.toml").write_text(f"[tool.uv.pip]\n{setting}\n")
    asked = replace(spec, requirements=("alpha",))
    with pytest.raises(
        CellError, match=rf"pyproject\.toml: the settings of uv pip \({setting.split(maxsplit=1)[0]}\)"
    ):
        locked(Uv(environ=environ, own=tmp_path / "own", processes=processes), asked)
    way_out = environ | {"UV_NO_CONFIG": "1"}
    assert locked(Uv(environ=way_out, own=tmp_path / "own", processes=processes), asked).pins


def test_a_python_in_uvs_settings_does_not_beat_the_cells(
    *, uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, root: Path, stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ('old; python_version < "3.9"', 'other; sys_platform == "plan9"'))
    make_wheel("old", "1.0", ())
    make_wheel("other", "1.0", ())
    (root / "uv.toml").write_text('[pip]\npython-version = "3.8"\nuniversal = true\n')
    asked = replace(spec, requirements=("alpha",))
    lock = locked(uv, asked)
    assert lock.pins == (Pin("alpha", "1.0"),)
    uv.install(asked, environment, None, lock, stop)
    assert names(environment) == ["alpha 1.0"]


def test_packages_come_from_the_cache_without_the_network_when_they_are_there(
    *,
    uv: Uv,
    spec: EnvSpec,
    environ: dict[str, str],
    make_wheel: MakeWheel,
    commands: list[tuple[str, ...]],
    stop: StopSwitch,
    tmp_path: Path,
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    backend = VirtualenvBackend(environ=environ, cache=tmp_path / "cache")
    uv.install(asked, backend.create(spec, tmp_path / "one", StopSwitch()), None, locked(uv, asked), stop)
    assert ["--offline" in command for command in commands] == [False, True]


def test_what_the_cache_lacks_is_fetched(
    *,
    environ: dict[str, str],
    processes: Processes,
    commands: list[tuple[str, ...]],
    spec: EnvSpec,
    environment: Environment,
    make_wheel: MakeWheel,
    tmp_path: Path,
) -> None:
    wheel = make_wheel("alpha", "1.0", ())
    with index_of(wheel) as url:
        served = served_by(url, environ, tmp_path / "full-cache")
        uv = Uv(environ=served, own=tmp_path / "own", processes=processes)
        asked = replace(spec, requirements=("alpha",))
        lock = locked(uv, asked)
        elsewhere = served | {"UV_CACHE_DIR": str(tmp_path / "empty-cache")}
        Uv(environ=elsewhere, own=tmp_path / "own", processes=processes).install(
            asked, environment, None, lock, StopSwitch()
        )
    assert names(environment) == ["alpha 1.0"]
    assert ["--offline" in command for command in commands] == [False, True, False]


@contextmanager
def index_of(wheel: Path, fault: Literal["", "gone", "broken", "short"] = "") -> Iterator[str]:
    """Serve one wheel as an index and yield its address; with a fault the file itself is not served well."""
    page = f'<a href="/{wheel.name}">{wheel.name}</a>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.path.endswith(".whl")
            body = wheel.read_bytes() if asked else page
            self.send_response({"gone": 404, "broken": 500}.get(fault, 200) if asked else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:20] if asked and fault == "short" else body)
            self.close_connection = True

        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def served_by(url: str, environ: dict[str, str], cache: Path) -> dict[str, str]:
    """Return variables under which the index at `url` is the only one, and the cache another."""
    served = {key: value for key, value in environ.items() if not key.startswith("PIP_")}
    return served | {
        "PIP_CONFIG_FILE": os.devnull,
        "UV_DEFAULT_INDEX": url,
        "UV_CACHE_DIR": str(cache),
        "UV_HTTP_RETRIES": "0",
    }


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("gone", r"could not install the packages: HTTP status client error \(404 Not Found\)"),
        ("broken", "a server did not answer as it should, another time it may: HTTP status server error"),
        ("short", "a server did not answer as it should, another time it may: end of file before"),
    ],
)
def test_a_file_that_an_index_does_not_give_is_one_error_and_the_next_try_works(
    *,
    environ: dict[str, str],
    processes: Processes,
    spec: EnvSpec,
    environment: Environment,
    make_wheel: MakeWheel,
    tmp_path: Path,
    fault: Literal["gone", "broken", "short"],
    told: str,
) -> None:
    wheel = make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    with index_of(wheel) as url:
        given = served_by(url, environ, tmp_path / "full-cache")
        lock = locked(Uv(environ=given, own=tmp_path / "own", processes=processes), asked)
    with index_of(wheel, fault) as bad:
        moved(lock, url, bad)
        empty = served_by(bad, environ, tmp_path / "empty-cache")
        uv = Uv(environ=empty, own=tmp_path / "own", processes=processes)
        with pytest.raises(CellError, match=told) as caught:
            uv.install(asked, environment, None, lock, StopSwitch())
    assert isinstance(caught.value, FileGoneError) is (fault == "gone")
    assert names(environment) == []
    with index_of(wheel) as good:
        moved(lock, bad, good)
        served = served_by(good, environ, tmp_path / "empty-cache")
        Uv(environ=served, own=tmp_path / "own", processes=processes).install(
            asked, environment, None, lock, StopSwitch()
        )
    assert names(environment) == ["alpha 1.0"]


def moved(lock: Lock, before: str, after: str) -> None:
    """Let the lock name another address of the index."""
    path = Path(lock.path)
    path.write_text(path.read_text().replace(before.removesuffix("simple"), after.removesuffix("simple")))


def test_offline_what_the_cache_lacks_is_named(
    *,
    environ: dict[str, str],
    processes: Processes,
    commands: list[tuple[str, ...]],
    spec: EnvSpec,
    environment: Environment,
    make_wheel: MakeWheel,
    tmp_path: Path,
) -> None:
    wheel = make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    with index_of(wheel) as url:
        lock = locked(
            Uv(environ=served_by(url, environ, tmp_path / "c"), own=tmp_path / "own", processes=processes),
            asked,
        )
        empty = served_by(url, environ, tmp_path / "empty-cache")
        uv = Uv(environ=empty, own=tmp_path / "own", processes=processes)
        commands.clear()
        with pytest.raises(CellError, match=r"alpha-1\.0-py3-none-any\.whl") as caught:
            uv.install(asked, environment, None, lock, StopSwitch(), offline=True)
        assert caught.value.message.endswith("run once without --offline")
        with pytest.raises(CellError, match="alpha was not found in the cache") as caught:
            locked(uv, asked, resolving=Resolving(offline=True))
        assert caught.value.message.endswith("run once without --offline")
    assert all("--offline" in command for command in commands)


def test_what_no_network_cures_is_not_tried_twice(
    *,
    uv: Uv,
    spec: EnvSpec,
    environment: Environment,
    make_wheel: MakeWheel,
    commands: list[tuple[str, ...]],
    stop: StopSwitch,
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    lock = locked(uv, asked)
    path = Path(lock.path)
    text = path.read_text()
    digest = text.rpartition('sha256 = "')[2][:64]
    for broken, told in (
        (text.replace(digest, "0" * 64), "Hash mismatch"),
        (text[:-20], "TOML parse error"),
        (text.replace('requires-python = ">=', 'requires-python = "<'), "Python requirement"),
        (text.replace('version = "1.0"', 'version = "1.1"'), "does not match package version"),
        (text.replace('name = "alpha"', 'name = "other"'), "does not match package name"),
        (re.sub(r"(?m)^wheels = .*\n", "", text), "must include one of"),
        (re.sub(r"(?m)^wheels = .*\n", "wheels = []\n", text), "doesn't have a source distribution or wheel"),
    ):
        path.write_text(broken)
        commands.clear()
        with pytest.raises(CellError, match=told):
            uv.install(asked, environment, None, lock, stop)
        assert len(commands) == 1
    path.write_text(text.replace(digest, "0" * 64))
    with pytest.raises(CellError, match="if that is right, --upgrade makes the lock anew"):
        uv.install(asked, environment, None, lock, stop)
    ours = replace(lock, origin="committed")
    with pytest.raises(CellError, match=r"locks/pylock\.py3_1\.toml: `runner lock -e py3\.1 --upgrade`"):
        uv.install(replace(asked, cell="py3.1"), environment, None, ours, stop)


def test_a_project_without_dependencies_is_all_there_is(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    project = built(make_wheel("proj", "1.0", ()).rename(tmp_path / "proj-1.0-py3-none-any.whl"))
    lock = locked(uv, spec, project)
    assert lock.pins == ()
    uv.install(spec, environment, project, lock, StopSwitch())
    assert names(environment) == ["proj 1.0"]


def test_a_folder_is_installed_as_it_is_each_time(
    *, uv: Uv, spec: EnvSpec, environ: dict[str, str], root: Path, stop: StopSwitch, tmp_path: Path
) -> None:
    write_sub(root / "sub")
    asked = replace(spec, requirements=("./sub",))
    lock = locked(uv, asked)
    assert "sub is not locked: a folder is installed as it is" in lock.notes
    backend = VirtualenvBackend(environ=environ, cache=tmp_path / "cache")
    for number in ("one", "two"):
        (root / "sub" / "text").write_text(number)
        environment = backend.create(spec, tmp_path / number, StopSwitch())
        uv.install(asked, environment, None, lock, stop)
        assert environment.site is not None
        assert (Path(environment.site) / "sub.pth").read_text().endswith(number)


def test_versions_of_an_older_lock_stay_but_for_those_to_upgrade(
    uv: Uv, spec: EnvSpec, make_wheel: MakeWheel
) -> None:
    asked = replace(spec, requirements=("alpha", "beta"))
    for name in ("alpha", "beta"):
        make_wheel(name, "1.0", ())
    old = Path(locked(uv, asked).path).read_text()
    for name in ("alpha", "beta"):
        make_wheel(name, "2.0", ())
    kept = locked(uv, asked, resolving=Resolving(preferred=old))
    assert kept.pins == (Pin("alpha", "1.0"), Pin("beta", "1.0"))
    one = locked(uv, asked, resolving=Resolving(preferred=old, upgrade=("beta",)))
    assert one.pins == (Pin("alpha", "1.0"), Pin("beta", "2.0"))
    assert locked(uv, asked).pins == (Pin("alpha", "2.0"), Pin("beta", "2.0"))


def test_a_portable_lock_serves_every_patch_release(uv: Uv, spec: EnvSpec, make_wheel: MakeWheel) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    assert spec.interpreter is not None
    text = Path(locked(uv, asked, resolving=Resolving(portable=True)).path).read_text()
    short = ".".join(spec.interpreter.version.split(".")[:2])
    assert f'requires-python = ">={short}"\n' in text


def test_distributions_are_evicted_from_uvs_cache(
    *,
    uv: Uv,
    spec: EnvSpec,
    environ: dict[str, str],
    environment: Environment,
    make_wheel: MakeWheel,
    stop: StopSwitch,
    tmp_path: Path,
) -> None:
    make_wheel("alpha", "1.0", ())
    make_wheel("beta", "1.0", ())
    asked = replace(spec, requirements=("alpha", "beta"), link_mode="hardlink")
    lock = locked(uv, asked)
    uv.install(asked, environment, None, lock, stop)
    assert environment.site is not None
    damaged = Path(environment.site) / "alpha.py"
    with damaged.open("a") as file:
        file.write("broken")
    uv.evict(("alpha",), stop)
    again = VirtualenvBackend(environ=environ, cache=tmp_path / "cache").create(
        spec, tmp_path / "again", StopSwitch()
    )
    uv.install(asked, again, None, lock, stop)
    assert again.site is not None
    assert "broken" not in (Path(again.site) / "alpha.py").read_text()


def test_an_eviction_that_fails_says_what_to_run_by_hand(
    environ: dict[str, str], tmp_path: Path, stop: StopSwitch
) -> None:
    busy = FakeProcesses(capture_answer=lambda _argv: Captured(TimedOut(10.0), "", "Cache is in use"))
    with pytest.raises(CellError) as caught:
        Uv(environ=environ, own=tmp_path, processes=busy).evict(("alpha", "beta"), stop)
    first, *_, last = caught.value.message.splitlines()
    assert first == "could not remove alpha, beta from uv's cache, ended after 10 s: Cache is in use"
    assert last.endswith(f"run: UV_CACHE_DIR={environ['UV_CACHE_DIR']} uv cache clean alpha beta")


def test_an_error_says_whose_settings_were_used_and_nothing_of_our_own_folders(uv: Uv, spec: EnvSpec) -> None:
    with pytest.raises(CellError) as caught:
        locked(uv, replace(spec, requirements=("not a requirement",)))
    assert "`requirements.in`" in caught.value.message
    assert "/locks/" not in caught.value.message
    assert caught.value.message.endswith("uv uses pip's settings: find-links, no-index")


def test_a_warning_of_several_lines_is_kept_whole(
    uv: Uv, spec: EnvSpec, make_wheel: MakeWheel, root: Path
) -> None:
    make_wheel("alpha", "1.0", ())
    (root / "pyproject.toml").write_text("[tool.uv]\nnonsense = 1\n")
    warning, *_ = locked(uv, replace(spec, requirements=("alpha",))).notes
    assert "nonsense" in warning


@pytest.mark.parametrize("written", ["-e ./my sub", '-e "./my sub"', "--editable=./my sub"])
def test_an_editable_folder_may_have_spaces(uv: Uv, spec: EnvSpec, root: Path, written: str) -> None:
    write_sub(root / "my sub")
    assert [pin.name for pin in locked(uv, replace(spec, requirements=(written,))).pins] == ["sub"]


def write_sub(folder: Path) -> None:
    """Write a source folder whose wheel's `sub.pth` holds its path and what its file `text` says."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "sub"\nversion = "3.0"\n'
    )
    (folder / "backend.py").write_text(BACKEND)


BACKEND = """
import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "sub-3.0-py3-none-any.whl"
    info = "sub-3.0.dist-info"
    members = {
        "sub.pth": os.getcwd() + "\\n" + (open("text").read() if os.path.exists("text") else ""),
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: sub\\nVersion: 3.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{member},,\\n" for member in (*members, f"{info}/RECORD"))
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return name

build_editable = build_wheel
"""
