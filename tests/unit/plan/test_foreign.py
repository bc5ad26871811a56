"""Sessions that come from configs of other tools: one cell each, under the session's own name."""

import msgspec
import pytest
from tests.unit.plan.builders import cells, chosen, config, origin, place, plan, ready, session

from runner.model.config import Foreign, Inherited, Session
from runner.model.errors import ConfigError, NothingSelected, Problem, UsageError
from runner.model.settings import Layer
from runner.model.text import Literal
from runner.plan import render, render_cells
from runner.plan.variables import Passing

REFUSED = Problem("`install_command` is not supported", origin("testenv.install_command"), "remove it")


def foreign(
    name: str, *, settings: dict[str, object] | None = None, after: str = "", **about: object
) -> Session:
    """Make a session as a front end does, the parts of its name its factors."""
    given = msgspec.structs.replace(Foreign(factors=tuple(name.split("-"))), **about)
    waits = (Literal(after),) if after else ()
    return msgspec.structs.replace(session(name, settings=settings), foreign=given, after=waits)


def test_the_cell_is_called_as_the_session() -> None:
    cell = cells(config(foreign("py39-django", shown={"tox": {}})))["py39-django"]
    assert (cell.session, cell.factors, cell.point) == ("py39-django", ("py39", "django"), ())
    assert cell.foreign == Foreign(factors=("py39", "django"), shown={"tox": {}})
    assert cells(config(session("a")))["a"].foreign is None


def test_a_whole_name_is_that_cell_alone() -> None:
    made = config(foreign("py39"), foreign("py39-django"), foreign("django"))
    assert chosen(made, select=["py39"]) == {"py39"}
    assert chosen(made, select=["ALL"], skip=["py39"]) == {"py39-django", "django"}


def test_globs_look_at_names_and_factors() -> None:
    made = config(foreign("py39-django"), foreign("docs-py39"), foreign("lint"))
    assert chosen(made, select=["py3*"]) == {"py39-django", "docs-py39"}
    assert chosen(made, select=["*-django"]) == {"py39-django"}


ODD = ("py3.9-dj[x]", ".pkg", "a*", "what?", "py-")


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_taken_as_it_is(name: str) -> None:
    made = config(
        foreign(name), foreign("a"), foreign("last", after=name), foreign("py3.9-djx"), default=(name,)
    )
    planned = plan(made)
    assert planned.chosen == (name,)
    assert chosen(made, select=[name]) == {name}
    (last,) = (cell for cell in planned.cells if cell.id == "last")
    assert last.after == (name,)
    assert "/" not in cells(made)[name].folder


def test_an_odd_name_can_be_needed() -> None:
    made = msgspec.structs.replace(foreign("last"), needs=(Literal("[x]"),))
    assert cells(config(foreign("[x]"), foreign("x"), made))["last"].needs == ("[x]",)


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(NothingSelected, match=r"-e 'py39-djang' matches no cell\s+the nearest: py39-django"):
        plan(config(foreign("py39-django")), select=["py39-djang"])


def test_sessions_that_share_a_layer_share_settings() -> None:
    empty = Layer("tox.ini", {}, {})
    made = [msgspec.structs.replace(foreign(name), layers=(empty,)) for name in ("a", "b")]
    other = msgspec.structs.replace(
        foreign("c"), layers=(Layer("c", {"retries": 1}, {}),), sources={"tags": "c"}
    )
    a, b, c = plan(config(*made, other)).cells
    assert a.settings is b.settings
    assert (a.settings.retries, c.settings.retries) == (0, 1)
    assert (a.sources["tags"], c.sources["tags"]) == (("built-in",), ("c",))


def test_what_is_refused_is_told_before_anything_runs() -> None:
    made = config(foreign("a", refused=(REFUSED,)), foreign("b", refused=(REFUSED,)), foreign("c"))
    with pytest.raises(ConfigError) as caught:
        render(made, plan(made), place())
    assert str(caught.value) == str(REFUSED)
    only = plan(made, select=["c"])
    assert [cell.id for cell in render(made, only, place())] == ["c"]


def test_what_is_refused_can_be_shown() -> None:
    made = config(foreign("a", refused=(REFUSED,)))
    assert [cell.id for cell in render_cells(made, plan(made).cells, place())] == ["a"]


def test_posargs_may_have_been_taken() -> None:
    takes, leaves = foreign("takes", posargs=True), foreign("leaves")
    assert set(ready(config(takes, leaves), posargs=("-x",))) == {"takes", "leaves"}
    with pytest.raises(UsageError, match="no selected command takes the arguments after --: -x"):
        ready(config(leaves), posargs=("-x",))


ENVIRON = dict.fromkeys(("PATH", "HOME", "PIP_USER", "pip_token", "Http_Proxy", "CI", "RUNNER_JOBS"), "1")


def passed(*pass_env: str, **inherited: object) -> set[str]:
    return set(Passing(ENVIRON).variables(pass_env, msgspec.structs.replace(Inherited(), **inherited)))


def test_a_pass_list_of_its_own_replaces_runners() -> None:
    assert passed() == {"PATH", "HOME", "CI"}
    assert passed(passed=("PIP_*", "HOME")) == {"HOME", "PIP_USER"}
    assert passed("C*", passed=()) == {"CI"}


def test_case_may_not_matter() -> None:
    assert passed("http_*", passed=("pip_*",), any_case=True) == {"PIP_USER", "pip_token", "Http_Proxy"}
    assert passed("http_*", any_case=True) == {"PATH", "HOME", "CI", "Http_Proxy"}
    assert passed("http_*") == {"PATH", "HOME", "CI"}


def test_what_is_withheld_nothing_lets_in() -> None:
    assert passed("pip_token", "HOME", passed=("*",), withheld=("P*", "HOME")) == {
        "Http_Proxy",
        "CI",
        "pip_token",
    }
    assert passed("pip_token", passed=("*",), withheld=("PIP_*",), any_case=True) == {
        "PATH",
        "HOME",
        "Http_Proxy",
        "CI",
    }
    assert passed(withheld=("PATH",)) == {"HOME", "CI"}


def test_runners_options_stay_out_of_any_list() -> None:
    assert "RUNNER_JOBS" not in passed("*", passed=("*", "RUNNER_JOBS"))
    assert "RUNNER_JOBS" in passed("RUNNER_JOBS", passed=())


def test_what_serves_most_can_be_left_out() -> None:
    ours = {"RUNNER_CELL", "RUNNER_SESSION", "RUNNER_ROOT", "RUNNER_TMP", "RUNNER_CPUS"}
    bare = foreign("a", inherited=Inherited(passed=("PATH",), usual=False))
    assert ready(config(bare), colour=True)["a"].variables.keys() == {"PATH", *ours}
    usual = foreign("a", inherited=Inherited(passed=("PATH",)))
    assert ready(config(usual), colour=True)["a"].variables.keys() == {
        *("PATH", "FORCE_COLOR", "PYTHONUNBUFFERED", "PYTHONFAULTHANDLER", "PYTEST_XDIST_AUTO_NUM_WORKERS"),
        *ours,
    }
