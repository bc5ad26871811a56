"""The verbs that show and tidy up, and the selectors that they share with a run."""

import json

import jsonschema
import pytest

from runner.testing import Project


@pytest.fixture
def shop(project: Project) -> Project:
    project.config(
        """
        default = ["tests", "lint", "coverage"]
        [defaults]
        package = "none"
        [sessions.tests]
        description = "The suite"
        python = ["3.11", "3.12"]
        tags = ["slow"]
        deps = ["pytest", "django~={django}.0"]
        env = { API_TOKEN = "hush", PLAIN = "seen" }
        commands = ["pytest {posargs:tests}"]
        [sessions.tests.matrix]
        django = ["4.2", "5.2"]
        db.sqlite = {}
        db.postgres = { extra-deps = ["psycopg"] }
        [sessions.lint]
        commands = ["ruff check"]
        [sessions.coverage]
        needs = ["tests"]
        commands = ["coverage report"]
        [sessions.release]
        commands = ["twine upload"]
        """
    )
    return project


def ids(project: Project, *argv: str) -> set[str]:
    listed = json.loads(project.run("list", "--format", "json", *argv).assert_exit(0).stdout)
    return {cell["id"] for cell in listed["cells"]}


TESTS = {
    f"tests-{python}-django{django}-{db}"
    for python in ("py311", "py312")
    for django in ("4.2", "5.2")
    for db in ("sqlite", "postgres")
}


def test_list_shows_every_cell_and_marks_what_a_bare_run_runs(shop: Project) -> None:
    listed = json.loads(shop.run("list", "--format", "json").assert_exit(0).stdout)["cells"]
    assert {cell["id"] for cell in listed} == TESTS | {"lint", "coverage", "release"}
    assert {cell["id"] for cell in listed if not cell["default"]} == {"release"}
    first = next(cell for cell in listed if cell["id"] == "tests-py311-django4.2-sqlite")
    assert first == {
        "id": "tests-py311-django4.2-sqlite",
        "session": "tests",
        "python": "3.11",
        "axes": {"python": "3.11", "django": "4.2", "db": "sqlite"},
        "default": True,
        "description": "The suite",
        "tags": ["slow"],
    }


def test_the_option_l_lists_as_the_verb_does(shop: Project) -> None:
    assert shop.run("-l").assert_exit(0).stdout == shop.run("list").assert_exit(0).stdout


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["-e", "py311,py312"], TESTS),
        (["-e", "py311"], {id_ for id_ in TESTS if "py311" in id_}),
        (["-e", "tests-django4.2"], {id_ for id_ in TESTS if "django4.2" in id_}),
        (["-e", "django4.2-tests"], {id_ for id_ in TESTS if "django4.2" in id_}),
        (["-e", "tests-*-postgres"], {id_ for id_ in TESTS if id_.endswith("postgres")}),
        (["-e", "tests-py311-django4.2-sqlite"], {"tests-py311-django4.2-sqlite"}),
        (["-e", "lint", "-e", "release"], {"lint", "release"}),
        (["-e", "ALL", "--skip", "tests"], {"lint", "coverage", "release"}),
        (["-t", "slow"], TESTS),
        (["-e", "sqlite", "-p", "3.12"], {id_ for id_ in TESTS if "py312" in id_ and "sqlite" in id_}),
        (["-e", "sqlite-django5.2", "-p", "3.13"], {"tests-py313-django5.2-sqlite"}),
    ],
)
def test_selectors(shop: Project, argv: list[str], expected: set[str]) -> None:
    assert ids(shop, *argv) == expected


def test_selectors_may_come_from_a_variable_and_the_command_line_beats_it(shop: Project) -> None:
    listed = shop.run("list", "--format", "json", env={"RUNNER_SELECT": "lint"}).assert_exit(0)
    assert [cell["id"] for cell in json.loads(listed.stdout)["cells"]] == ["lint"]
    listed = shop.run("list", "--format", "json", "-e", "release", env={"RUNNER_SELECT": "lint"}).assert_exit(
        0
    )
    assert [cell["id"] for cell in json.loads(listed.stdout)["cells"]] == ["release"]


