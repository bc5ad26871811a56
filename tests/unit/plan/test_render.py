import msgspec
import pytest
from tests.unit.plan.builders import command, config, match, origin, place, plan, ready, session, text, when

from runner.model.config import Package
from runner.model.errors import ConfigError, UsageError
from runner.model.plugins import NoKeys
from runner.model.text import Template
from runner.plan import PythonType, render, render_cells, render_package


def argvs(*commands: object, **given: object) -> list[tuple[str, ...]]:
    made = config(session("t", python=["3.11"], settings={"commands": list(commands)}))
    return [command.argv for command in ready(made, **given)["t-py311"].steps.commands]


def test_every_name_is_filled_in() -> None:
    made = session(
        "t",
        python=["3.13t"],
        matrix={"django": {"d4": {"value": ">=4.2,<5"}}},
        settings={
            "commands": [
                ["{django}", "{python}", "{py}", "{cell}", "{session}", "{root}", "{env-dir}", "{tmp}"]
            ]
        },
    )
    cell = ready(config(made))["t-py313t-d4"]
    assert cell.steps.commands[0].argv == (
        ">=4.2,<5",
        "3.13t",
        "py313t",
        "t-py313t-d4",
        "t",
        "/project",
        "/project/.runner/envs/t-py313t-d4",
        "/project/.runner/envs/t-py313t-d4/tmp",
    )
    assert (cell.env_dir, cell.tmp) == cell.steps.commands[0].argv[-2:]


def test_python_of_a_session_that_asks_for_none_is_that_of_runner() -> None:
    made = config(session("t", settings={"commands": ["{python} {py}"]}))
    assert ready(made)["t"].steps.commands[0].argv == ("3.12", "py312")


def test_posargs_become_none_or_many_arguments() -> None:
    line = "pytest {posargs} -q"
    assert argvs(line) == [("pytest", "-q")]
    assert argvs(line, posargs=()) == [("pytest", "-q")]
    assert argvs(line, posargs=("-k", "a b", "{root}")) == [("pytest", "-k", "a b", "{root}", "-q")]
    assert argvs(["pytest", "{posargs}"], posargs=("x", "y")) == [("pytest", "x", "y")]


def test_the_default_of_posargs_serves_only_without_dashes() -> None:
    line = """pytest {posargs:tests "two words" {root}/x}"""
    assert argvs(line) == [("pytest", "tests", "two words", "/project/x")]
    assert argvs(line, posargs=()) == [("pytest",)]
    assert argvs(["pytest", "{posargs:a b}"]) == [("pytest", "a", "b")]


def test_posargs_that_nobody_takes_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no selected command takes the arguments after --: -k x"):
        argvs("pytest", posargs=("-k", "x"))
    assert argvs("pytest", posargs=()) == [("pytest",)]
    made = config(
        session("a", settings={"commands": ["x"]}), session("b", settings={"teardown": ["y {posargs}"]})
    )
    assert ready(made, posargs=("z",))["b"].steps.teardown[0].argv == ("y", "z")
    cells = plan(made).chosen_cells()
    assert len(render_cells(made, cells[:1], place(posargs=("z",)))) == 1, "the config verb does not care"


def test_a_command_that_posargs_leave_empty_is_told() -> None:
    assert argvs("{posargs}", posargs=("ls", "-l")) == [("ls", "-l")]
    assert argvs("{posargs:ls}") == [("ls",)]
    with pytest.raises(ConfigError, match="commands: the command is empty: there are no posargs"):
        argvs("{posargs}")


def test_all_missing_variables_are_told_at_once_and_only_for_chosen_cells() -> None:
    made = config(
        session("a", python=["3.11", "3.12"], settings={"deps": ["{env:ONE}"], "commands": ["x {env:TWO}"]}),
        session("b", settings={"deps": ["{env:THREE}"]}),
    )
    asked = plan(made, select=["a"])
    with pytest.raises(ConfigError) as caught:
        render(made, asked, place())
    assert [problem.message for problem in caught.value.problems] == [
        "the variable ONE is not set",
        "the variable TWO is not set",
    ]
    assert "^^^^^^^^^" in str(caught.value)
    assert len(render(made, asked, place(environ={"ONE": "1", "TWO": "2"}))) == 2


