"""A plugin's session type: its keys are checked and merged like runner's own, its steps run like any."""

import json
from pathlib import Path

import pytest

from runner.testing import Project

TYPES = """
import msgspec
import os
import sys
from typing import Annotated, Literal

import runner


class SiteKeys(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    page: Annotated[str, msgspec.Meta(description="The page to make")]
    builder: str = "plain"
    flags: tuple[str, ...] = ()
    names: dict[str, str] = {}
    level: Literal["draft", "final"] = "draft"
    copies: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1
    patience: float | None = None
    loud: bool = False
    say_hi: str = ""

    def __post_init__(self):
        if self.loud and self.level == "final":
            raise ValueError("loud is for drafts")
        if self.builder == "broken":
            sys.exit(0)


class Site(runner.SessionType[SiteKeys]):
    name = "site"
    keys = SiteKeys
    defaults = {"backend": "none", "seed": (), "env": {"SITE": "{session}"}}

    def steps(self, cell, keys):
        shown = [keys.page, keys.builder, *keys.flags]
        show = [sys.executable, "-c", "import os, sys; print(os.environ['SITE'], *sys.argv[1:])"]
        return runner.Steps(
            setup=(runner.Call.of(prepare, page=keys.page, names=keys.names, kept="{{braces}}"),),
            commands=(
                *[runner.command(cell, [*show, *shown, "{posargs}"])] * keys.copies,
                *cell.steps.commands,
            ),
        )


def prepare(context):
    with open(os.path.join(context.tmp, "prepared"), "w") as file:
        print(context.cell, context.phase, context.attempt, context.axes, context.arguments, file=file)
    print("prepared", context.arguments["page"], "with", os.environ["SITE"], "in", os.getcwd())


@runner.hookimpl
def runner_session_type(name):
    return Site() if name == "site" else None
"""


@pytest.fixture
def site(project: Project) -> Project:
    project.file("site_type.py", TYPES)
    return project


OTHER_TYPE = """
import msgspec
import runner


class OtherKeys(msgspec.Struct, frozen=True):
    page: int = 1
    loud: bool = True


class Other(runner.SessionType[OtherKeys]):
    name = "other"
    keys = OtherKeys

    def steps(self, cell, keys):
        return cell.steps


@runner.hookimpl
def runner_session_type(name):
    return Other() if name == "other" else None
"""


def configured(project: Project, text: str) -> Project:
    project.config(f'plugins = ["./site_type.py"]\n{text}')
    return project


def test_keys_are_merged_rendered_and_handed_to_steps(site: Project) -> None:
    configured(
        site,
        """
        [defaults]
        flags = ["--all"]
        names = { a = "1" }
        deps = ["never-installed"]
        [sessions.base]
        type = "site"
        page = "{session}.html"
        names = { b = "{session}" }
        default = false
        [sessions.web]
        extends = "base"
        extra-flags = ["--{cell}"]
        commands = ["echo done"]
        matrix.builder = ["fast", "slow"]
        [[sessions.web.when]]
        match = { builder = "slow" }
        copies = 2
        """,
    )
    run = site.run("--", "more").assert_exit(0).assert_cells({"web-fast": "passed", "web-slow": "passed"})
    log = run.log("web-slow")
    assert f"prepared web.html with web in {site.root}" in log
    assert log.count("\nweb web.html slow --all --web-slow more\n") == 2
    assert "\ndone\n" in log
    prepared = (site.root / ".runner/envs/web-fast/tmp/prepared").read_text()
    assert prepared == (
        "web-fast setup 1 {'builder': 'fast'} "
        "{'page': 'web.html', 'names': {'a': '1', 'b': 'web'}, 'kept': '{braces}'}\n"
    )
    assert run.cell("web-fast").python is not None


