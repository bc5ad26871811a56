"""On which axes settings depend, and where they are written for it."""

from runner.migrate.explaining import Block, Explained, explained
from runner.migrate.grouping import groups
from runner.migrate.retexting import Retexting
from runner.migrate.selecting import selectors
from runner.migrate.values import Env, Line, Shape, Value

NAMES = tuple(f"py31{minor}-django{version}" for minor in (0, 1, 2) for version in (42, 52, 60))


def explain(key: str, values: dict[str, Value], names: tuple[str, ...] = NAMES) -> Explained:
    """Explain a setting of the environments of a matrix; `values` are by parts of names, "" is any."""

    def of(name: str) -> Value:
        return next(value for part, value in values.items() if part in name)

    (group,) = groups([Env(name, Shape(f"3.{name[3:5]}"), values={key: of(name)}) for name in names])
    return explained(group)


def run(*lines: str) -> tuple[Line, ...]:
    return tuple(Line((line,)) for line in lines)


def test_what_is_the_same_is_the_sessions() -> None:
    assert explain("deps", {"": ("a", "b")}) == Explained({"deps": ("a", "b")}, {}, ())


def test_items_of_one_label_stand_with_it_and_the_rest_is_common() -> None:
    found = explain("deps", {"django42": ("a", "old"), "": ("a",)})
    assert found == Explained({"deps": ("a",)}, {("django", "42"): {"extra-deps": ("old",)}}, ())


def test_items_of_a_python_stand_in_when() -> None:
    found = explain("deps", {"py310": ("a", "tomli"), "": ("a",)})
    assert found.when == (Block({"python": ("3.10",)}, {"extra-deps": ("tomli",)}),)


def test_items_of_a_python_and_a_label_stand_in_when_for_both() -> None:
    found = explain("deps", {"py310-django42": ("a", "x"), "": ("a",)})
    assert found.when == (Block({"python": ("3.10",), "django": ("42",)}, {"extra-deps": ("x",)}),)


def test_items_that_hold_factors_are_common_with_substitutions() -> None:
    found = explain("deps", {name: (f"-r {name[6:]}.txt", f"-c {name[:5]}.txt") for name in NAMES})
    assert found == Explained({"deps": ("-r django{django}.txt", "-c {py}.txt")}, {}, ())


def test_a_value_that_differs_in_few_places_is_overridden_there() -> None:
    found = explain("cwd", {"django60": "new", "": "old"})
    assert found == Explained({"cwd": "old"}, {("django", "60"): {"cwd": "new"}}, ())


def test_a_variable_that_is_not_everywhere_is_not_the_sessions() -> None:
    found = explain("env.X", {"django60": None, "": "1"})
    assert "env.X" not in found.own
    assert found.when == (Block({"django": ("42", "52")}, {"env.X": "1"}),)


def test_commands_that_go_on_are_more_of_the_same() -> None:
    found = explain("commands", {"django60": run("a", "b", "c"), "": run("a", "b")})
    assert found == Explained(
        {"commands": run("a", "b")}, {("django", "60"): {"extra-commands": run("c")}}, ()
    )


def test_commands_that_begin_otherwise_are_others() -> None:
    found = explain("commands", {"django60": run("x", "b", "c"), "": run("a", "b")})
    assert found == Explained(
        {"commands": run("a", "b")}, {("django", "60"): {"commands": run("x", "b", "c")}}, ()
    )


def test_two_reasons_for_one_place_add_up() -> None:
    names = ("py310-django42", "py310-django52", "py311-django42", "py311-django52")
    found = explain("deps", {"py310-django42": ("b", "c"), "py311-django52": ("b",), "": ()}, names)
    assert sorted((str(block.match), block.settings["extra-deps"]) for block in found.when) == [
        ("{'python': ('3.10',), 'django': ('42',)}", ("b", "c")),
        ("{'python': ('3.11',), 'django': ('52',)}", ("b",)),
    ]


def test_only_whole_factors_become_substitutions() -> None:
    (group,) = groups([Env(name, Shape(f"3.{name[3:5]}")) for name in NAMES])
    text = Retexting(group.axes).text
    point = ("3.11", "42")
    assert text(point, "x-py311.django42/3.11:python3.11") == "x-{py}.django{django}/{python}:python{python}"
    assert text(point, "13.11 1.3.11 3.11.2 xpy311 django421") == "13.11 1.3.11 3.11.2 xpy311 django421"


def test_selectors_are_few_and_say_nothing_of_other_sessions() -> None:
    made = groups([Env(name, Shape(f"3.{name[3:5]}")) for name in (*NAMES, "lint")])
    assert selectors((*NAMES, "lint"), made) == ("tests", "lint")
    assert selectors([name for name in NAMES if "django42" in name], made) == ("tests-django42",)
    assert selectors(["py310-django42", "py311-django60"], made) == (
        "tests-py310-django42",
        "tests-py311-django60",
    )


def test_a_selector_that_may_mean_another_session_is_spelled_out() -> None:
    values: dict[str, Value] = {"commands": run("a")}
    made = groups(
        [
            Env("py311-django42-sqlite", Shape("3.11"), values=values),
            Env("py311-django52-sqlite", Shape("3.11", after=("py311-django42-sqlite",)), values=values),
            Env("py312-django42-sqlite", Shape("3.12"), values=values),
            Env("py312-django52-sqlite", Shape("3.12"), values=values),
        ]
    )
    assert {group.name for group in made} == {"sqlite", "django52-sqlite"}
    assert selectors(["py311-django52-sqlite"], made) == ("django52-sqlite-py311",)