def test_the_github_matrix_is_one_line_without_sessions_that_need_others(shop: Project) -> None:
    stdout = shop.run("list", "--format", "github").assert_exit(0).stdout
    assert len(stdout.splitlines()) == 1
    include = json.loads(stdout)["include"]
    assert {job["id"] for job in include} == TESTS | {"lint"}
    assert all(set(job) == {"id", "python", "name"} for job in include)


def test_config_shows_every_setting_resolved_and_rendered(shop: Project) -> None:
    stdout = (
        shop.run("config", "--format", "json", "-e", "tests-py311-django4.2-postgres").assert_exit(0).stdout
    )
    cell = json.loads(stdout)["cells"]["tests-py311-django4.2-postgres"]
    assert cell["python"] == "3.11"
    assert cell["deps"] == ["pytest", "django~=4.2.0", "psycopg"]
    assert cell["commands"] == [["pytest", "tests"]]
    assert cell["setup"] == cell["teardown"] == []
    assert cell["env"] == {"API_TOKEN": "***", "PLAIN": "seen"}
    assert cell["package"] == "none"
    assert cell["tags"] == ["slow"]
    assert cell["retries"] == 0
    assert {"pass-env", "cwd", "extras", "groups", "needs", "after"} <= set(cell)


def test_config_shows_secrets_only_when_asked(shop: Project) -> None:
    assert "hush" not in shop.run("config", "-e", "tests").assert_exit(0).stdout
    assert "hush" in shop.run("config", "-e", "tests", "--show-secrets").assert_exit(0).stdout


def test_config_shows_addresses_without_their_passwords(project: Project) -> None:
    address = "tool @ https://user:hush@example.invalid/tool-1.0.whl"
    project.config(
        f'[sessions.tests]\npackage = "none"\ndeps = ["{address}"]\nenv = {{ PLAIN = "{address}" }}\n'
    )
    shown = project.run("config").assert_exit(0)
    assert "hush" not in shown.stdout
    assert "https://***@example.invalid/tool-1.0.whl" in shown.stdout
    assert project.run("config", "--show-secrets").assert_exit(0).stdout.count("hush") == 2


def test_config_says_which_layer_a_value_came_from(shop: Project) -> None:
    stdout = shop.run("config", "-e", "tests-py311-django4.2-postgres").assert_exit(0).stdout
    lines = [line for line in stdout.splitlines()[1:] if not line.startswith("    ")]
    layers = {line.partition(" =")[0]: line.partition("  # ")[2] for line in lines}
    assert layers["package"] == "defaults"
    assert layers["deps"] == "sessions.tests, sessions.tests.matrix.db.postgres"
    assert layers["python"] == layers["tags"] == "sessions.tests"
    assert layers["backend"] == layers["after"] == "built-in"
    assert all(layers.values())


def test_plan_shows_the_order_and_touches_nothing(shop: Project) -> None:
    plan = json.loads(shop.run("plan", "--format", "json").assert_exit(0).stdout)
    order = [cell["id"] for cell in plan["cells"]]
    assert set(order) == TESTS | {"lint", "coverage"}
    assert order.index("coverage") > max(order.index(id_) for id_ in TESTS)
    locks = {cell["id"]: cell["lock"] for cell in plan["cells"]}
    assert locks["lint"] == "nothing to install"
    assert locks["tests-py311-django4.2-sqlite"] == "to be resolved (nothing remembered)"
    assert not (shop.root / ".runner").exists()


def test_the_schema_accepts_the_config_and_refuses_a_typo(shop: Project) -> None:
    schema = json.loads(shop.run("schema").assert_exit(0).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"sessions": {"tests": {"commands": ["pytest"], "python": ["3.11"]}}})
    assert not validator.is_valid({"sessions": {"tests": {"commnads": ["pytest"]}}})