def test_config_shows_the_keys_and_where_they_come_from(site: Project) -> None:
    configured(site, '[sessions.web]\ntype = "site"\npage = "a"\nextra-flags = ["-x"]\n')
    shown = site.run("config", "-e", "web").assert_exit(0).stdout
    rows = {line.split(" = ")[0]: line for line in shown.splitlines() if " = " in line}
    for key, value, source in (
        ("page", "a", "sessions.web"),
        ("flags", "-x", "sessions.web"),
        ("copies", "1", "type site"),
        ("backend", "none", "type site"),
        ("setup", "call runner_plugin_site_type:prepare", "type site"),
    ):
        assert rows[key].startswith(f"{key} = {value} ")
        assert rows[key].endswith(f"# {source}")
    cells = json.loads(site.run("config", "--format", "json").stdout)["cells"]
    assert cells["web"]["flags"] == ["-x"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("page = 3", "runner.toml:4: sessions.web.page: expected a string; got the number 3"),
        (
            'page = "a"\nflag = ["x"]',
            'runner.toml:5: sessions.web.flag: unknown key; did you mean "flags"?',
        ),
        ('page = "a"\nflags = "x"', 'sessions.web.flags: expected a list of strings; got "x"'),
        ('page = "a"\nlevel = "finl"', 'expected "draft" or "final"; got "finl"; did you mean "final"?'),
        (
            'page = "a"\ncopies = 0',
            "sessions.web.copies: expected a whole number, at least 1",
        ),
        ('page = "a"\npatience = "long"', "sessions.web.patience: "),
        ('page = "a"\nloud = 1', "sessions.web.loud: expected true or false"),
        ('page = "a"\nloud = true\nlevel = "final"', "runner.toml:2: sessions.web: loud is for drafts"),
        ('page = "{nowhere}"', "error: runner.toml:4: sessions.web.page: unknown substitution {nowhere}"),
        ("", "runner.toml:2: sessions.web: a session of the type `site` needs `page`"),
        ('page = "a"\nlevel = "{session}"', 'level: expected "draft" or "final"; got "{session}"'),
        (
            'page = "a"\nmatrix.level = ["draft", "x"]',
            'matrix.level[1]: expected "draft" or "final"; got "x"',
        ),
        (
            'page = "a"\n[[sessions.web.when]]\nmatch = { platform = "*" }\ncopies = 4',
            "when[0].copies: expected `int` <= 3",
        ),
        ('page = "a"\nbuilder = "broken"', "(in __post_init__) raised SystemExit: 0"),
        ('page = "a"\nmatrix.copies = ["1"]', "an axis cannot be called `copies`"),
        ('page = "{env:NOT_THERE}"', "NOT_THERE is not set"),
    ],
)
def test_wrong_keys_are_told_like_those_of_runner(site: Project, line: str, says: str) -> None:
    configured(site, f'[sessions.web]\ntype = "site"\n{line}\n')
    site.run().assert_exit(2).assert_said(says)


def test_keys_of_a_type_are_none_of_other_sessions(site: Project) -> None:
    configured(site, '[sessions.web]\ntype = "site"\npage = "a"\n[sessions.x]\npage = "a"\n')
    told = "sessions.x.page: is a key of the session type `site`, and this session's type is `python`"
    site.run("list").assert_exit(2).assert_said(told)
    configured(site, '[sessions.web]\ntype = "sight"\npage = "a"\n')
    outcome = site.run("list").assert_exit(2).assert_said('no session type is called "sight"')
    assert "page" not in outcome.stderr  # it may be right


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("page: Annotated", "deps: Annotated"),
            "its key `deps` is one of runner's own",
        ),
        *[
            (("loud: bool", f"{name}: bool"), f"its key `{key}` is one of runner's own")
            for name, key in (("match", "match"), ("value", "value"), ("platform", "platform"))
        ],
        (("loud: bool", "extra_flags: bool"), "its key `extra-flags` needs another name: `extra-` adds to"),
        (('rename="kebab"', 'rename="camel"'), 'its key "sayHi" is not in kebab-case'),
        (("loud: bool", "loud: set"), "its key `loud` is declared as "),
        (("loud: bool", "loud: 'Bool'"), "the types of its keys cannot be told: NameError: name 'Bool'"),
        (("copies: Annotated", "copies: bool = 1; c: Annotated"), "its key `copies` has a default that"),
        (("= {}\n", "= msgspec.field(default_factory=sys.exit)\n"), "has a default that cannot be used"),
        (('defaults = {"backend": "none"', 'defaults = {"deps": None'), "of strings; got nothing"),
        (('defaults = {"backend"', "defaults = {1"), "its defaults cannot be used: TypeError"),
        (("keys = SiteKeys", "keys = dict"), "has keys that are no msgspec.Struct class"),
        (('defaults = {"backend"', 'defaults = {"backendd"'), "its default of `backendd`: unknown key"),
        (
            ("class Site(runner.SessionType[SiteKeys])", "class Site"),
            "runner_session_type returned Site, which is no SessionType",
        ),
    ],
)
def test_a_type_that_cannot_be_used_is_named(site: Project, change: tuple[str, str], says: str) -> None:
    text = TYPES.replace(*change)
    if "which is no" in says:
        text = text.replace("    keys = SiteKeys\n", "")
    site.file("site_type.py", text)
    configured(site, '[sessions.web]\ntype = "site"\npage = "a"\n')
    site.run("list").assert_exit(2).assert_said(says, "site")


