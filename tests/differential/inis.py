"""Strategies for tox.ini files: small, and dense with what the language has."""

from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy
from msgspec import Struct

HOST = {
    "HOST_TEXT": "from outside",
    "HOST_LIST": "one,two",
    "HOST_BRACES": "{env_name}",
    "HOST_HASH": "a # b",
    "HOST_LINES": "one\ntwo",
}
"""Variables that both tools are started with."""

FILES = {
    "vars.env": '# comment\nexport FILED=1\nA = from a file\nQUOTED="x y" ; z\n\nTWICE={env_name}\n',
    "req.txt": "idna==3.7\n",
    "con.txt": "idna<4\n",
    "a b.txt": "",
    "b.txt": "",
}
"""Files beside the config, for what reads or finds files."""

_PYTHONS = ("py310", "py311", "py312", "py313", "3.12")
_WORDS = ("a", "b", "cov", "dj42", "dj52", "lint")

_SUBSTITUTIONS = (
    *("{posargs}", "{posargs:}", "{posargs:tests -k 'a b'}", "{posargs:{env_name}:x}", "[]", "[posargs]"),
    *("{env:HOST_TEXT}", "{env:HOST_LIST}", "{env:HOST_BRACES}", "{env:HOST_HASH}", "{env:HOST_LINES}"),
    *("{env:NOSUCH}", "{env:NOSUCH:}", "{env:NOSUCH:default}", "{env:NOSUCH:{env:HOST_TEXT:x}}", "{env:A}"),
    *("{env:NOSUCH:a:b}", "{env:}", "{envname}", "{env_name}", "{envdir}", "{env_dir}{/}x", "{envtmpdir}"),
    *("{env_tmp_dir}", "{envlogdir}", "{envbindir}", "{envpython}", "{envsitepackagesdir}", "{py_dot_ver}"),
    *(
        "{toxinidir}",
        "{tox_root}",
        "{toxworkdir}",
        "{work_dir}",
        "{temp_dir}",
        "{on_platform}",
        "{basepython}",
    ),
    *("{/}", "{:}", "{tty:yes:no}", "{tty:{env_name}:{/}}", "{glob:*.txt}", "{glob:*.none:x}"),
    *(
        "{[shared]text}",
        "{[shared]lines}",
        "{[shared]nosuch:d}",
        "{[nosuch]x}",
        "{[nosuch]x:d}",
        "{[shared]set}",
    ),
    *(
        "{[testenv]deps}",
        "{[testenv]description}",
        "{[testenv:lint]commands}",
        "{[tox]skip_missing_interpreters}",
    ),
    *("{description}", "{deps}", "{change_dir}", "{extras}", "{pass_env}", "{labels}", "{commands_pre}"),
    *("{factor:a:none}", "{nosuch}", "{nosuch:d}", "{env_name:d}", "{}", "{ env_name }", "{py310,py311}"),
)
_LITERALS = (
    *(
        "\\{env_name\\}",
        "{{x}}",
        "{",
        "}",
        "\\[\\]",
        "\\#x",
        "%(x)s",
        "%",
        "$HOME",
        "*.py",
        "&&",
        "|",
        "C:\\x\\y",
    ),
    *("a\\:b", "\\\\", "x=y", "x:y", ";", "a;b", "é", "{'k':1}", "{k:v for k in d}", "'", '"', "\\ ", "\\'"),
)
_PLAIN = ("pytest", "tests", "-k", "x", "--flag=1", "'a b'", '"c d"', "-", "!", "--", "python", "a,b", "''")

_BOOLEANS = ("true", "True", "1", "yes", "on", "false", "0", "no", "off", "", "maybe", "{env:NOSUCH:true}")
_REQUIREMENTS = (
    *(
        "six",
        "pytest>=8,<9",
        "idna ; python_version < '4'",
        ".[x]",
        "-e .",
        "-r req.txt",
        "-rreq.txt",
        "-ccon.txt",
    ),
    *(
        "-c con.txt",
        "--pre",
        "x @ https://example.invalid/x.zip",
        "dj==4.2.*",
        "-e ./{env_name}",
        "not a req",
    ),
    *("{[shared]lines}", "six{env:NOSUCH:==1}", "Foo_Bar[a,b]>1", "-r {tox_root}/req.txt"),
)
_VARIABLES = (
    *("A=1", "B = x y", "C={env:HOST_TEXT}", "A={env:B:none}", "B={env:A}", "A={env:A:self}", "D=", "E=a=b"),
    *("F=1; sys_platform == 'linux'", "G=1; sys_platform == 'win32'", "H=a\\;b", 'I="q ; r"', "J={envdir}"),
    *("file|vars.env", "file|nosuch.env", "file|{tox_root}/vars.env", "{[shared]set}", "K=$HOME", "L=a # b"),
    *("PYTHONHASHSEED=7", "TOX_ENV_NAME=mine", "M={posargs}", "N={env:HOST_BRACES}", "nothing", "PIP_USER=1"),
)


