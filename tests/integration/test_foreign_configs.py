"""Configs that a plugin reads: what it is asked, and what the verbs make of its answer."""

import json
import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.cli import project as composition
from runner.cli.builtin import add_built_ins
from runner.cli.world import World
from runner.hooks.manager import Plugins
from runner.hooks.spec import hookimpl
from runner.model.config import Config, Foreign, Inherited, Session
from runner.model.errors import ConfigError, Problem
from runner.model.python import PythonSpec
from runner.model.request import ConfigRequest
from runner.model.settings import CommandText, Layer
from runner.model.text import Literal, Origin
from runner.testing import Project

ORIGIN = Origin("tox.ini", 2, "testenv")
SCRIPT = (
    "import os; print(sorted(n for n in os.environ if n in {'PYTHONUNBUFFERED', 'HOME', 'SECRET', 'CI'}))"
)


class Reader:
    """A plugin that reads configs: it remembers what it is asked, and gives `config`, or raises it."""

    def __init__(self, config: Config | Exception | None) -> None:
        self.config = config
        self.asked: list[ConfigRequest] = []

    @hookimpl
    def runner_load_config(self, request: ConfigRequest) -> Config | None:
        self.asked.append(request)
        if isinstance(self.config, Exception):
            raise self.config
        return self.config


def session(name: str, *, commands: tuple[str, ...] = (SCRIPT,), foreign: Foreign | None = None) -> Session:
    """Return a session of one cell that runs Python code without an environment of its own."""
    argvs = ((Literal(sys.executable), Literal("-c"), Literal(code)) for code in commands)
    values: dict[str, object] = {
        "backend": Literal("none"),
        "commands": tuple(CommandText(run=argv, origin=ORIGIN) for argv in argvs),
        "env": {"API_TOKEN": Literal("hush-hush")},
    }
    return Session(
        name=name,
        origin=ORIGIN,
        python=PythonSpec(text="here", path=sys.executable),
        layers=(Layer("tox.ini", values, {}),),
        foreign=foreign or Foreign(factors=tuple(name.split("-"))),
    )