def test_the_schema_of_a_project_has_the_keys_of_its_types(site: Project) -> None:
    configured(site, '[sessions.web]\ntype = "site"\npage = "a"\n')
    properties = json.loads(site.run("schema").assert_exit(0).stdout)["$defs"]["session"]["properties"]
    assert properties["page"] == {"description": "The page to make", "type": "string"}
    assert {"extra-flags", "level", "names"} <= set(properties)
    site.file("other.py", OTHER_TYPE)
    sessions = '[sessions.a]\ntype = "site"\npage = "a"\n[sessions.b]\ntype = "other"\npage = 2\n'
    site.config(f'plugins = ["./site_type.py", "./other.py"]\n{sessions}')
    both = json.loads(site.run("schema").assert_exit(0).stdout)["$defs"]["session"]["properties"]
    assert [each["type"] for each in both["page"]["anyOf"]] == ["string", "integer"]
    assert both["loud"]["type"] == "boolean"
    site.run("list").assert_exit(0)
    site.config(f'plugins = ["./site_type.py", "./other.py"]\n[defaults]\npage = "x"\n{sessions}')
    site.run("list").assert_exit(2).assert_said("means different things to two session types")
    configured(site, "[sessions.x]\ncommands = []\n")
    assert "page" not in site.run("schema").stdout


CALLS = """
import os
import subprocess
import sys
import time
from pathlib import Path

import runner


def step(context):
    {body}


class Calling(runner.SessionType[runner.NoKeys]):
    name = "calling"
    keys = runner.NoKeys

    def steps(self, cell, keys):
        return runner.Steps(commands=({step},), teardown=cell.steps.teardown)


@runner.hookimpl
def runner_session_type(name):
    return Calling() if name == "calling" else None
"""


def calling(project: Project, body: str, *, step: str = "runner.Call.of(step)", settings: str = "") -> None:
    project.file("calling.py", CALLS.format(body=body, step=step))
    project.config(
        f"""
        plugins = ["./calling.py"]
        [sessions.c]
        type = "calling"
        package = "none"
        teardown = ["python -c 'print(1 + 1)'"]
        {settings}
        """
    )


@pytest.mark.parametrize(
    ("body", "outcome", "says"),
    [
        ("return None", "passed", ""),
        ("return 0", "passed", ""),
        ("return 3", "failed", "`call runner_plugin_calling:step` exited with code 3"),
        ("sys.exit(4)", "failed", "exited with code 4"),
        ("raise LookupError('no such thing')", "failed", "LookupError: no such thing"),
        ("return 'well'", "failed", "error: step returned a str: expected None or an exit code, 0 to 255"),
        ("return 256", "failed", "error: step returned 256: expected None or an exit code"),
        ("return True", "failed", "error: step returned True: expected None or an exit code"),
        ("time.sleep(600)", "failed", "timed out"),
    ],
)
def test_how_a_call_ends(project: Project, body: str, outcome: str, says: str) -> None:
    calling(project, body, settings="timeout = 2" if "sleep" in body else "")
    run = project.run().assert_cells({"c": outcome})
    assert "\n2\n" in run.log("c")
    assert says in run.log("c") + run.cell("c").reason
    if says in {"LookupError: no such thing", "timed out"}:
        assert "in step\n" in run.log("c")
        assert "runner/hooks" not in run.log("c")


def test_a_plugin_that_is_named_in_two_ways_is_imported_once_and_its_calls_work(project: Project) -> None:
    calling(project, "return 0")
    config = project.root / "runner.toml"
    config.write_text(config.read_text().replace('"./calling.py"', '"./calling.py", "calling.py"'))
    project.run().assert_exit(0).assert_cells({"c": "passed"})


def test_a_call_runs_with_runners_interpreter_and_the_variables_of_the_cell(project: Project) -> None:
    body = (
        "print('prefix', Path(sys.prefix), flush=True); "
        "subprocess.run(['python', '-c', 'import sys; print(\"python\", sys.prefix)'], check=True); "
        "print('variable', os.environ['MINE'], Path.cwd().name, sys.stdin.read() == '')"
    )
    # What the project calls its modules, and what its variables say, is not runner's business.
    project.file("here/msgspec.py", "raise RuntimeError('the wrong module')")
    settings = 'env = { MINE = "{cell}", PYTHONPATH = "{root}/here" }\ncwd = "here"\n'
    calling(project, body, settings=settings)
    run = project.run().assert_exit(0)
    log = run.log("c")
    assert f"prefix {Path(__import__('sys').prefix)}\n" in log
    assert f"python {project.root}/.runner/envs/c\n" in log
    assert "variable c here True\n" in log


