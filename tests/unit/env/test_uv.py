import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace

from runner.env.backends import VirtualenvBackend
from runner.env.installed import installed
from runner.env.uv import Uv
from runner.model.environment import Built, Environment, Lock, Pin
from runner.model.errors import Cancelled, CellError
from runner.model.plan import EnvSpec
from runner.model.ports import Processes
from runner.process import StopSwitch

MakeWheel = Callable[[str, str, tuple[str, ...]], Path]


@pytest.fixture
def uv(environ: dict[str, str], processes: Processes, tmp_path: Path) -> Uv:
    return Uv(environ=environ, own=tmp_path / "own", processes=processes)


@pytest.fixture
def environment(environ: dict[str, str], spec: EnvSpec, tmp_path: Path) -> Environment:
    return VirtualenvBackend(environ=environ, cache=tmp_path / "cache").create(spec, tmp_path / "env")


def built(wheel: Path) -> Built:
    name, version, *_ = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Built(path=str(wheel), sha256=digest, name=name, version=version, kind="wheel")


def locked(uv: Uv, spec: EnvSpec, project: Built | None = None) -> Lock:
    lock = uv.lock(spec, project, StopSwitch())
    assert lock is not None
    return lock


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
    uv.install(asked, environment, lock, stop)
    assert names(environment) == ["alpha 1.0", "beta 1.5"]


def test_nothing_wanted_is_nothing_locked(
    uv: Uv, spec: EnvSpec, stop: StopSwitch, commands: list[tuple[str, ...]]
) -> None:
    assert uv.lock(replace(spec, constraints=("beta<2",)), None, stop) is None
    assert commands == []


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
    uv.install(asked, environment, lock, StopSwitch())
    assert names(environment) == ["helper 1.0", "proj 1.2.dev3", "suite 1.0"]


def test_a_set_is_resolved_once_in_a_run_however_many_cells_want_it(
    uv: Uv, spec: EnvSpec, make_wheel: MakeWheel, commands: list[tuple[str, ...]], root: Path
) -> None:
    make_wheel("alpha", "1.0", ())
    (root / "reqs.txt").write_text("alpha\n")
    asked = replace(spec, requirements=("-r reqs.txt",))
    with ThreadPoolExecutor(4) as pool:
        locks = list(pool.map(lambda _: locked(uv, asked), range(8)))
    assert len({lock.path for lock in locks}) == 1
    assert len(commands) == 1
    for other in (
        replace(asked, resolution="lowest"),
        replace(asked, prerelease=True),
        replace(asked, constraints=("alpha<2",)),
    ):
        assert locked(uv, other).key != locks[0].key
    (root / "reqs.txt").write_text("alpha>=1\n")
    assert locked(uv, asked).key != locks[0].key
    assert len(commands) == 5


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
    with pytest.raises(CellError, match=r"unsatisfiable\.\n\(shown before\)\Z"):
        locked(uv, asked)
    assert spec.interpreter is not None
    first, *words = caught.value.message.splitlines()
    assert first.startswith(f"could not resolve the requirements for Python {spec.interpreter.version}: ")
    assert first.endswith("your requirements are unsatisfiable.")
    assert "alpha" in " ".join(words)
    assert "unsatisfiable" not in " ".join(words)
    assert "\x1b" not in caught.value.message


def test_an_unreadable_requirement_is_told_with_its_text(uv: Uv, spec: EnvSpec) -> None:
    with pytest.raises(CellError, match=r"alpha ===\[bad"):
        locked(uv, replace(spec, requirements=("alpha ===[bad",)))


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
    (root / "sub").mkdir()
    (root / "sub" / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "sub"\nversion = "3.0"\n'
    )
    (root / "sub" / "backend.py").write_text(BACKEND)
    asked = replace(spec, requirements=("-e ./sub",))
    lock = locked(uv, asked)
    assert [pin.name for pin in lock.pins] == ["sub"]
    uv.install(asked, environment, lock, stop)
    assert names(environment) == ["sub 3.0"]
    assert environment.site is not None
    assert (Path(environment.site) / "sub.pth").read_text() == str(root / "sub")


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
    outer, environment = (backend.create(spec, tmp_path / name) for name in ("outer", "env"))
    environ |= {"VIRTUAL_ENV": str(outer.folder), "UV_PYTHON": outer.python, "PYTHONPATH": str(tmp_path)}
    environ |= {"UV_SYSTEM_PYTHON": "1", "CONDA_PREFIX": str(outer.folder), "UV_PROJECT": "/nowhere"}
    uv = Uv(environ=environ, own=tmp_path / "own", processes=processes)
    asked = replace(spec, requirements=("alpha",))
    uv.install(asked, environment, locked(uv, asked), StopSwitch())
    assert names(environment) == ["alpha 1.0"]
    assert names(outer) == []