class Ini(Struct, frozen=True):
    """A tox.ini, and what follows `--` on the command line; None when there is no `--`."""

    text: str
    posargs: tuple[str, ...] | None


def inis() -> Strategy[Ini]:
    """Config files, most of which tox accepts."""
    text = st.builds(_joined, _core(), _testenv(), _others(), _shared())
    posargs = st.none() | st.sampled_from(
        ((), ("one",), ("two words", "--k=v"), ("b.txt", "x'y", "{env_name}"))
    )
    return st.builds(Ini, text, posargs)


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _pick(*options: str) -> Strategy[str]:
    return st.sampled_from(options)


# -- names, factors

_FACTOR = _pick(*_PYTHONS[:4], *_WORDS)
_BRACES = _pick("{a,b}", "{,cov}", "3{10,12}", "{py310,py311}", "{dj42, dj52}", "py3{10-12}", "{a}", "{b,!a}")


def _name() -> Strategy[str]:
    python = _pick(*_PYTHONS, "py3{10,11}", "py3{11-13}", "{py310,py312}", "py", "lint", "docs")
    rest = st.lists(_pick(*_WORDS[:5], "{a,b}", "{,cov}", "dj{42,52}"), max_size=2, unique=True)
    return st.builds(lambda first, more: "-".join((first, *more)), python, rest)


def _condition() -> Strategy[str]:
    part = st.builds(
        str.__add__, _pick("", "", "", "!"), _FACTOR | _BRACES | _pick("linux", "win32", "x86_64")
    )
    dashed = st.builds("-".join, st.lists(part, min_size=1, max_size=2))
    colon = _pick(": ", ": ", ": ", " : ", ":")
    return st.builds(
        lambda parts, comma, colon: comma.join(parts) + colon,
        st.lists(dashed, min_size=1, max_size=3),
        _pick(",", ", "),
        colon,
    )


def _conditioned(line: Strategy[str]) -> Strategy[str]:
    return st.builds(str.__add__, st.just("") | _condition(), line)


# -- values


def _lines(line: Strategy[str], most: int = 4) -> Strategy[str]:
    """Lines below the key, each perhaps under a condition, with comments and blank lines between."""
    special = _pick("# a comment", "", "#", "; not one")
    several = st.lists(_conditioned(line) | special, max_size=most).map(
        lambda lines: "".join(f"\n    {text}" if text else "\n" for text in lines)
    )
    return several | _conditioned(line).map(lambda text: f" {text}")


def _commented(line: Strategy[str]) -> Strategy[str]:
    return st.builds(str.__add__, line, _pick("", "", "", "", " # why", "#no space"))


def _words(least: int = 1, most: int = 4) -> Strategy[str]:
    word = _pick(*_PLAIN) | _pick(*_PLAIN) | _pick(*_SUBSTITUTIONS) | _pick(*_LITERALS)
    glued = st.builds(
        "{}{}{}".format, _pick("", "--x=", "pre"), _pick(*_SUBSTITUTIONS), _pick("", "post", '"')
    )
    quoted = st.builds('"{} {}"'.format, _pick(*_PLAIN[:5]), _pick(*_SUBSTITUTIONS))
    return st.builds(" ".join, st.lists(word | glued | quoted, min_size=least, max_size=most))


def _command() -> Strategy[str]:
    prefix = _pick("", "", "", "", "- ", "-", "! ", "!", "-- ")
    body = st.builds("{}{} {}".format, prefix, _pick("pytest", "python -c", "echo"), _words(0))
    continued = st.builds(
        lambda first, more, conditions: (
            first + "".join(f" \\\n    {mark}{words}" for words, mark in zip(more, conditions, strict=False))
        ),
        body,
        st.lists(_words(1, 2), max_size=3),
        st.lists(st.just("  ") | _condition(), min_size=3, max_size=3),
    )
    return _commented(continued | body | _pick(*_SUBSTITUTIONS))


def _text() -> Strategy[str]:
    return _words(0, 3).map(lambda text: f" {text}")


def _listed(*items: str) -> Strategy[str]:
    item = _pick(*items) | _pick("{env:HOST_LIST}", "x{env:HOST_LIST}", "{[shared]lines}", "{env_name}")
    comma = st.builds(", ".join, st.lists(item, max_size=3)).map(lambda text: f" {text}")
    return comma | _lines(_commented(item))


def _bool() -> Strategy[str]:
    return _pick(*_BOOLEANS).map(lambda text: f" {text}") | _lines(_pick(*_BOOLEANS[:8]), 2)