@pytest.mark.parametrize(
    ("step", "outcome", "says"),
    [
        ("runner.Call(function='calling_no:step')", "failed", "there is no such module"),
        ("runner.Call(function='os:no_such')", "failed", "os has no function no_such"),
        ("runner.Call(function='os:path')", "failed", "os has no function path"),
        ("runner.Call.of(step, what=object())", None, "Steps that cannot be used: Encoding objects"),
        ("runner.Call.of(step, what={(1, 2): 3})", None, "Steps that cannot be used: Only dicts with"),
        ("runner.Call.of(step.__get__(1))", None, "does not stand at the top of a module"),
        ("runner.Call.of(__import__('functools').partial(step))", None, "does not stand at the top of a"),
        ("runner.Call.of(lambda context: 0)", None, "does not stand at the top of a module"),
    ],
)
def test_a_call_that_cannot_be_made(project: Project, step: str, outcome: str | None, says: str) -> None:
    calling(project, "pass", step=step)
    run = project.run()
    if outcome is None:
        run.assert_exit(2).assert_said(says)
    else:
        run.assert_cells({"c": outcome})
        assert says in run.log("c") + run.cell("c").reason


def test_what_json_cannot_say_arrives_too(project: Project) -> None:
    step = "runner.Call.of(step, name='a\\udc80', least=float('-inf'), more=2**64)"
    calling(project, "print(ascii(context.arguments))", step=step)
    run = project.run().assert_exit(0)
    assert "{'name': 'a\\udc80', 'least': -inf, 'more': 18446744073709551616}\n" in run.log("c")


BACKEND = """
import runner
from pathlib import Path


class Own:
    name = "own"

    def describe(self):
        return "own 1"

    def create(self, spec, folder, stop):
        programs = folder / "programs"
        programs.mkdir()
        (programs / "hello").write_text("#!/bin/sh\\necho hello from $0 $1\\n")
        (programs / "hello").chmod(0o755)
        return runner.Environment(python="", programs=(str(programs),), variables={}, folder=str(folder))

    def interpreter(self, spec, stop):
        return None
{install}


@runner.hookimpl
def runner_backend(name):
    return Own() if name == "own" else None
"""

INSTALLING = """
    def install(self, spec, environment, stop):
        Path(environment.folder, "got").write_text(" ".join(spec.requirements))
        return runner.Installation(packages=(runner.Installed("left", "1.0"),))
"""


@pytest.mark.parametrize("install", ["", INSTALLING])
def test_a_backend_may_bring_no_python_at_all(project: Project, install: str) -> None:
    project.file("own.py", BACKEND.replace("{install}", install))
    deps = 'deps = ["left"]' if install else ""
    project.config(
        f"""
        plugins = ["./own.py"]
        [sessions.c]
        backend = "own"
        package = "none"
        commands = ["hello you"]
        {deps}
        """
    )
    run = project.run().assert_exit(0)
    assert "/programs/hello you\n" in run.log("c")
    cell = run.cell("c")
    assert cell.python is None
    assert cell.version("left") == ("1.0" if install else None)
    assert project.run("plan").assert_exit(0).stdout.count("brought by own") == 1


def test_what_a_backend_without_python_cannot_do_is_told(project: Project) -> None:
    project.file("own.py", BACKEND.replace("{install}", ""))
    project.config(
        """
        plugins = ["./own.py"]
        [sessions.c]
        backend = "own"
        package = "none"
        deps = ["left"]
        """
    )
    run = project.run().assert_exit(4)
    says = 'backend = "own" brings no Python to install into, but the session sets deps'
    assert says in run.cell("c").reason


def test_who_installs_by_itself_is_not_locked_nor_kept_nor_given_the_project(project: Project) -> None:
    installing = BACKEND.replace("{install}", INSTALLING).replace("def interpreter", "def no_interpreter")
    project.file("own.py", installing)
    project.package("mine")
    config = """
        plugins = ["./own.py"]
        [sessions.c]
        backend = "own"
        commands = ["hello you"]
        deps = ["left"]
        """
    project.config(config)
    run = project.run().assert_exit(4)
    says = 'backend = "own" installs by itself, and not the project, but the session sets package'
    assert says in run.cell("c").reason
    project.config(config.replace("[sessions.c]", '[sessions.c]\npackage = "none"'))
    project.run().assert_exit(0)
    assert project.run("lock", "--offline").assert_exit(0).stdout == "c: nothing to lock\n"
    project.run("plan", "--reuse").assert_exit(0).assert_said("made anew: its backend installs by itself")
    assert "made anew: its backend installs by itself" in project.run("--reuse").log("c")