def test_the_link_mode_is_obeyed(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, stop: StopSwitch
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",), link_mode="copy")
    uv.install(asked, environment, locked(uv, asked), stop)
    assert environment.site is not None
    assert os.stat(Path(environment.site) / "alpha.py").st_nlink == 1  # noqa: PTH116 - short


def test_what_explains_a_lock_holds_no_secret(
    environ: dict[str, str], processes: Processes, spec: EnvSpec, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    make_wheel("alpha", "1.0", ())
    secret = {"UV_INDEX_PRIVATE_PASSWORD": "hunter2"}
    uv = Uv(environ=environ | secret, own=tmp_path / "own", processes=processes)
    lock = locked(uv, replace(spec, requirements=("alpha",)))
    explanation = (Path(lock.path).parent / "key.json").read_text()
    assert "UV_INDEX_PRIVATE_PASSWORD" in explanation
    assert "hunter2" not in explanation


def test_a_run_that_stops_resolves_and_installs_nothing_more(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel
) -> None:
    make_wheel("alpha", "1.0", ())
    asked = replace(spec, requirements=("alpha",))
    lock = locked(uv, asked)
    stop = StopSwitch()
    stop.rise(1, "INT")
    with pytest.raises(Cancelled):
        uv.lock(replace(spec, requirements=("alpha>=1",)), None, stop)
    with pytest.raises(Cancelled):
        uv.install(asked, environment, lock, stop)
    assert names(environment) == []


def test_a_wheel_that_is_not_the_locked_one_is_refused(
    uv: Uv, spec: EnvSpec, environment: Environment, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    path = tmp_path / "proj-1.0-py3-none-any.whl"
    project = built(make_wheel("proj", "1.0", ()).rename(path))
    lock = locked(uv, spec, project)
    make_wheel("proj", "1.0", ("beta",)).rename(path)
    with pytest.raises(CellError, match="could not install the packages: Hash mismatch for `proj ") as caught:
        uv.install(spec, environment, lock, StopSwitch())
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
    uv.install(asked, environment, lock, stop)
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
    uv.install(asked, backend.create(spec, tmp_path / "one"), locked(uv, asked), stop)
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
        served = {key: value for key, value in environ.items() if not key.startswith("PIP_")}
        served |= {"PIP_CONFIG_FILE": os.devnull, "UV_DEFAULT_INDEX": url}
        uv = Uv(environ=served, own=tmp_path / "own", processes=processes)
        asked = replace(spec, requirements=("alpha",))
        lock = locked(uv, asked)
        elsewhere = served | {"UV_CACHE_DIR": str(tmp_path / "empty-cache")}
        Uv(environ=elsewhere, own=tmp_path / "own", processes=processes).install(
            asked, environment, lock, StopSwitch()
        )
    assert names(environment) == ["alpha 1.0"]
    assert ["--offline" in command for command in commands] == [False, True, False]


@contextmanager
def index_of(wheel: Path) -> Iterator[str]:
    """Serve one wheel as an index and yield its address."""
    page = f'<a href="/{wheel.name}">{wheel.name}</a>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = wheel.read_bytes() if self.path.endswith(".whl") else page
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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
    warning, _ = locked(uv, replace(spec, requirements=("alpha",))).notes
    assert "nonsense" in warning


@pytest.mark.parametrize("written", ["-e ./my sub", '-e "./my sub"', "--editable=./my sub"])
def test_an_editable_folder_may_have_spaces(uv: Uv, spec: EnvSpec, root: Path, written: str) -> None:
    (root / "my sub").mkdir()
    (root / "my sub" / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "sub"\nversion = "3.0"\n'
    )
    (root / "my sub" / "backend.py").write_text(BACKEND)
    assert [pin.name for pin in locked(uv, replace(spec, requirements=(written,))).pins] == ["sub"]


BACKEND = """
import os, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "sub-3.0-py3-none-any.whl"
    info = "sub-3.0.dist-info"
    members = {
        "sub.pth": os.getcwd(),
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: sub\\nVersion: 3.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    members[f"{info}/RECORD"] = "".join(f"{member},,\\n" for member in (*members, f"{info}/RECORD"))
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return name
"""
