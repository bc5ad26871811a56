"""Any text as a config of tox: read, or refused in words, with the place, and in bounded time."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.property.effort import effort
from tests.property.hostile import TOML_TOKENS, hostile_texts, mutated
from tests.unit.plan.builders import HOST

from runner.compat.tox import keys, load
from runner.config import locate, parse_toml
from runner.model.config import Config
from runner.model.errors import ConfigError, NothingSelected, Problem
from runner.model.request import ConfigKind, ConfigRequest

ROOT = Path(__file__).parents[2]
FOLDER = tempfile.TemporaryDirectory()
FILES: dict[ConfigKind, str] = {
    "tox.ini": "tox.ini",
    "setup.cfg": "setup.cfg",
    "[tool.tox]": "pyproject.toml",
    "legacy_tox_ini": "pyproject.toml",
    "tox.toml": "tox.toml",
}
ENVIRON = {"HOME": "/home/x", "A": "{env:B}", "B": "{env:A}", "L": "1,2", "N": "a\nb", "RAW": "\udcff"}


def read(
    text: str,
    kind: ConfigKind = "tox.ini",
    select: tuple[str, ...] | None = None,
    posargs: tuple[str, ...] | None = None,
    environ: dict[str, str] = ENVIRON,
) -> Config:
    shown = FILES[kind]
    in_toml = shown.endswith(".toml")
    return load(
        ConfigRequest(
            kind=kind,
            file=str(Path(FOLDER.name, shown)),
            shown=shown,
            text=text,
            document=parse_toml(text, shown) if in_toml else None,
            lines=locate(text) if in_toml else {},
            cwd=FOLDER.name,
            select=select,
            posargs=posargs,
            environ=environ,
            host=HOST,
            tty=False,
            hash_seed=1,
            as_json=True,
        )
    )


def told(
    text: str,
    kind: ConfigKind = "tox.ini",
    select: tuple[str, ...] | None = None,
    posargs: tuple[str, ...] | None = None,
    environ: dict[str, str] = ENVIRON,
) -> tuple[Problem, ...]:
    """Return what is wrong with a config, or with the settings of its environments."""
    try:
        config = read(text, kind, select, posargs, environ)
    except (ConfigError, NothingSelected) as error:
        return error.problems
    return tuple(
        problem for session in config.sessions if session.foreign for problem in session.foreign.refused
    )


def check(text: str, kind: ConfigKind = "tox.ini", posargs: tuple[str, ...] | None = None) -> None:
    lines = text.count("\n") + text.count("\r") + 1
    for problem in told(text, kind, posargs=posargs):
        assert problem.message
        assert len(problem.message) < 6000
        if problem.origin is not None:
            assert problem.origin.file == FILES[kind]
            assert 0 <= problem.origin.line <= lines


def seeds(*patterns: str) -> tuple[bytes, ...]:
    found = [file for pattern in patterns for file in sorted((ROOT / "tox-examples").rglob(pattern))]
    return tuple(file.read_bytes() for file in found)


INI = b"""\
[tox]
env_list = py3{10-12}-{a,b}, lint
labels = t = lint, py310-a
[testenv]
base = shared
deps = a: six{env:NO:==1}
    !a: -r {tox_root}/req.txt
set_env = A = {env:B:x}; sys_platform == "linux"
    file|{env_name}.env
    {[shared]vars}
commands = - pytest {posargs:-k "a b"} \\
    []
    ! x {[shared]text} {glob:*.py} {tty:a:b} {factor:x:y}
