import pytest
from tests.unit.plan.builders import cells, config, layer, match, plan, session, text, when

from runner.model.config import Package
from runner.model.errors import ConfigError
from runner.model.settings import CommandText
from runner.model.text import Literal


def test_unset_settings_are_the_built_in_ones() -> None:
    cell = cells(config(session("t")))["t"]
    settings = cell.settings
    assert (settings.backend, settings.installer, settings.source) == (
        text("virtualenv"),
        text("uv"),
        text("shared"),
    )
    assert (settings.retries, settings.timeout, settings.interrupt_grace) == (0, None, 5.0)
    assert cell.sources["backend"] == ("built-in",)


@pytest.mark.parametrize(("buildable", "expected"), [(True, "wheel"), (False, "none")])
def test_the_package_is_a_wheel_where_the_project_can_be_built(buildable: bool, expected: str) -> None:
    cell = cells(config(session("t"), package=Package(buildable=buildable)))["t"]
    assert cell.settings.package == Literal(expected)
    assert cell.sources["package"] == ("built-in",)


def test_the_highest_layer_wins() -> None:
    made = session(
        "t",
        defaults={"cwd": "defaults"},
        settings={"cwd": "session"},
        matrix={"db": {"pg": {"cwd": "label"}, "my": {}}},
        when=(when(match(db="pg"), {"cwd": "when"}, name="when 1"), when(match(db="pg"), {"cwd": "when 2"})),
        include=(when(match(db="new"), {"cwd": "include"}),),
    )
    found = cells(config(made), overrides=layer("command line", {"retries": 3}))
    assert {id_: cell.settings.cwd for id_, cell in found.items()} == {
        "t-pg": text("when 2"),
        "t-my": text("session"),
        "t-new": text("include"),
    }
    assert {cell.settings.retries for cell in found.values()} == {3}
    assert found["t-my"].sources["cwd"] == ("sessions.t",)
    assert found["t-my"].sources["retries"] == ("command line",)


def test_labels_count_in_the_order_of_their_axes() -> None:
    made = session("t", matrix={"a": {"a1": {"cwd": "a"}}, "b": {"b1": {"cwd": "b"}}})
    assert cells(config(made))["t-a1-b1"].settings.cwd == text("b")


def test_lists_are_replaced_and_their_extras_of_all_layers_appended() -> None:
    made = session(
        "t",
        defaults={"deps": ["gone"], "extra-deps": ["from-defaults"]},
        settings={"deps": ["base"], "extra-deps": ["from-session"]},
        matrix={"db": {"pg": {"extra-deps": ["psycopg"]}}},
    )
    cell = cells(config(made), overrides=layer("command line", {"extra-deps": ["pdbpp"]}))["t-pg"]
    assert cell.settings.deps == tuple(
        map(text, ("base", "from-defaults", "from-session", "psycopg", "pdbpp"))
    )
    assert cell.sources["deps"] == ("defaults", "sessions.t", "matrix.db.pg", "command line")


def test_commands_are_lists_like_any_other() -> None:
    made = session("t", defaults={"extra-commands": ["last"]}, settings={"commands": ["first"]})
    cell = cells(config(made))["t"]
    commands = [command for command in cell.steps.commands if isinstance(command, CommandText)]
    assert [command.run for command in commands] == [text("first"), text("last")]
    assert cell.sources["commands"] == ("defaults", "sessions.t")
    assert cell.sources["setup"] == ("built-in",)


def test_env_merges_one_level_deep_and_false_unsets() -> None:
    made = session(
        "t",
        defaults={"env": {"A": "1", "B": "1", "C": "1"}},
        settings={"env": {"B": "2", "C": False, "D": "2"}},
    )
    cell = cells(config(made))["t"]
    assert cell.settings.env == {"A": text("1"), "B": text("2"), "C": False, "D": text("2")}
    assert cell.sources["env"] == ("defaults", "sessions.t")


def test_an_axis_named_like_a_text_key_sets_it() -> None:
    made = session(
        "t", settings={"resolution": "lowest"}, matrix={"resolution": ["highest", "lowest-direct"]}
    )
    found = cells(config(made))
    assert {id_: cell.settings.resolution for id_, cell in found.items()} == {
        "t-highest": Literal("highest"),
        "t-lowest-direct": Literal("lowest-direct"),
    }
    assert found["t-highest"].sources["resolution"] == ("axis resolution = highest",)


def test_an_axis_named_like_a_list_key_gives_it_one_value() -> None:
    made = session("t", matrix={"extras": ["fast", "slow"], "deps": {"d4": {"value": "django~=4.2"}}})
    cell = cells(config(made))["t-fast-d4"]
    assert cell.settings.extras == (Literal("fast"),)
    assert cell.settings.deps == (Literal("django~=4.2"),)