def test_clean_removes_environments_and_nothing_else(project: Project) -> None:
    project.config(
        """
        [sessions.tests]
        package = "none"
        matrix.part = ["1", "2"]
        commands = ["python --version"]
        """
    )
    project.run().assert_exit(0)
    envs = project.root / ".runner" / "envs"
    assert {path.name for path in envs.iterdir()} >= {"tests-part1", "tests-part2"}
    project.run("clean", "-e", "tests-part1").assert_exit(0)
    assert not (envs / "tests-part1").exists()
    assert (envs / "tests-part2").exists()
    project.run("clean").assert_exit(0)
    assert not (envs / "tests-part2").exists()
    assert list((project.root / ".runner" / "runs").iterdir())
    project.run("clean", "--all").assert_exit(0)
    assert not (project.root / ".runner" / "runs").exists()


def test_clean_leaves_folders_alone_that_are_not_ours(project: Project) -> None:
    project.config('work-dir = "work"\n[sessions.tests]\npackage = "none"\ncommands = ["python --version"]\n')
    mine = project.file("work/envs/mine/data.txt", "precious")
    project.run("clean", "--all")
    assert mine.read_text() == "precious"


def test_plugins_lists_what_is_active(shop: Project) -> None:
    plugins = json.loads(shop.run("plugins", "--format", "json").assert_exit(0).stdout)["plugins"]
    hooks = {hook for plugin in plugins for hook in plugin["hooks"]}
    assert hooks >= {"runner_session_type", "runner_backend", "runner_collector", "runner_reporter"}


def test_options_may_stand_before_the_verb(shop: Project) -> None:
    assert shop.run("-e", "lint", "list").assert_exit(0).stdout == shop.run("list", "-e", "lint").stdout


def test_help_tells_verbs_options_and_exit_codes(project: Project) -> None:
    text = project.run("--help").assert_exit(0).stdout
    for word in ("list", "config", "plan", "schema", "clean", "plugins", "--fail-fast", "130", "70"):
        assert word in text


def test_the_nearest_config_upwards_is_taken(shop: Project) -> None:
    below = shop.root / "src" / "deep"
    below.mkdir(parents=True)
    assert ids(shop) == {
        cell["id"]
        for cell in json.loads(shop.run("list", "--format", "json", cwd=below).assert_exit(0).stdout)["cells"]
    }


def test_a_pyproject_may_hold_the_config(project: Project) -> None:
    project.file(
        "pyproject.toml", '[tool.runner.sessions.tests]\npackage = "none"\ncommands = ["python --version"]\n'
    )
    assert ids(project) == {"tests"}


def test_of_two_configs_the_one_taken_is_told(project: Project) -> None:
    project.file("pyproject.toml", '[tool.runner.sessions.other]\npackage = "none"\ncommands = ["python"]\n')
    project.config('[sessions.tests]\npackage = "none"\ncommands = ["python --version"]\n')
    assert ids(project) == {"tests"}
    project.run().assert_exit(0).assert_said("runner.toml", "pyproject.toml", "-c")


def test_another_config_beside_ours_is_named_on_stderr(project: Project) -> None:
    project.config('[sessions.a]\ncommands = ["python -V"]\n')
    project.file("tox.ini", "[tox]\n")
    listed = project.run("list", "--format", "json").assert_exit(0)
    assert listed.stderr.startswith("note: runner.toml is used, not tox.ini beside it (-c FILE chooses ")
    assert listed.stdout.startswith('{"cells"')
    assert project.run("list", "-q").stderr == ""


def test_config_shows_what_is_selected_and_not_what_it_needs(project: Project) -> None:
    project.config('[sessions.a]\ncommands = ["python -V"]\n[sessions.b]\nneeds = ["a"]\n')
    shown = json.loads(project.run("config", "-e", "b", "--format", "json").assert_exit(0).stdout)
    assert list(shown["cells"]) == ["b"]
    assert shown["cells"]["b"]["needs"] == ["a"]