def config(project: Project, *sessions: Session, **top: object) -> Config:
    file = project.file("tox.ini", "[tox]\nenv_list = what it says\n")
    return Config(file=str(file), root=str(project.root), sessions=sessions, **top)  # type: ignore[arg-type] # fields


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Add a plugin to the built-in ones: no config file of these formats names any."""
    reader = Reader(None)

    def add(plugins: Plugins, world: World) -> None:
        add_built_ins(plugins, world)
        plugins.add_built_in("reader", reader)

    monkeypatch.setattr(composition, "add_built_ins", add)
    return reader


def test_the_reader_is_told_what_its_values_may_depend_on(project: Project, reader: Reader) -> None:
    reader.config = config(project, session("py39"), session("py310"))
    below = project.root / "sub"
    below.mkdir()
    project.run("list", "-e", "py3{9,10}", env={"SEEN": "1"}, cwd=below).assert_exit(0)
    project.run("config", "-c", "tox.ini", "--", "-x").assert_exit(0)
    listing, showing = reader.asked
    assert (listing.kind, listing.file, listing.cwd) == ("tox.ini", str(project.root / "tox.ini"), str(below))
    assert (listing.shown, showing.shown) == (os.path.join("..", "tox.ini"), "tox.ini")  # noqa: PTH118 - as text
    assert (listing.select, showing.select) == (("py39", "py310"), None)
    assert (listing.posargs, showing.posargs) == (None, ("-x",))
    assert (listing.brief, showing.brief) == (True, False)
    assert listing.environ["SEEN"] == "1"
    assert not listing.tty
    assert listing.host.executable == sys.executable
    assert 1 <= listing.hash_seed <= 4_294_967_295
    assert listing.hash_seed != showing.hash_seed


def test_the_cells_run_as_any_others(project: Project, reader: Reader) -> None:
    inherited = Inherited(passed=("path", "secr*"), any_case=True, usual=False)
    reader.config = config(
        project, session("py39-a", foreign=Foreign(inherited=inherited)), session("other", commands=("1/0",))
    )
    ran = project.run(env={"SECRET": "x", "CI": ""}).assert_exit(1)
    ran.assert_cells({"py39-a": "passed", "other": "failed"})
    assert "['SECRET']" in ran.log("py39-a")


def test_a_coverage_file_that_has_the_name_of_runners_is_kept(project: Project, reader: Reader) -> None:
    own = Foreign(inherited=Inherited(usual=False))
    made = session("a", commands=("",), foreign=own)
    env = {"COVERAGE_FILE": Literal(str(project.root / ".coverage.a"))}
    layers = (*made.layers, Layer("set_env", {"env": env}, {}))
    project.file(".coverage.a", "kept")
    reader.config = config(project, replace(made, layers=layers))
    project.run().assert_exit(0)
    assert Path(project.root, ".coverage.a").read_text("utf-8") == "kept"


def test_what_the_other_tool_says_is_in_the_json_concealed(project: Project, reader: Reader) -> None:
    shown: dict[str, object] = {
        "tox": {
            "set_env": {"API_TOKEN": "hush-hush", "MY_SECRET": "x", "PLAIN": "1"},
            "commands": [["echo", "hush-hush"]],
        }
    }
    reader.config = config(project, session("a", foreign=Foreign(shown=shown)))

    def tox(*options: str) -> object:
        told = json.loads(project.run("config", "--format", "json", *options).assert_exit(0).stdout)
        assert told["cells"]["a"]["backend"] == "none"
        return told["cells"]["a"]["tox"]

    assert tox() == {
        "set_env": {"API_TOKEN": "***", "MY_SECRET": "***", "PLAIN": "1"},
        "commands": [["echo", "***"]],
    }
    assert tox("--show-secrets") == shown["tox"]


def test_notices_are_told_once_by_the_verbs_that_read_all(project: Project, reader: Reader) -> None:
    reader.config = config(project, session("a"), notices=("unknown key: dpes",))
    for verb in ("config", "plan"):
        told = project.run(verb, "--format", "json").assert_exit(0)
        assert told.stderr == "note: unknown key: dpes\n"
        assert json.loads(told.stdout)
        assert project.run(verb, "-q").stderr == ""
    assert project.run("list").stderr == ""
    ran = project.run().assert_exit(0)
    assert (ran.stdout + ran.stderr).count("unknown key: dpes") == 1


def test_what_is_refused_stops_a_run_and_can_be_shown(project: Project, reader: Reader) -> None:
    refused = Problem("recreate_commands is not supported", ORIGIN, "remove it")
    reader.config = config(project, session("a", foreign=Foreign(refused=(refused,))), session("b"))
    for verb in ("run", "plan"):
        told = project.run(verb).assert_exit(2)
        assert told.stderr == f"error: {refused}\n"
        project.run(verb, "-e", "b").assert_exit(0)
    project.run("config", "-e", "a").assert_exit(0)
    project.run("list").assert_exit(0)


def test_the_config_may_say_how_many_run_at_a_time(project: Project, reader: Reader) -> None:
    def jobs(*options: str) -> object:
        told = project.run("plan", "--format", "json", *options, env={"RUNNER_JOBS": ""})
        return json.loads(told.assert_exit(0).stdout)["jobs"]

    reader.config = config(project, session("a"))
    usable = jobs()
    reader.config = config(project, session("a"), jobs=77)
    assert (jobs(), jobs("-j", "3"), jobs("-j", "auto")) == (77, 3, usable)


def test_a_mistake_in_the_file_is_told_as_any_other(project: Project, reader: Reader) -> None:
    project.file("tox.ini", "")
    reader.config = ConfigError(Problem("unknown section", ORIGIN))
    assert project.run("list").assert_exit(2).stderr == "error: tox.ini:2: testenv: unknown section\n"


def test_a_reader_can_be_switched_off(project: Project, reader: Reader) -> None:
    reader.config = config(project, session("a"))
    told = project.run("list", "--no-plugin", "reader", "--no-plugin", "tox").assert_exit(2)
    assert told.stderr == (
        "error: no plugin provides the config format 'tox.ini'\n    --no-plugin switched off: reader, tox\n"
    )
    assert reader.asked == []
    told = project.run("plugins", "-c", "tox.ini", "--format", "json").assert_exit(0)
    hooks = {plugin["name"]: plugin["hooks"] for plugin in json.loads(told.stdout)["plugins"]}
    assert hooks["tox"] == hooks["reader"] == ["runner_load_config"]
    assert reader.asked == []