_VALUES: dict[str, Strategy[str]] = {
    "description": _text() | _lines(_words()),
    "commands": _lines(_command()),
    "commands_pre": _lines(_command(), 2),
    "commands_post": _lines(_command(), 2),
    "deps": _lines(_commented(_pick(*_REQUIREMENTS))),
    "constraints": _lines(_pick("con.txt", "-c con.txt", "req.txt"), 2),
    "set_env": _lines(_commented(_pick(*_VARIABLES)), 5),
    "setenv": _lines(_pick(*_VARIABLES), 2),
    "pass_env": _listed("FOO", "BAR_*", "foo", "HOME", "A B", "*"),
    "disallow_pass_env": _listed("FOO", "PIP_*"),
    "allowlist_externals": _listed("make", "/bin/*", "echo"),
    "extras": _listed("x", "Foo_Bar", "a.b"),
    "dependency_groups": _listed("test", "Foo_Bar"),
    "labels": _listed("x", "y z", "w"),
    "depends": _listed("py310", "py3{10,11}", "lint", "py31*"),
    "change_dir": _pick(" sub", " {tox_root}/sub", " {env_tmp_dir}", "", " ..", " {env:NOSUCH:here}"),
    "platform": _pick(" linux", " win32|linux", " (", "", " {on_platform}"),
    "base_python": _listed("python3.11", "py312", "3.10", "pypy3", "python3"),
    "package": _pick(
        *(f" {kind}" for kind in ("wheel", "sdist", "editable", "skip", "sdist-wheel", "nosuch", ""))
    ),
    "base": _listed("shared", "testenv", "testenv:lint", "lint"),
    "install_command": _pick(
        " python -m pip install {opts} {packages}", " uv pip install {packages}", " x {opts}"
    ),
    "commands_retry": _pick(" 2", " 0", " x", ""),
    "suicide_timeout": _pick(" 1", " 0.5", " x"),
    "package_env": _pick(" .pkg", " build", " .pkg-{env_name}"),
    "wheel_build_env": _pick(" .pkg", " built-{env_name}"),
    "env_dir": _pick(" {work_dir}/elsewhere", " {tox_root}/envs/{env_name}"),
    "comands": _pick(" pytest"),
    **{
        key: _bool()
        for key in (
            *("skip_install", "ignore_errors", "ignore_outcome", "recreate", "pip_pre", "usedevelop"),
            *(
                "parallel_show_output",
                "args_are_paths",
                "sitepackages",
                "fail_fast",
                "skip_missing_interpreters",
            ),
        )
    },
}
_OFTEN = ("commands", "deps", "set_env", "description", "commands_pre", "pass_env", "extras", "base_python")


def _keys(least: int, most: int) -> Strategy[str]:
    key = st.sampled_from(_OFTEN) | st.sampled_from(tuple(_VALUES))

    def written(names: Iterable[str]) -> Strategy[str]:
        pairs = [
            st.builds("{} {}{}".format, st.just(name), _pick("=", ":", "="), _VALUES[name]) for name in names
        ]
        return st.tuples(*pairs).map("\n".join)

    return st.lists(key, min_size=least, max_size=most, unique=True).flatmap(written)


# -- sections


def _core() -> Strategy[str]:
    names = st.lists(_name(), max_size=3)
    envs = names.map(lambda given: "env_list =" + "".join(f"\n    {name}" for name in given)) | names.map(
        lambda given: f"envlist = {', '.join(given)}"
    )
    more = st.lists(
        _pick(
            *(
                "skip_missing_interpreters = true",
                "no_package = yes",
            ),
            *(
                "minversion = 4.2",
                "ignore_base_python_conflict = true",
                "requires = tox>=4",
                "isolated_build = true",
            ),
            *("package_env = build", "# a comment", "toxworkdir = {toxinidir}/work", "nosuch = 1"),
        ),
        max_size=2,
        unique=True,
    )
    return st.builds(lambda envs, more: "\n".join(("[tox]", envs, *more)), envs, more) | st.just("")


def _testenv() -> Strategy[str]:
    return _keys(1, 6).map(lambda keys: f"[testenv]\n{keys}")


def _others() -> Strategy[str]:
    section = st.tuples(_name() | _pick("a,b", "py310-{a,b}, lint", "x.y", ".pkg"), _keys(0, 4))
    return st.lists(section, max_size=3, unique_by=lambda pair: pair[0]).map(
        lambda pairs: "\n".join(f"[testenv:{name}]\n{keys}" for name, keys in pairs)
    )


def _shared() -> Strategy[str]:
    lines = _lines(_pick("one", "two three", "{env_name}", "{env:HOST_TEXT}", "six"))
    variables = _lines(_pick(*_VARIABLES[:10]), 3)
    return st.builds(
        "[shared]\ntext = {}\nlines ={}\nset ={}\n{}".format, _words(0, 2), lines, variables, _keys(0, 2)
    ) | st.just("")