def test_an_axis_named_commands_gives_one_command() -> None:
    (command,) = cells(config(session("t", matrix={"commands": ["pytest"]})))["t-pytest"].steps.commands
    assert isinstance(command, CommandText)
    assert command.run == Literal("pytest")


def test_an_axis_gives_only_words_that_its_key_takes() -> None:
    with pytest.raises(ConfigError, match=r"'newest' is no resolution(.|\n)*highest, lowest, lowest-direct"):
        plan(config(session("t", matrix={"resolution": ["highest", "newest"]})))


def test_cells_with_equal_layers_share_their_settings() -> None:
    made = session("t", python=["3.11", "3.12", "3.13"], when=(when(match(python="3.13"), {"retries": 1}),))
    one, two, three = cells(config(made)).values()
    assert one.settings is two.settings
    assert one.sources is two.sources
    assert three.settings is not one.settings


def test_shape_keys_name_where_they_came_from_too() -> None:
    made = session("t", python=["3.11"], tags=("slow",), sources={"python": "defaults", "tags": "sessions.t"})
    sources = cells(config(made))["t-py311"].sources
    assert {key: sources[key] for key in ("python", "tags", "type", "needs", "default")} == {
        "python": ("defaults",),
        "tags": ("sessions.t",),
        "type": ("built-in",),
        "needs": ("built-in",),
        "default": ("built-in",),
    }


def test_a_python_names_the_option_or_the_entry_that_added_it() -> None:
    more = when(match(python=["3.11", "3.13"]), {"retries": 1}, "sessions.t.include[0]")
    made = session("t", python=["3.11", "3.12"], include=(more,), sources={"python": "sessions.t"})
    found = {cell.id: cell for cell in plan(config(made), pythons=["3.12", "3.14"]).cells}
    assert {id_: cell.sources["python"] for id_, cell in found.items()} == {
        "t-py311": ("sessions.t",),
        "t-py312": ("sessions.t",),
        "t-py314": ("command line",),
        "t-py313": ("sessions.t.include[0]",),
    }


def test_whether_a_bare_run_runs_a_cell_names_what_decides_it() -> None:
    first = session("first", default=False, sources={"default": "sessions.first"})
    second = session("second", needs=["first"])
    found = cells(config(first, second))
    assert found["first"].default
    assert found["first"].sources["default"] == ("needs of default cells",)
    assert found["second"].sources["default"] == ("built-in",)
    chosen = cells(config(first, second, default=("first",)))
    assert [cell.sources["default"] for cell in chosen.values()] == [("the top's default",)] * 2


def test_a_package_file_is_installed_unless_somebody_says_otherwise() -> None:
    named = {"package-file": "dist/*.whl"}
    made = cells(
        config(
            session("yes", settings=named),
            session("no", settings={**named, "package": "none"}),
            session("inherited", defaults=named, settings={"backend": "none"}),
        )
    )
    assert {name: cell.settings.package for name, cell in made.items()} == {
        "yes": Literal("wheel"),
        "no": Literal("none"),
        "inherited": Literal("none"),
    }


@pytest.mark.parametrize("key", ["deps", "extra-deps", "groups", "extras", "package", "package-file", "seed"])
def test_without_a_backend_nothing_can_be_installed(key: str) -> None:
    value = "wheel" if key.startswith("package") else ["x"]
    with pytest.raises(ConfigError) as caught:
        plan(config(session("t", settings={"backend": "none", key: value})))
    assert f'sessions.t.{key}: {key} cannot be used with backend = "none"' in str(caught.value)


def test_without_a_backend_inherited_installs_do_not_apply() -> None:
    made = session(
        "t", defaults={"deps": ["x"], "package": "wheel"}, settings={"backend": "none", "extras": []}
    )
    cell = cells(
        config(made, package=Package(buildable=True)), overrides=layer("cli", {"extra-deps": ["y"]})
    )["t"]
    assert (cell.settings.deps, cell.settings.package) == ((), Literal("none"))


def test_a_backend_chosen_for_some_cells_is_checked_for_these() -> None:
    made = session(
        "t",
        settings={"deps": ["x"]},
        matrix={"a": ["1", "2"]},
        when=(when(match(a="2"), {"backend": "none"}),),
    )
    with pytest.raises(ConfigError, match="deps cannot be used"):
        plan(config(made))


def test_a_table_that_sets_nothing_is_no_source() -> None:
    made = session("t", defaults={"env": {"A": "1"}}, settings={"env": {}})
    cell = cells(config(made))["t"]
    assert (cell.settings.env, cell.sources["env"]) == ({"A": text("1")}, ("defaults",))
