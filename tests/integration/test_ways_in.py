"""Ways in for plugins: installed distributions, what they add to the command line, and what is asked for."""

import importlib.machinery
import importlib.util
import json
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from runner.testing import Invocation, Project

Install = Callable[..., None]

CHECK = '[sessions.check]\npackage = "none"\ncommands = ["python -c pass"]\n'
ADDS = """
import runner
print("imported")

@runner.hookimpl
def runner_options():
    return (
        runner.Option(("-b", "--budget"), "text", "seconds to spend", ("run", "spend"), "S"),
        runner.Option(("--thrifty",), "flag", "spend less", ("spend",)),
        runner.Option(("--on-what",), "many", "what for", ("spend", "run"), "X"),
    )

class Spend:
    name = "spend"
    help = "spend the budget"
    def run(self, request):
        print("noise")
        of_plugins = dict(sorted(request.options.of_plugins.items()))
        request.out.write(repr((request.words, request.posargs, of_plugins, request.root is None)) + "\\n")
        return 7

@runner.hookimpl
def runner_commands():
    return Spend()

@runner.hookimpl
def runner_finish(result, options):
    return runner.Finish(lines=(f"spent {options.of_plugins}",))
"""
PROVIDES = """
import sys
import runner

class Bare:
    name = "bare"
    def create(self, spec, folder, stop):
        return runner.Environment(python=sys.executable, programs=(), variables={}, folder=str(folder))
    def describe(self):
        return "bare 1"

@runner.hookimpl
def runner_backend(name):
    return Bare() if name == "bare" else None
"""


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution of one module, `text`, beside runner, as if by pip."""
    folder = tmp_path_factory.mktemp("site-packages")
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)

    def put(module: str, text: str, *, version: str = "1.0", value: str = "") -> None:
        (folder / f"{module}.py").write_text(dedent(text))
        data = folder / f"dist_{module}-{version}.dist-info"
        data.mkdir()
        (data / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dist-{module}\nVersion: {version}\n")
        (data / "entry_points.txt").write_text(f"[runner]\n{module} = {value or module}\n")
        importlib.invalidate_caches()

    yield put
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def listed(outcome: Invocation) -> dict[str, dict[str, object]]:
    plugins: list[dict[str, object]] = json.loads(outcome.assert_exit(0).stdout)["plugins"]
    assert len({plugin["name"] for plugin in plugins}) == len(plugins)
    return {str(plugin["name"]): plugin for plugin in plugins}


def test_a_plugin_of_the_config_adds_options_and_verbs(project: Project) -> None:
    project.config(f'plugins = ["./adds.py"]\n{CHECK}')
    project.file("adds.py", ADDS)
    outcome = project.run("-b3", "--on-what=a", "check", "--on-what", "b")
    outcome.assert_exit(2).assert_said("'check' is not a verb of runner", "the verbs are run,", ", spend")
    outcome = project.run("-b3", "--on-what=a", "--on-what", "b").assert_exit(0)
    outcome.assert_said("spent {'budget': '3', 'thrifty': False, 'on_what': ('a', 'b')}")
    outcome = project.run(env={"RUNNER_BUDGET": "5", "RUNNER_THRIFTY": "1"}).assert_exit(0)
    outcome.assert_said("spent {'budget': '5', 'thrifty': False, 'on_what': ()}")
    outcome = project.run(
        "--thrifty",
        "spend",
        "a",
        "-q",
        "b",
        "--",
        "-x",
        env={"RUNNER_BUDGET": "5", "RUNNER_ON_WHAT": "'a b' c"},
    ).assert_exit(7)
    values = "{'budget': '5', 'on_what': ('a b', 'c'), 'thrifty': True}"
    assert outcome.stdout == f"(('a', 'b'), ('-x',), {values}, False)\n"
    assert outcome.stderr == "imported\nnoise\n"
    project.run("--thrifty").assert_exit(2).assert_said(
        "runner run does not take --thrifty (it belongs to: spend)"
    )
    project.run("spend", "--fail-fast").assert_exit(2).assert_said("runner spend does not take --fail-fast")
    project.run("--budgte", "3").assert_exit(2).assert_said("did you mean --budget?")


def test_help_in_a_project_shows_what_its_plugins_add(project: Project) -> None:
    plain = project.run("--help", env={"RUNNER_NO_PLUGIN": "'"}).assert_exit(0).stdout
    project.config(f'plugins = ["./adds.py"]\n{CHECK}')
    project.file("adds.py", ADDS)
    helped = project.run("--help").assert_exit(0)
    text = helped.stdout
    assert set(plain.splitlines()) - set(text.splitlines()) == set()
    assert "  spend     spend the budget\n" in text
    assert "spend less (spend)" in text
    assert helped.stderr == "imported\n"
    assert text == project.run("list", "-h", "-c", str(project.root), cwd=project.folder).stdout
    assert project.run("--help", "--no-plugin", "adds").stdout == plain
    project.file("adds.py", "1 / 0")
    broken = project.run("--help").assert_exit(0)
    assert broken.stdout == plain
    assert "note: what plugins add is not shown: plugin './adds.py' raised" in broken.stderr


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return runner.Option(('-x',), 'flag', 'x')", "its option -x: its last flag has to be a long one"),
        ("return runner.Option(('-xy', '--x'), 'flag', 'x')", "its option -xy, --x: '-xy' cannot be a flag"),
        ("return runner.Option(('--x',), 'number', 'x')", "the kinds are flag, count, text"),
        ("return runner.Option(('--x',), 'flag', 'x', ('rnu',))", "the verb 'rnu', which does not exist"),
        ("return runner.Option(('--x',), 'flag', 'x', ())", "its option --x: no verb takes it"),
        ("return '--x'", "runner_options returned str, which is no Option"),
        ("return 1 / 0", "bad.py:4 (in runner_options) raised ZeroDivisionError"),
        (
            "return runner.Option(('--select',), 'flag', 'x')",
            "adds the option --select, which runner has already",
        ),
        (
            "return runner.Option(('-h', '--hold'), 'flag', 'x')",
            "adds the option -h, which runner has already",
        ),
        ("return (runner.Option(('--x',), 'flag', 'x'),) * 2", "it adds the option --x twice"),
        (
            "return runner.Option(('--name',), 'flag', 'x')",
            "RUNNER_NAME, which GitHub's runner sets in every job",
        ),
        (
            "return runner.Option(('--root',), 'flag', 'x')",
            "RUNNER_ROOT, which runner uses for something else",
        ),
    ],
)
def test_an_option_that_cannot_be_is_refused(project: Project, body: str, says: str) -> None:
    project.config(f'plugins = ["./bad.py"]\n{CHECK}')
    project.file("bad.py", f"import runner\n@runner.hookimpl\ndef runner_options():\n    {body}\n")
    project.run("list").assert_exit(2).assert_said("error: plugin bad: ", says)
    project.run("list", "--no-plugin", "bad").assert_exit(0)


@pytest.mark.parametrize(
    ("name", "body", "argv", "says"),
    [
        ("'list'", "return 0", ["list"], "it adds the verb list, which runner has already"),
        ("'My Verb'", "return 0", ["list"], "'My Verb' cannot be the name of a verb"),
        ("'mine'", "return 'x'", ["mine"], "its verb 'mine' returned 'x', expected an exit code"),
        ("'mine'", "return False", ["mine"], "its verb 'mine' returned False, expected an exit code"),
        ("'mine'", "return 1 / 0", ["mine"], "bad.py:6 (in run) raised ZeroDivisionError"),
        ("'mine'", "raise runner.UsageError('no such thing')", ["mine"], "error: no such thing"),
    ],
)
def test_a_verb_that_cannot_be_or_fails_is_told(
    project: Project, name: str, body: str, argv: list[str], says: str
) -> None:
    project.config(f'plugins = ["./bad.py"]\n{CHECK}')
    verb = f"class Mine:\n    name = {name}\n    help = ''\n    def run(self, request):\n        {body}\n"
    project.file("bad.py", f"import runner\n{verb}@runner.hookimpl\ndef runner_commands(): return Mine()\n")
    project.run(*argv).assert_exit(2).assert_said(says)


def test_two_plugins_with_one_option_or_verb_are_both_named(project: Project) -> None:
    project.config(f'plugins = ["./one.py", "./two.py"]\n{CHECK}')
    project.write({"one.py": ADDS, "two.py": ADDS.replace("--", "--x-")})
    project.run("list").assert_exit(2).assert_said(
        "both add the verb spend", "--no-plugin one, or --no-plugin two"
    )
    project.file("two.py", ADDS.replace("spend", "waste"))
    project.run("list").assert_exit(2).assert_said("both add the option -b")
    project.run("waste", "--no-plugin", "one").assert_exit(7)


def test_a_plugin_that_cannot_be_loaded_is_told_with_the_word_it_may_know(project: Project) -> None:
    project.config(f'plugins = ["./adds.py"]\n{CHECK}')
    project.file("adds.py", "1 / 0")
    outcome = project.run("--budget", "3").assert_exit(2)
    outcome.assert_said(
        "error: '--budget' is not an option", "plugin './adds.py' raised while it was imported"
    )


def test_an_installed_plugin_serves_what_nobody_else_knows(project: Project, install: Install) -> None:
    install("adds_more", ADDS, version="2.5")
    install("brings_bare", PROVIDES)
    install("broken_one", "1 / 0")
    install("no_module", "", value="no_module:thing")
    project.config(CHECK + '[sessions.bare]\nbackend = "bare"\npackage = "none"\ncommands = []\n')
    outcome = project.run("-b3").assert_exit(0).assert_cells({"check": "passed", "bare": "passed"})
    outcome.assert_said("spent {'budget': '3',")
    assert "spent" not in project.run().assert_exit(0).stdout
    assert project.run("spend", "x", cwd=project.folder).assert_exit(7).stdout == (
        "(('x',), (), {'budget': None, 'on_what': (), 'thrifty': False}, True)\n"
    )
    assert "  spend     spend the budget\n" in project.run("spend", "--help").assert_exit(0).stdout
    missing = project.run("--bugdet", "3").assert_exit(2)
    missing.assert_said(
        "error: '--bugdet' is not an option or verb of runner",
        "error: plugin broken_one (of dist-broken_one 1.0) is installed, but raised while it was imported",
        "plugin no_module (of dist-no_module 1.0) is installed, but its entry point names no_module:thing",
    )
    project.run("--no-plugin", "adds_more", "-b", "3").assert_exit(2).assert_said("'-b' is not an option")
    project.run("list", "--no-plugin", "add_more").assert_exit(2).assert_said("did you mean adds_more?")
    project.config('[sessions.x]\nbackend = "bear"\n')
    project.run("list").assert_exit(2).assert_said('no backend is called "bear"', "plugin broken_one (of")


def test_an_installed_plugin_reads_a_config_format_that_nobody_reads(
    project: Project, install: Install
) -> None:
    install(
        "reads_tox",
        """
        import runner
        @runner.hookimpl
        def runner_load_config(request):
            raise runner.ConfigError(f"{request.shown}: read by reads_tox")
        """,
    )
    project.file("tox.ini", "[tox]\nskipsdist = true\n")
    project.run("list").assert_exit(0)
    project.run("list", "--no-plugin", "tox").assert_exit(2).assert_said("error: tox.ini: read by reads_tox")
    none = project.run("list", "--no-plugin", "tox", "--no-plugin", "reads_tox").assert_exit(2)
    none.assert_said("no plugin provides the config format 'tox.ini'", "switched off: reads_tox, tox")


def test_plugins_tells_what_is_active_and_what_is_only_installed(project: Project, install: Install) -> None:
    install("adds_more", ADDS, version="2.5")
    install("brings_bare", PROVIDES)
    project.config(f'plugins = ["adds_more"]\n{CHECK}')
    found = listed(project.run("plugins", "--format", "json"))
    adds, bare = found["adds_more"], found["brings_bare"]
    assert (adds["source"], adds["version"], adds["active"]) == ("module", "2.5", True)
    assert adds["hooks"] == ["runner_commands", "runner_finish", "runner_options"]
    assert (bare["source"], bare["version"], bare["active"]) == ("installed", "1.0", False)
    assert "brings_bare" not in sys.modules
    project.run("plugins").assert_said("brings_bare installed 1.0 (not active) dist-brings_bare")
    assert "brings_bare" not in project.run("plugins", "--no-plugin", "brings_bare").assert_exit(0).stdout
    off = project.run("plugins", "--no-plugin", "terminal", "--format", "json")
    assert "terminal" not in listed(off)
    project.run("spend").assert_exit(7)


def test_an_installed_plugin_that_the_config_uses_is_active(project: Project, install: Install) -> None:
    install("brings_bare", PROVIDES)
    text = '[sessions.x]\nbackend = "bare"\npackage = "none"\ncommands = []\n'
    project.config(text)
    used = listed(project.run("plugins", "--format", "json"))["brings_bare"]
    assert (used["source"], used["version"], used["active"]) == ("installed", "1.0", True)
    assert used["hooks"] == ["runner_backend"]
    off = project.run("list", "--no-plugin", "brings_bare").assert_exit(2)
    off.assert_said(
        'no backend is called "bare"', "install that beside runner", "--no-plugin switched off: brings_bare"
    )
    project.config(f"{text}colour = 1\n")
    told = project.run("plugins").assert_exit(0)
    told.assert_said("note: not all of the config can be read", "x.colour: unknown key")


@pytest.mark.parametrize("names", ['"./adds.py", "adds.py", "x/../adds.py"', '"adds", "./adds.py", "adds"'])
def test_a_plugin_that_is_named_twice_is_there_once(
    project: Project, monkeypatch: pytest.MonkeyPatch, names: str
) -> None:
    monkeypatch.syspath_prepend(project.root)
    project.file("x/none", "")
    project.file("adds.py", ADDS)
    project.config(f"plugins = [{names}]\n{CHECK}")
    assert project.run("-b3").assert_exit(0).stderr.count("spent") <= 1
    assert "adds" in listed(project.run("plugins", "--format", "json"))


def test_two_installed_plugins_that_provide_one_thing_are_both_named(
    project: Project, install: Install
) -> None:
    install("bare_one", PROVIDES)
    install("bare_two", PROVIDES)
    project.config('[sessions.x]\nbackend = "bare"\npackage = "none"\ncommands = []\n')
    outcome = project.run("list").assert_exit(2)
    outcome.assert_said(
        "error: plugins bare_one (of dist-bare_one 1.0) and bare_two (of dist-bare_two 1.0)",
        "both provide the backend 'bare'",
        "switch one off: --no-plugin bare_one, or --no-plugin bare_two",
    )
    project.run("--no-plugin", "bare_two").assert_exit(0)


def test_all_that_is_told_arrives_as_a_process(project: Project) -> None:
    project.config(f'plugins = ["./adds.py"]\n{CHECK}')
    project.file("adds.py", ADDS.replace("return 7", "raise runner.UsageError('no money')"))
    told = project.run_process("spend").assert_exit(2)
    assert told.stdout.startswith("((), (), {'budget': None")
    assert told.stderr == "imported\nnoise\nerror: no money\n"
    project.config(CHECK)
    unknown = project.run_process("--slect", env={"PYTHONUNBUFFERED": "1"}).assert_exit(2).stderr
    assert unknown == "error: '--slect' is not an option or verb of runner\n    did you mean --select?\n"


def test_nothing_is_scanned_where_every_name_is_known(project: Project) -> None:
    project.config(f'plugins = ["./adds.py"]\n{CHECK}')
    project.file("adds.py", ADDS)
    modules = "import sys\nfrom runner.cli.main import main\ncode = main(sys.argv[1:])\n"
    modules += "assert not {'importlib.metadata', 'packaging'} & set(sys.modules)\nsys.exit(code)"
    for argv in (["list"], ["--help"], ["list", "--no-plugin", "adds"]):
        project.run_process(*argv, program=(sys.executable, "-c", modules)).assert_exit(0)


@pytest.mark.parametrize("pip", [True, False])
def test_what_the_config_asks_for_is_told_before_it_is_missed(
    project: Project, install: Install, monkeypatch: pytest.MonkeyPatch, *, pip: bool
) -> None:
    there_is = importlib.util.module_from_spec(importlib.machinery.ModuleSpec("pip", None))
    monkeypatch.setitem(sys.modules, "pip", there_is if pip else None)
    install("old_one", PROVIDES, version="1.0")
    project.config(
        """
        requires-runner = ">=99"
        requires-plugins = [
            "dist-old-one >=2",
            "not-for-this-python; python_version < '3'",
            "Dist.Old_One>=0.9",
            "never-there[x]>=1; python_version > '3'",
        ]
        plugins = ["never_there"]
        """
        + CHECK
    )
    outcome = project.run("list").assert_exit(2)
    first, second, third, *commands = outcome.stderr.splitlines()
    assert first.startswith(
        "error: runner.toml:1: requires-runner: this file is for runner >=99; installed is"
    )
    assert second.startswith(
        "error: runner.toml:3: requires-plugins[0]: requires dist-old-one >=2; installed"
    )
    assert third.endswith(
        "requires never-there[x]>=1; python_version > '3'; never-there is not installed beside runner"
    )
    install_, once = (command.strip() for command in commands)
    there = "\"never-there[x]>=1; python_version > '3'\""
    installer = f"{sys.executable} -m pip install" if pip else f"uv pip install --python {sys.executable}"
    assert shlex.split(install_) == shlex.split(
        f"to install: {installer} 'matrix-runner>=99' 'dist-old-one >=2' {there}"
    )
    assert shlex.split(once) == shlex.split(
        "to run once: uvx --from 'matrix-runner>=99' --with 'dist-old-one >=2' --with \"not-for-this-python; "
        f"python_version < '3'\" --with 'Dist.Old_One>=0.9' --with {there} runner"
    )


def test_in_a_tool_environment_of_uv_the_tool_is_installed_anew_with_all_that_is_asked_for(
    project: Project, install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("old_one", PROVIDES)
    (tmp_path / "uv-receipt.toml").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    project.config(f'requires-plugins = ["dist-old-one", "never-there>=1"]\n{CHECK}')
    project.run("list").assert_exit(2).assert_said(
        "to install: uv tool install matrix-runner --with dist-old-one --with 'never-there>=1'"
    )


@pytest.mark.parametrize(
    ("hook", "what"),
    [
        ("session_type", "session type 'python'"),
        ("backend", "backend 'virtualenv'"),
    ],
)
def test_a_plugin_does_not_take_the_place_of_a_built_in(project: Project, hook: str, what: str) -> None:
    project.config(f'plugins = ["./usurper.py"]\n{CHECK}')
    project.file(
        "usurper.py",
        f"""
        import runner
        class Mine:
            name = "x"
            keys = runner.NoKeys
            defaults = {{}}
            def create(self, spec, folder, stop): ...
            def describe(self): ...
            def steps(self, cell, keys): ...
        @runner.hookimpl
        def runner_{hook}(name): return Mine()
        """,
    )
    built_in = "python" if hook == "session_type" else "environments"
    project.run().assert_exit(2).assert_said(f"plugins {built_in} and usurper both provide the {what}")
    if hook == "session_type":
        project.run("list", "--no-plugin", "python").assert_exit(2).assert_said(
            "plugin usurper: its session type"
        )


def test_a_slow_plugin_is_told_while_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.cli.main.PATIENCE", 0.0)
    project.config('plugins = ["./slow.py"]\n[sessions.check]\ntype = "slow"\npackage = "none"\n')
    project.file(
        "slow.py",
        """
        import runner, sys, time

        def until_it_is_told(what):
            for _ in range(6000):
                if f"{what} has been" in sys.stderr.getvalue():
                    return
                time.sleep(0.01)
            raise AssertionError(f"nobody told of {what}")

        class Slow:
            name = "slow"
            keys = runner.NoKeys
            defaults = {}
            def steps(self, cell, keys):
                until_it_is_told("its session type 'slow'")
                return runner.Steps()

        @runner.hookimpl
        def runner_session_type(name):
            return Slow() if name == "slow" else None

        @runner.hookimpl
        def runner_options():
            until_it_is_told("runner_options")
        """,
    )
    told = project.run("list").assert_exit(0).stderr
    assert "warning: plugin slow: runner_options has been running for 0 s\n" in told
    assert "warning: plugin slow: its session type 'slow' has been running for 0 s\n" in told