def test_cells_come_in_starting_order() -> None:
    made = config(session("a", needs=["c"]), session("b"), session("c"))
    asked = plan(made, durations={"b": 5})
    assert [cell.id for cell in render(made, asked, place())] == list(asked.chosen)


def test_settings_are_rendered_by_type() -> None:
    made = session(
        "t",
        matrix={"db": ["pg"]},
        settings={
            "deps": ["{db}>=1", "-r req-{db}.txt"],
            "env": {"URL": "{db}://", "GONE": False},
            "pass-env": ["{db}_*"],
            "cwd": "sub/{db}",
            "limits": ["{db}"],
            "junit": "{db}/*.xml",
            "timeout": 5.0,
        },
    )
    settings = ready(config(made))["t-pg"].settings
    assert settings.deps == ("pg>=1", "-r req-pg.txt")
    assert settings.env == {"URL": "pg://", "GONE": False}
    assert (settings.pass_env, settings.cwd, settings.limits) == (("pg_*",), "sub/pg", ("pg",))
    assert (settings.junit, settings.timeout, settings.link_mode) == ("pg/*.xml", 5.0, None)


def test_the_environment_is_all_that_decides_what_is_in_it() -> None:
    made = session(
        "t",
        python=["3.11"],
        settings={
            "deps": ["a"],
            "constraints": ["b<2"],
            "groups": ["g"],
            "extras": ["e"],
            "seed": ["pip"],
            "package": "editable",
            "package-file": "dist/{py}.whl",
            "link-mode": "copy",
            "prerelease": True,
        },
    )
    spec = ready(config(made, exclude_newer="2024-01-01"))["t-py311"].spec
    assert msgspec.to_builtins(spec) == {
        "root": "/project",
        "cell": "t-py311",
        "folder": "/project/.runner/envs/t-py311",
        "backend": "virtualenv",
        "installer": "uv",
        "python": msgspec.to_builtins(spec.python),
        "interpreter": None,
        "seed": ("pip",),
        "requirements": ("a",),
        "constraints": ("b<2",),
        "groups": ("g",),
        "extras": ("e",),
        "package": "editable",
        "package_file": "dist/py311.whl",
        "lock_from": None,
        "resolution": "highest",
        "prerelease": True,
        "exclude_newer": "2024-01-01",
        "link_mode": "copy",
        "system_site_packages": False,
        "keys": {},
        "backend_lock": None,
        "fixed": (),
        "cache": "",
        "offline": False,
        "look": False,
    }
    assert spec.python.version == (3, 11)


def test_a_backend_that_turns_out_to_be_none_installs_nothing() -> None:
    made = session("t", settings={"backend": "{env:BACKEND}", "deps": ["a"], "package": "wheel"})
    spec = ready(config(made), environ={"BACKEND": "none"})["t"].spec
    assert (spec.backend, spec.requirements, spec.package) == ("none", (), "none")


def test_words_are_checked_once_filled_in() -> None:
    made = session("t", settings={"installer": "{env:INSTALLER:uv}"})
    assert ready(config(made))["t"].spec.installer == "uv"
    with pytest.raises(ConfigError) as caught:
        ready(config(made), environ={"INSTALLER": "conda"})
    assert "runner.toml:1: text: installer is 'conda'" in str(caught.value)
    assert "expected one of: uv, pip" in str(caught.value)


