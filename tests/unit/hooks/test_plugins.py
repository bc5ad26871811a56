"""Plugins named in a config: what is loaded, what is refused, and whose fault it is when one raises."""

from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

import runner
from runner.hooks.manager import Plugins
from runner.model.config import Config, PluginRef
from runner.model.errors import ConfigError, PluginError, UsageError
from runner.model.options import Options
from runner.model.plan import Host
from runner.model.request import ConfigRequest
from runner.model.results import Finish, RunResult
from runner.model.text import Origin

OPTIONS = Options(root="/nowhere", run_folder="/nowhere/run")
RESULT = RunResult(id="r", outcome="passed", exit_code=0, started=0.0, duration=1.0, cells=())
ORIGIN = Origin("runner.toml", 3, "plugins[0]")


class Heard(list[str]):
    """Remembers what was complained of."""

    def __call__(self, message: str, error: BaseException | None = None) -> None:
        assert (error is None) == ("raised" not in message)
        self.append(message)


def unheard(message: str, error: BaseException | None = None) -> None:
    pytest.fail(f"{message}: {error}")


def load(folder: Path, text: str, *, off: tuple[str, ...] = (), name: str = "mine.py") -> Plugins:
    (folder / "mine.py").write_text(text)
    plugins = Plugins(switched_off=off)
    plugins.load((PluginRef(name, ORIGIN),), folder)
    return plugins


def refusal(folder: Path, text: str, *, name: str = "mine.py") -> str:
    with pytest.raises(PluginError) as caught:
        load(folder, text, name=name)
    return str(caught.value)


FINISH = """
import runner
__version__ = "3.1"
@runner.hookimpl
def runner_finish(result):
    return runner.Finish(lines=(f"seen {result.outcome}",), exit_code=1)
"""


def test_a_file_is_a_plugin(tmp_path: Path) -> None:
    plugins = load(tmp_path, FINISH)
    (info,) = plugins.infos()
    assert (info.name, info.source, info.version, info.hooks) == ("mine", "file", "3.1", ("runner_finish",))
    assert plugins.finish(RESULT, OPTIONS, unheard) == (
        ("mine", Finish(lines=("seen passed",), exit_code=1)),
    )


def test_a_module_is_a_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "importable_plugin.py").write_text(FINISH)
    monkeypatch.syspath_prepend(tmp_path)
    plugins = Plugins()
    plugins.load((PluginRef("importable_plugin", ORIGIN),) * 2, tmp_path)
    assert [(info.name, info.source) for info in plugins.infos()] == [("importable_plugin", "module")]


def test_a_plugin_can_be_switched_off(tmp_path: Path) -> None:
    assert load(tmp_path, FINISH, off=("mine",)).infos() == ()


