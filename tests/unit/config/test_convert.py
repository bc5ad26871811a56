"""What a file's keys become."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.types import ANY

from runner.config import Adder, Lookups, convert, find, read
from runner.config.settings import SETTINGS
from runner.model.config import Config, Session
from runner.model.python import PythonSpec
from runner.model.settings import STEP_KEYS, CommandText, Settings
from runner.model.text import Literal, Origin, Template

Load = Callable[[str], Config]
SessionOf = Callable[[str], Session]


def at(line: int, key: str) -> Origin:
    return Origin("runner.toml", line, key)


def text(value: str, line: int, key: str) -> Template:
    return Template(value, at(line, key))


def test_the_top_of_a_file(load: Load, tmp_path: Path) -> None:
    config = load(
        'requires-runner = ">=0.1,<2"\n'
        'default = ["tests", "lint-*"]\n'
        'plugins = ["a.b", "./c.py"]\n'
        'work-dir = "build/./runner"\n'
        'missing-python = "skip"\n'
        'lock-max-age = "12h"\n'
        "exclude-newer = 2026-01-31T12:00:00Z\n"
        "max-cells = 7\n"
        "limits = { db = 2 }\n"
        "[sessions.x]\n"
    )
    assert (config.file, config.root) == (str(tmp_path / "runner.toml"), str(tmp_path))
    assert (config.default, config.default_origin) == (("tests", "lint-*"), at(2, "default"))
    assert [(plugin.name, plugin.origin.line) for plugin in config.plugins] == [("a.b", 3), ("./c.py", 3)]
    assert (config.work_dir, config.missing_python) == ("build/runner", "skip")
    assert (config.exclude_newer, config.max_cells) == ("2026-01-31T12:00:00+00:00", 7)
    assert config.lock_max_age == 12 * 3600
    assert (config.limits, config.notices) == ({"db": 2}, ())


def test_what_is_not_said_has_the_model_s_defaults(load: Load) -> None:
    config = load("[sessions.x]")
    assert config == Config(file=config.file, root=config.root, sessions=config.sessions)
    session = config.sessions[0]
    assert session == Session(name="x", origin=at(1, "sessions.x"), layers=session.layers)
    assert [layer.name for layer in session.layers] == ["sessions.x"]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ('"2026-01-31"', "2026-01-31"),
        ("2026-01-31", "2026-01-31"),
        ('"2026-01-31t12:00:00z"', "2026-01-31T12:00:00Z"),
        ('"2026-01-31 12:00:00.5+01:00"', "2026-01-31T12:00:00.5+01:00"),
    ],
)
def test_dates(load: Load, written: str, read_as: str) -> None:
    assert load(f"exclude-newer = {written}\n[sessions.x]").exclude_newer == read_as


def test_an_absolute_work_dir_stays_where_it_is(load: Load) -> None:
    assert load('work-dir = "/elsewhere/runner"\n[sessions.x]').work_dir == "/elsewhere/runner"


def test_every_setting_of_the_model_is_a_key_and_every_list_has_its_extra() -> None:
    fields = set(Settings.__struct_encode_fields__)
    lists = {
        "deps",
        "constraints",
        "groups",
        "extras",
        "seed",
        "allow-external",
        "pass-env",
        "limits",
        "artifacts",
    }
    extras = {f"extra-{name}" for name in (*lists, *STEP_KEYS)}
    assert set(SETTINGS) == fields | {*STEP_KEYS} | extras


def test_settings_become_values_of_their_types(session: SessionOf) -> None:
    layer = session(
        'backend = "venv"\n'
        'installer = "{env:I}"\n'
        'deps = ["a", "b=={v}"]\n'
        'extra-pass-env = ["C*"]\n'
        "prerelease = true\n"
        'timeout = "10m"\n'
        "interrupt-grace = 0\n"
        "retries = 2\n"
        'junit = "*.xml"\n'
        'env = { A = "1", B = false }\n'
    ).layers[0]
    assert layer.values == {
        "backend": Literal("venv"),
        "installer": text("{env:I}", 3, "sessions.x.installer"),
        "deps": (text("a", 4, "sessions.x.deps[0]"), text("b=={v}", 4, "sessions.x.deps[1]")),
        "extra-pass-env": (text("C*", 5, "sessions.x.extra-pass-env[0]"),),
        "prerelease": True,
        "timeout": 600.0,
        "interrupt-grace": 0.0,
        "retries": 2,
        "junit": text("*.xml", 10, "sessions.x.junit"),
        "env": {"A": text("1", 11, "sessions.x.env.A"), "B": False},
    }
    assert layer.origins["env"] == at(11, "sessions.x.env")


def test_a_package_file_is_text(session: SessionOf) -> None:
    values = session('package = "deps-only"\npackage-file = "dist/{py}.whl"').layers[0].values
    assert values["package"] == Literal("deps-only")
    assert values["package-file"] == text("dist/{py}.whl", 3, "sessions.x.package-file")


def test_junit_may_be_off(session: SessionOf) -> None:
    assert session("junit = false").layers[0].values == {"junit": False}


def test_commands_in_their_three_forms(session: SessionOf) -> None:
    layer = session(
        "commands = [\n"
        '"pytest {posargs}",\n'
        '["a", "*", "|"],\n'
        '{ run = "b", ok-codes = [0, 5], cwd = "c", env = { D = false }, timeout = "1m", '
        'retries = 2, ignore-failure = true, allow-external = ["b"] },\n'
        "]\n"
        "[[sessions.x.extra-setup]]\n"
        'run = ["e"]\n'
    ).layers[0]
    first, second = "sessions.x.commands[0]", "sessions.x.commands[1]"
    assert layer.values["commands"] == (
        CommandText(run=text("pytest {posargs}", 3, first), origin=at(3, first)),
        CommandText(
            run=(
                text("a", 4, f"{second}[0]"),
                text("*", 4, f"{second}[1]"),
                text("|", 4, f"{second}[2]"),
            ),
            origin=at(4, second),
        ),
        CommandText(
            run=text("b", 5, "sessions.x.commands[2].run"),
            origin=at(5, "sessions.x.commands[2]"),
            ok_codes=(0, 5),
            cwd=text("c", 5, "sessions.x.commands[2].cwd"),
            env={"D": False},
            timeout=60.0,
            retries=2,
            ignore_failure=True,
            allow_external=(text("b", 5, "sessions.x.commands[2].allow-external[0]"),),
        ),
    )
    extra = "sessions.x.extra-setup[0]"
    assert layer.values["extra-setup"] == (
        CommandText(run=(text("e", 8, f"{extra}.run[0]"),), origin=at(7, extra)),
    )


def test_the_python_axis_comes_first_and_factors_are_as_in_ids(session: SessionOf) -> None:
    axes = session('matrix.django = ["4.2", "main"]\npython = ["3.10", "pypy3.10", "3.13t", "3.12.1"]\n').axes
    assert [(axis.name, axis.origin.line) for axis in axes] == [("python", 3), ("django", 2)]
    assert [(value.label, value.value, value.factor) for axis in axes for value in axis.values] == [
        ("3.10", "3.10", "py310"),
        ("pypy3.10", "pypy3.10", "pypy310"),
        ("3.13t", "3.13t", "py313t"),
        ("3.12.1", "3.12.1", "py3121"),
        ("4.2", "4.2", "django4.2"),
        ("main", "main", "main"),
    ]


def test_labels_bring_values_and_settings(session: SessionOf) -> None:
    (axis,) = session(
        'matrix.db = { sqlite = {}, d4 = { value = ">=4.2,<5" }, pg = { extra-deps = ["p"], retries = 1 } }\n'
    ).axes
    sqlite, d4, pg = axis.values
    assert (sqlite.value, sqlite.layer) == ("sqlite", None)
    assert (d4.label, d4.value, d4.factor, d4.layer) == ("d4", ">=4.2,<5", "d4", None)
    assert pg.layer is not None
    assert pg.layer.name == "sessions.x.matrix.db.pg"
    assert pg.layer.values["retries"] == 1


def test_a_version_is_pinned_without_an_axis(session: SessionOf) -> None:
    found = session('python = "pypy3.10"')
    assert found.axes == ()
    assert found.python == PythonSpec(text="pypy3.10", implementation="pypy", version=(3, 10))


def test_a_path_is_pinned_relative_to_root(session: SessionOf, tmp_path: Path) -> None:
    expected = PythonSpec(text="../py/bin/python", path=str(tmp_path.parent / "py" / "bin" / "python"))
    assert session('python = "../py/bin/python"').python == expected
    assert session('python = "/usr/bin/python3"').python == PythonSpec(
        text="/usr/bin/python3", path="/usr/bin/python3"
    )


def test_matchers(session: SessionOf) -> None:
    found = session(
        'python = ["3.11"]\n'
        'matrix.django = ["4.2"]\n'
        'exclude = [{ python = "<3.12", django = ["4.*", ">=5,<6"] }]\n'
        'when = [{ match = { platform = "linux" }, retries = 1 }]\n'
    )
    (match,) = found.exclude
    assert [(one.key, one.patterns, one.origin.key) for one in match.conditions] == [
        ("python", ("<3.12",), "sessions.x.exclude[0].python"),
        ("django", ("4.*", ">=5,<6"), "sessions.x.exclude[0].django"),
    ]
    (when,) = found.when
    assert (when.layer.name, when.layer.values) == ("sessions.x.when[0]", {"retries": 1})
    assert [(one.key, one.patterns) for one in when.match.conditions] == [("platform", ("linux",))]


def test_an_entry_of_include_is_a_point_and_settings(session: SessionOf) -> None:
    found = session(
        'python = ["3.11"]\n'
        'matrix.resolution = ["highest"]\n'
        'include = [{ python = ["3.14", "3.11"], resolution = "lowest", allow-failure = true }]\n'
    )
    (entry,) = found.include
    assert [(one.key, one.patterns) for one in entry.match.conditions] == [
        ("python", ("3.14", "3.11")),
        ("resolution", ("lowest",)),
    ]
    assert (entry.layer.name, entry.layer.values) == ("sessions.x.include[0]", {"allow-failure": True})


def test_needs_and_after_are_text_and_tags_are_not(session: SessionOf) -> None:
    found = session('needs = ["build-{py}"]\nafter = ["lint"]\ntags = ["{slow}"]\nplatforms = ["linux"]\n')
    assert found.needs == (text("build-{py}", 2, "sessions.x.needs[0]"),)
    assert found.after == (text("lint", 3, "sessions.x.after[0]"),)
    assert (found.tags, found.platforms) == (("{slow}",), ("linux",))


def test_a_backend_of_a_plugin_is_known_when_the_plugin_says_so(tmp_path: Path) -> None:
    (tmp_path / "runner.toml").write_text('[sessions.x]\nbackend = "conda"\ntype = "notebook"\n')
    config = convert(
        read(find(tmp_path)),
        version="0.1.0",
        lookups=Lookups(
            types=lambda name: Adder("session type", name) if name == "notebook" else None,
            backends=lambda name: Adder("backend", name) if name == "conda" else None,
        ),
    )
    assert config.sessions[0].type == "notebook"


def test_settings_that_backend_none_can_have(session: SessionOf) -> None:
    found = session('backend = "none"\npackage = "none"\ndeps = []\nseed = []\nretries = 1\n')
    assert found.layers[0].values["backend"] == Literal("none")


@pytest.mark.parametrize("version", ["0.1.0", "0.1", "0.1.0.dev3", "0.9rc1"])
def test_runner_suits_the_file(tmp_path: Path, version: str) -> None:
    (tmp_path / "runner.toml").write_text('requires-runner = ">=0.1, !=0.3, <1.0"\n[sessions.x]\n')
    convert(read(find(tmp_path)), version=version, lookups=ANY)