change_dir = {env_tmp_dir}
[testenv:lint]
base_python = py311
package = wheel
[shared]
vars = C = {/}{:}
text = "{env:L}"
"""
TOML = b"""\
env_list = ["lint", { prefix = "3.", start = 11 }, { product = [["a"], { dj = ["4", "5"] }] }]
[env_run_base]
deps = ["six", { replace = "ref", of = ["s", "deps"], extend = true }]
set_env = { A = "{env:B:x}", C = { value = "1", marker = "sys_platform == 'linux'" } }
commands = [["pytest", { replace = "posargs", default = ["x"], extend = true }], ["-", "y"]]
[env.lint]
description = { replace = "if", condition = "env.A and factor.lint", then = "a", else = "b" }
[env_base.t]
factors = [["a", "b"], { prefix = "x", start = 1, stop = 2 }]
[s]
deps = ["{glob:*.whl}", "{factor:dj:none}"]
"""
INI_TOKENS = (
    *(
        "[tox]\n",
        "[testenv]\n",
        "[testenv:",
        "\n    ",
        "=",
        ":",
        ": ",
        "{",
        "}",
        "{posargs}",
        "{env:A}",
        "[]",
        "\\\n",
    ),
    *(
        "{[testenv]deps}",
        "{[shared]vars}",
        "{env_name}",
        "{:}",
        "#",
        ";",
        "!",
        "-",
        "\\",
        '"',
        "'",
        "py3{9-",
        "file|",
    ),
)
INI_SEEDS = (INI, *seeds("tox.ini", "setup.cfg"))
TOML_SEEDS = (TOML, *seeds("tox.toml"))


@effort(100)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | hostile_texts)
@example("\x00")
@example("[tox]\nenv_list=")
def test_any_text_is_a_config_or_refused(text: str) -> None:
    check(text)
    check(f"[testenv]\n{text}")


@effort(200)
@given(mutated(INI_SEEDS, INI_TOKENS), st.sampled_from([None, (), ("a b", "x'y")]))
def test_a_real_ini_file_that_was_cut_and_spliced_is_a_config_or_refused(
    data: bytes, posargs: tuple[str, ...] | None
) -> None:
    text = data.decode("utf-8", "replace")
    check(text, posargs=posargs)
    check(text.replace("[tox]", "[tox:tox]"), "setup.cfg", posargs)


@effort(150)
@given(mutated(TOML_SEEDS, TOML_TOKENS))
def test_a_real_toml_file_that_was_cut_and_spliced_is_a_config_or_refused(data: bytes) -> None:
    check(data.decode("utf-8", "replace"), "tox.toml")


INI_KEYS = tuple(dict.fromkeys((*keys.CORE, *keys.RUN, *keys.PACKAGE)))
values = hostile_texts | st.sampled_from(
    ["{%s}", "{[testenv]%s}", "{[tox]%s}", "{env:%s:{posargs}}", "x{%s}{%s}"]
)


@effort(250)
@given(st.sampled_from(["tox", "testenv", "testenv:a", "pkgenv"]), st.data())
def test_every_key_of_an_ini_file_takes_or_refuses_every_text(section: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(INI_KEYS), min_size=1, max_size=3, unique=True))
    written = (data.draw(values).replace("%s", data.draw(st.sampled_from(names))) for _ in names)
    lines = [f"{name} = " + value.replace("\n", "\n    ") for name, value in zip(names, written, strict=True)]
    check("\n".join(([] if section == "tox" else ["[tox]", "env_list = a"]) + [f"[{section}]", *lines]))


scalars = st.sampled_from(
    [
        *(
            "1",
            "-1",
            "true",
            "inf",
            "nan",
            "0x" + "f" * 5000,
            "1979-05-27",
            '""',
            '"x"',
            '"\\u0000"',
            "[]",
            "{}",
        ),
        *(
            '{ replace = "env", name = "A" }',
            '{ replace = "posargs", extend = true }',
            '{ prefix = "x", start = 1 }',
        ),
        *('{ replace = "ref", of = ["env_run_base", "%s"] }', '{ replace = "ref", env = "a", key = "%s" }'),
        *(
            '{ replace = "if", condition = "env.A", then = "x" }',
            '{ replace = "glob", pattern = "**" }',
            '"{%s}"',
        ),
        *('{ product = [["a"], ["b"]] }', '{ a = { values = ["x"], default = "x" } }', '"{[env.a]%s}"'),
    ]
) | hostile_texts.map(json.dumps)
toml_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(["a", "file", "value", "marker", "replace", "extend"]), inner, max_size=2
        ).map(lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }")
    ),
    max_leaves=4,
)


@effort(300)
@given(
    st.sampled_from(["", "[env_run_base]", "[env_pkg_base]", "[env.a]", "[env_base.t]\nfactors = [['x']]"]),
    st.sampled_from((*INI_KEYS, "env", "env_base", "env_run_base", "env_pkg_base", "factors")),
    toml_values,
)
def test_every_key_of_a_toml_file_takes_or_refuses_every_value(table: str, key: str, value: str) -> None:
    if key in {"env", "factors", "env_base", "env_run_base", "env_pkg_base"}:
        table = ""
    written = value.replace("%s", key)
    check(
        f"env_list = ['a']\n{table}\n{key} = {written}" if key != "env_list" else f"{key} = {written}",
        "tox.toml",
    )
    check(f"[tool.tox]\n{key} = {written}", "[tool.tox]")


MANY = 30_000
DEEP = "too deeply"
TOO_MUCH = "is too much; refer to less"


def fan(lines: int, link: str) -> str:
    return "\n".join(f"k{at} = {link.format(at + 1) * 2}" for at in range(lines)) + f"\nk{lines} = xx"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param("[testenv]\ndescription = " + "{" * MANY + "}" * MANY, DEEP, id="braces"),
        pytest.param("[testenv]\ncommands = " + "{env:A:" * MANY + "}" * MANY, DEEP, id="defaults"),
        pytest.param(
            "[testenv]\nset_env =" + "".join(f"\n    V{at} = {{env:V{at + 1}}}" for at in range(1000)),
            DEEP,
            id="variables",
        ),
        pytest.param(
            f"[testenv]\ndescription = {{[s]k0}}\n[s]\n{fan(60, '{{[s]k{}}}')}", TOO_MUCH, id="sections"
        ),
        pytest.param(
            "[testenv]\ndescription = {[testenv]description}{[testenv]description}", TOO_MUCH, id="itself"
        ),
        pytest.param(
            "[testenv]\nset_env ="
            + "".join(f"\n V{at} = {{env:V{at + 1}}}{{env:V{at + 1}}}" for at in range(40))
            + "\n V40 = xx",
            TOO_MUCH,
            id="doubled variables",
        ),
        pytest.param("[tox]\nenv_list = " + "{a,b}" * 100, "at most 10,000", id="product"),
        pytest.param("[tox]\nenv_list = a{0-10000}", "at most 10,000", id="range"),
        pytest.param(
            "[tox]\nenv_list =" + "".join(f"\n    a{at}" for at in range(10_001)),
            "more than 10,000",
            id="listed",
        ),
        pytest.param(
            "[testenv]\ndeps =" + "".join(f"\n    f{at}: x" for at in range(10_001)),
            "more than 10,000",
            id="factors",
        ),
        pytest.param(
            "[testenv]\ndeps =" + "".join(f"\n    f{at}: x" for at in range(5_000)),
            "are too many",
            id="decisions",
        ),
        pytest.param("[testenv]\nplatform = " + "(" * MANY, "regular expression", id="platform"),
        pytest.param("[testenv]\ncommands = x\ncommands_retry = " + "9" * 4000, "too large", id="number"),
        pytest.param("[testenv]\nset_env = file|/dev/zero", "it is no file", id="endless file"),
        pytest.param(
            "[testenv]\ndescription = {change_dir}\nchange_dir = {description}", "in a circle", id="keys"
        ),
        pytest.param("[testenv]\nset_env = A={env:B}\n  B={env:A}", "in a circle", id="two variables"),
        pytest.param("[testenv]\nchange_dir = a\x00b", "NUL", id="nul"),
    ],
)
def test_what_would_take_for_ever_is_refused_at_once(config: str, message: str) -> None:
    problems = told(config, environ={})
    assert message in problems[0].message
    assert len(str(problems[0])) < 6000


@pytest.mark.parametrize(
    "text",
    ["{", "}", "\\", "'", '"', "[]", "a: ", ";", "#", "=", ",", "!", "{}", "{a", "{posargs}", '"{env_name}'],
)
@pytest.mark.parametrize("key", ["description", "commands", "deps", "set_env", "pass_env", "install_command"])
def test_a_long_line_of_one_thing_takes_time_with_its_length(key: str, text: str) -> None:
    check(f"[testenv]\n{key} = {text * (MANY // len(text))}")


def doubled(at: int) -> str:
    reference = f'{{ replace = "ref", of = ["s", "k{at + 1}"], extend = true }}'
    return f"k{at} = [{reference}, {reference}]\n"


AXES = "['a', 'b']," * 200
RANGES = ",".join(f"{{ prefix = 'p{at}x', start = 1, stop = 9000 }}" for at in range(9))
REFERENCES = "".join(map(doubled, range(40))) + "k40 = ['x']\n[env_run_base]\n"
CHAIN = "".join(f"[env.e{at}]\ndescription = '{{[env.e{at + 1}]description}}'\n" for at in range(300))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param(f"env_list = [{{ product = [{AXES}] }}]", "more than 10,000", id="product"),
        pytest.param(f"[env_base.t]\nfactors = [{AXES}]", "more than 10,000", id="factors"),
        pytest.param("env_list = [{ prefix = 'x', start = 0, stop = 99999 }]", "is too large", id="range"),
        pytest.param(f"env_list = [{RANGES}]", "more than 10,000", id="ranges"),
        pytest.param(
            f"[s]\n{REFERENCES}deps = {{ replace = 'ref', of = ['s', 'k0'] }}", TOO_MUCH, id="references"
        ),
        pytest.param(
            "[env_run_base]\ndeps = { replace = 'ref', of = ['env_run_base', 'deps'] }",
            "in a circle",
            id="itself",
        ),
        pytest.param(CHAIN, DEEP, id="environments"),
    ],
)
def test_so_is_what_a_toml_file_has_of_it(config: str, message: str) -> None:
    assert message in told(config, "tox.toml")[0].message