def test_commands_run_below_root_with_their_own_settings() -> None:
    one = msgspec.structs.replace(
        command("x"),
        cwd=text("../{session}"),
        env={"A": text("{session}"), "B": False},
        ok_codes=(0, 5),
        timeout=3.0,
        retries=2,
        ignore_failure=True,
        allow_external=(text("git"),),
    )
    made = session("t", settings={"commands": [one, "y"], "cwd": "sub/.", "allow-external": ["make"]})
    first, second = ready(config(made))["t"].steps.commands
    assert (first.cwd, second.cwd) == ("/t", "/project/sub")
    assert first.env == {"A": "t", "B": None}
    assert (first.ok_codes, first.timeout, first.retries, first.ignore_failure) == ((0, 5), 3.0, 2, True)
    assert (first.allow_external, second.allow_external) == (("make", "git"), ("make",))


def test_a_copy_of_the_source_is_root_but_not_for_what_serves_before_it_exists() -> None:
    settings = {
        "source": "copy",
        "commands": ["x {root}"],
        "deps": ["-r {root}/req.txt"],
        "env": {"R": "{root}"},
    }
    cell = ready(config(session("t", settings=settings)))["t"]
    copy = "/project/.runner/envs/t/source"
    assert (cell.root, cell.spec.root) == (copy, "/project")
    assert (cell.steps.commands[0].argv, cell.steps.commands[0].cwd) == (("x", copy), copy)
    assert (cell.variables["RUNNER_ROOT"], cell.variables["R"]) == (copy, copy)
    assert cell.spec.requirements == ("-r /project/req.txt",)


def test_cells_of_literal_settings_share_them() -> None:
    made = session("t", matrix={"n": ["1", "2"]}, settings={"deps": ["x"]})
    one, two = ready(config(made)).values()
    assert one.settings is two.settings


def test_the_built_in_type_takes_the_commands_of_the_config() -> None:
    (cell,) = plan(config(session("t", settings={"commands": ["x"]}))).cells
    assert PythonType().steps(cell, NoKeys()) is cell.steps


def test_the_package_sees_the_pass_list_and_its_own_variables() -> None:
    package = Package(
        root="lib",
        env={"R": text("{root}"), "HOME": False, "V": text("{env:V:1}")},
        pass_env=(text("SOURCE_*"),),
    )
    made = config(session("t"), package=package)
    environ = {"PATH": "/bin", "HOME": "/home/me", "SOURCE_DATE_EPOCH": "0", "OTHER": "x"}
    spec = render_package(made, place(environ=environ), "/dist/a.whl")
    assert (spec.root, spec.given, spec.config) == ("/project/lib", "/dist/a.whl", package)
    assert spec.environ == {"PATH": "/bin", "SOURCE_DATE_EPOCH": "0", "R": "/project", "V": "1"}
    missing = config(session("t"), package=Package(env={"A": text("{env:A}")}))
    with pytest.raises(ConfigError, match="the variable A is not set"):
        render_package(missing, place(), None)


def test_what_only_some_cells_set_is_rendered_for_these() -> None:
    made = session("t", matrix={"n": ["1", "2"]}, when=(when(match(n="2"), {"env": {"N": "{n}"}}),))
    found = ready(config(made))
    assert "N" not in found["t-n1"].variables
    assert found["t-n2"].variables["N"] == "2"


def test_a_wrong_word_of_many_cells_is_told_once() -> None:
    made = config(
        session("t", matrix={"n": ["1", "2", "3"]}, settings={"installer": "{env:I}", "cwd": "{n}"})
    )
    with pytest.raises(ConfigError) as caught:
        ready(made, environ={"I": "conda"})
    assert len(caught.value.problems) == 1


def test_posargs_that_nobody_takes_are_shown_as_a_shell_takes_them() -> None:
    with pytest.raises(UsageError, match=r"after --: -k 'a b'"):
        argvs("pytest", posargs=("-k", "a b"))


def test_cells_share_settings_whose_text_has_no_braces() -> None:
    made = session("t", matrix={"n": ["1", "2"]}, settings={"junit": Template("out.xml", origin("junit"))})
    one, two = ready(config(made)).values()
    assert one.settings is two.settings