def test_switching_off_what_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as caught:
        load(tmp_path, FINISH, off=("mien",))
    assert str(caught.value) == "--no-plugin mien: there is no such plugin\n    did you mean mine?"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1 / 0", "raised while it was imported (line 1): ZeroDivisionError: division by zero"),
        ("import nowhere_to_be_found", "raised while it was imported (line 1): ModuleNotFoundError"),
        ("def helper(): pass", "fills no hook"),
        ("import sys\nsys.exit(0)", "raised while it was imported (line 2): SystemExit: 0"),
        (
            "import runner\n@runner.hookimpl(wrapper=True)\ndef runner_finish(result): return (yield)",
            "wraps runner_finish: each plugin is asked alone",
        ),
        (
            "def runner_finish(result): pass",
            "defines runner_finish without marking it\n    put @runner.hookimpl",
        ),
        (
            "import runner\n@runner.hookimpl\ndef runner_finnish(result): pass",
            "fills a hook that does not exist: runner_finnish\n    did you mean runner_finish?",
        ),
        (
            "import runner\n@runner.hookimpl\ndef runner_finish(resul, new=None, *rest): pass",
            "wants an argument that runner_finish does not give: resul\n    did you mean result?",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    message = refusal(tmp_path, text)
    assert message.startswith("runner.toml:3: plugins[0]: plugin 'mine.py' ")
    assert says in message


def test_a_missing_file_and_a_missing_module_are_named(tmp_path: Path) -> None:
    assert "there is no file" in refusal(tmp_path, "", name="./other.py")
    missing = refusal(tmp_path, "", name="no_such_plugin_module")
    assert "there is no such module in the environment of runner" in missing


def test_two_plugins_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in ("a", "b"):
        (tmp_path / folder / "mine.py").write_text(FINISH)
    with pytest.raises(PluginError, match="has the name of another plugin: mine"):
        Plugins().load((PluginRef("a/mine.py", ORIGIN), PluginRef("b/mine.py", ORIGIN)), tmp_path)


def test_one_that_raises_is_named_and_the_others_are_heard(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(FINISH)
    (tmp_path / "bad.py").write_text(FINISH.replace("return", "raise ValueError('boom')\n    return"))
    (tmp_path / "odd.py").write_text(FINISH.replace("return runner.Finish", "return dict"))
    plugins = Plugins()
    plugins.load(tuple(PluginRef(f"{name}.py", ORIGIN) for name in ("good", "bad", "odd")), tmp_path)
    warnings = Heard()
    assert len(plugins.finish(RESULT, OPTIONS, warnings)) == 1
    assert warnings == [
        "plugin odd: runner_finish returned dict, which is no Finish",
        f"plugin bad: {tmp_path.name}/bad.py:6 (in runner_finish) raised ValueError: boom",
    ]


def test_a_backend_hook_that_raises_ends_the_program_with_its_name(tmp_path: Path) -> None:
    plugins = load(tmp_path, "import runner\n@runner.hookimpl\ndef runner_backend(name): return 1 / 0")
    with pytest.raises(
        PluginError, match=r"plugin mine: .*/mine.py:3 \(in runner_backend\) raised ZeroDivisionError"
    ):
        plugins.backend("x")


@pytest.mark.parametrize(("how", "kind"), [("", "str"), ("async ", "coroutine")])
def test_a_backend_hook_that_answers_nonsense_is_named(tmp_path: Path, how: str, kind: str) -> None:
    plugins = load(tmp_path, f"import runner\n@runner.hookimpl\n{how}def runner_backend(name): return 'x'")
    with pytest.raises(
        PluginError, match=f"plugin mine: runner_backend returned {kind}, which is no Backend"
    ):
        plugins.backend("x")


@pytest.mark.parametrize(
    ("hook", "body", "says"),
    [
        ("runner_backend(name)", "raise SystemExit(0)", "raised SystemExit: 0"),
        (
            "runner_backend(name)",
            "return type('Mine', (), {})",
            "returned the class Mine, expected an instance",
        ),
        ("runner_session_type(name)", "raise SystemExit(0)", "raised SystemExit: 0"),
    ],
)
def test_an_answer_that_ends_the_program_or_is_none_is_refused(
    tmp_path: Path, hook: str, body: str, says: str
) -> None:
    plugins = load(tmp_path, f"import runner\n@runner.hookimpl\ndef {hook}: {body}")
    with pytest.raises(PluginError, match=says):
        (plugins.backend if "backend" in hook else plugins.session_type)("x")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise SystemExit(0)", "raised SystemExit: 0"),
        ("return runner.Finish(exit_code='1')", "cannot be used: Expected `int`, got `str`"),
        ("return runner.Finish(exit_code=256)", "cannot be used: Expected `int` <= 255"),
        ("return runner.Finish(exit_code=-1)", "cannot be used: Expected `int` >= 0"),
        ("return runner.Finish(lines='text')", "cannot be used: Expected `array`, got `str`"),
        ("return runner.Finish(lines=(1,))", "cannot be used: Expected `str`, got `int`"),
        ("return runner.Finish", "returned the class Finish, expected an instance of it"),
    ],
)
def test_last_words_that_cannot_be_used_are_named_and_not_heard(tmp_path: Path, body: str, says: str) -> None:
    plugins = load(tmp_path, f"import runner\n@runner.hookimpl\ndef runner_finish(result): {body}")
    warnings = Heard()
    assert plugins.finish(RESULT, OPTIONS, warnings) == ()
    (warning,) = warnings
    assert warning.startswith("plugin mine: ")
    assert says in warning


