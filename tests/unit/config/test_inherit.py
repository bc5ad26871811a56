"""What sessions get from `[defaults]` and from their parents."""

from collections.abc import Callable

from runner.model.config import Config, Session

Load = Callable[[str], Config]


def named(config: Config) -> dict[str, Session]:
    return {session.name: session for session in config.sessions}


def labels(session: Session) -> dict[str, list[str]]:
    return {axis.name: [value.label for value in axis.values] for axis in session.axes}


def test_layers_are_defaults_then_parents_farthest_first_then_the_session(load: Load) -> None:
    config = load(
        "[sessions.c]\nextends = 'b'\n[sessions.b]\nextends = 'a'\n[sessions.a]\n[defaults]\nretries = 1\n"
    )
    assert [session.name for session in config.sessions] == ["c", "b", "a"]
    assert [layer.name for layer in named(config)["c"].layers] == [
        "defaults",
        "sessions.a",
        "sessions.b",
        "sessions.c",
    ]
    assert [layer.name for layer in named(config)["a"].layers] == ["defaults", "sessions.a"]


def test_lists_of_shape_replace_and_description_and_default_stay(load: Load) -> None:
    config = load(
        """
        [defaults]
        tags = ["d"]
        platforms = ["linux"]
        [sessions.a]
        tags = ["a", "b"]
        needs = ["n"]
        description = "A"
        default = false
        [sessions.b]
        extends = "a"
        needs = []
        [sessions.c]
        extends = "a"
        tags = ["c"]
        """
    )
    b, c = named(config)["b"], named(config)["c"]
    assert (b.tags, b.needs, b.description, b.default) == (("a", "b"), (), "", True)
    assert (c.tags, c.platforms, [need.text for need in c.needs]) == (("c",), ("linux",), ["n"])


def test_each_value_of_shape_names_the_table_that_it_came_from(load: Load) -> None:
    config = load(
        """
        [defaults]
        tags = ["d"]
        python = ["3.11"]
        platforms = ["linux"]
        [sessions.a]
        description = "A"
        default = false
        needs = ["b"]
        tags = []
        [sessions.b]
        extends = "a"
        python = "3.12"
        needs = []
        """
    )
    a, b = named(config)["a"], named(config)["b"]
    assert a.sources == {
        "python": "defaults",
        "platforms": "defaults",
        "tags": "sessions.a",
        "needs": "sessions.a",
        "description": "sessions.a",
        "default": "sessions.a",
    }
    assert b.sources == {
        "python": "sessions.b",
        "platforms": "defaults",
        "tags": "sessions.a",
        "needs": "sessions.b",
    }


def test_matrices_merge_axis_by_axis(load: Load) -> None:
    config = load(
        """
        [defaults]
        python = ["3.11"]
        matrix.db = { sqlite = { retries = 1 }, pg = {} }
        [sessions.a]
        matrix.django = ["4.2"]
        [sessions.b]
        extends = "a"
        python = ["3.12", "3.13"]
        matrix.db = ["mysql"]
        [sessions.c]
        extends = "b"
        python = "3.9"
        """
    )
    sessions = named(config)
    assert labels(sessions["a"]) == {"python": ["3.11"], "db": ["sqlite", "pg"], "django": ["4.2"]}
    assert labels(sessions["b"]) == {"python": ["3.12", "3.13"], "db": ["mysql"], "django": ["4.2"]}
    assert labels(sessions["c"]) == {"db": ["mysql"], "django": ["4.2"]}
    assert sessions["c"].python is not None
    layer = sessions["a"].axes[1].values[0].layer
    assert layer is not None
    assert layer.name == "defaults.matrix.db.sqlite"


def test_when_blocks_add_up(load: Load) -> None:
    config = load(
        """
        [defaults]
        when = [{ match = { platform = "linux" }, cpus = 1 }]
        [sessions.b]
        extends = "a"
        when = [{ match = { python = "3" }, cpus = 3 }]
        [sessions.a]
        when = [{ match = { python = "2" }, cpus = 2 }, { match = {}, cpus = 4 }]
        """
    )
    assert [when.layer.name for when in named(config)["b"].when] == [
        "defaults.when[0]",
        "sessions.a.when[0]",
        "sessions.a.when[1]",
        "sessions.b.when[0]",
    ]


def test_inherited_matchers_concern_only_sessions_with_their_axes(load: Load) -> None:
    config = load(
        """
        [defaults]
        when = [{ match = { db = "pg" }, retries = 1 }, { match = { platform = "linux" }, retries = 2 }]
        exclude = [{ db = "pg", python = "3.9" }]
        include = [{ db = "new", retries = 3 }, { python = "3.14", retries = 4 }]
        [sessions.a]
        matrix.db = ["pg"]
        python = ["3.9", "3.10"]
        [sessions.lint]
        """
    )
    a, lint = named(config)["a"], named(config)["lint"]
    assert [len(a.when), len(a.exclude), len(a.include)] == [2, 1, 2]
    assert [when.layer.name for when in lint.when] == ["defaults.when[1]"]
    assert (lint.exclude, lint.include) == ((), ())


def test_the_environment_that_a_parent_fills_is_no_mistake_without_one(load: Load) -> None:
    config = load(
        """
        [defaults]
        deps = ["x"]
        [sessions.a]
        deps = ["y"]
        [sessions.b]
        extends = "a"
        backend = "none"
        """
    )
    assert len(config.sessions) == 2


def test_type_is_inherited(load: Load) -> None:
    config = load('[defaults]\ntype = "python"\n[sessions.a]\n')
    assert config.sessions[0].type == "python"