def test_a_plugin_in_a_file_may_declare_what_looks_up_its_module(tmp_path: Path) -> None:
    text = "from __future__ import annotations\nimport dataclasses\nimport typing\n"
    text += "@dataclasses.dataclass\nclass Fact:\n    kind: typing.ClassVar[str]\n    name: str = ''\n"
    assert len(load(tmp_path, text + FINISH).infos()) == 1


def test_a_hook_may_be_named_by_its_mark(tmp_path: Path) -> None:
    text = "import runner\n@runner.hookimpl(specname='runner_finish')\ndef last_words(result): return None"
    assert load(tmp_path, text).infos()[0].hooks == ("runner_finish",)


def test_what_is_missing_says_what_was_switched_off() -> None:
    said = str(Plugins(switched_off=("environments",)).missing("backend", "venv"))
    assert said == "no plugin provides the backend 'venv'\n    --no-plugin switched off: environments"


def test_errors_for_the_user_pass_through(tmp_path: Path) -> None:
    text = """
import runner
from runner.model.errors import UsageError
@runner.hookimpl
def runner_reporter(options, stream):
    raise UsageError("no such folder")
"""
    with pytest.raises(UsageError, match="no such folder"):
        load(tmp_path, text).reporters(OPTIONS, StringIO(), unheard)


def test_the_public_names_are_there() -> None:
    for name in runner.__all__:
        assert getattr(getattr(runner, name), "__name__", "hookimpl") == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = runner.nonsense


REQUEST = ConfigRequest(
    kind="tox.ini",
    file="/p/tox.ini",
    shown="tox.ini",
    text="",
    document=None,
    lines={},
    cwd="/p",
    select=None,
    posargs=None,
    environ={},
    host=Host(platform="linux", python="3.12", executable="/usr/bin/python3.12", cpus=1, ci=False),
    tty=False,
    hash_seed=1,
)


def reader(body: str) -> str:
    return (
        "import runner\nfrom runner.model.config import Config\nfrom runner.model.errors import ConfigError\n"
        f"@runner.hookimpl\ndef runner_load_config(request):\n    {body}\n"
    )


def test_the_first_plugin_that_knows_a_config_format_reads_it(tmp_path: Path) -> None:
    class Late:
        @runner.hookimpl
        def runner_load_config(self) -> Config:
            return Config(file="late", root="/", sessions=())

    plugins = Plugins()
    plugins.add_built_in("late", Late())
    read = "return Config(file=request.file, root='/p', sessions=()) if request.kind == 'tox.ini' else None"
    (tmp_path / "mine.py").write_text(reader(read))
    plugins.load((PluginRef("mine.py", ORIGIN),), tmp_path)
    assert plugins.load_config(REQUEST) == Config(file="/p/tox.ini", root="/p", sessions=())
    other = plugins.load_config(replace(REQUEST, kind="tox.toml"))
    assert other is not None
    assert other.file == "late"
    assert Plugins().load_config(REQUEST) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('odd')", "raised ValueError: odd"),
        ("return {}", "runner_load_config returned dict, which is no Config"),
    ],
)
def test_a_reader_of_configs_that_fails_is_named(tmp_path: Path, body: str, message: str) -> None:
    plugins = load(tmp_path, reader(body))
    with pytest.raises(PluginError) as caught:
        plugins.load_config(REQUEST)
    assert str(caught.value).startswith("plugin mine: ")
    assert str(caught.value).endswith(message)


def test_what_a_reader_says_of_the_file_passes(tmp_path: Path) -> None:
    plugins = load(tmp_path, reader("raise ConfigError('tox.ini:3: no')"))
    with pytest.raises(ConfigError, match=r"^tox.ini:3: no$"):
        plugins.load_config(REQUEST)


def test_a_bug_in_a_reader_of_runners_own_is_no_mistake_of_a_plugin() -> None:
    class Broken:
        @runner.hookimpl
        def runner_load_config(self) -> Config:
            raise KeyError("deps")

    plugins = Plugins()
    plugins.add_built_in("broken", Broken())
    with pytest.raises(KeyError):
        plugins.load_config(REQUEST)
