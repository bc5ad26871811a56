"""Where a config of another tool asks for the platform: what it says there was decided when it was read."""

import re
from collections.abc import Iterator, Mapping

_PLATFORM = re.compile(r"linux|darwin|win32|cygwin|aix|android|ios|emscripten|wasi|freebsd\d*|sunos\d*")
_HEADING = re.compile(r"\[+\s*([^\[\]]+?)\s*\]+\s*(?:#.*)?")
_KEY = re.compile(r"[\w.-]+\s*=(?!=)\s*")
_CONDITION = re.compile(r"((?:[\w.!?*{}\[\]-]|,\s*)+):(?:\s|$)")
_FACTOR_IN_TOML = re.compile(r"""factor(?:\.|\[\s*["'])(\w+)""")
_VARIABLE_WITH_MARKER = re.compile(r"\w+\s*=(?!=)[^;]*;(.*)|.*\bmarker\s*=(.*)")
_IN_MARKERS = re.compile(r"\b(?:sys_platform|platform_\w+(?<!_implementation)|os_name)\b")
_OURS = re.compile(r"(?:tool\.)?(?:tox|testenv)\b")


def is_platform(factor: str) -> bool:
    """Say whether a factor holds on a platform, whatever the environment is called."""
    return _PLATFORM.fullmatch(factor) is not None


def asked_platforms(text: str, *, shared: bool) -> Mapping[str, tuple[str, ...]]:
    """Return by section what its values ask of the platform: factors, and names in markers of variables.

    `shared`: the file is of other tools, too, whose sections do not count. Markers of requirements stay
    markers, and do not count either.
    """
    found: dict[str, dict[str, None]] = {}
    section = ""
    for line in text.splitlines():
        content = line.strip()
        heading = _HEADING.fullmatch(line)
        if heading:
            section = heading[1]
        elif content and not content.startswith("#") and (not shared or _OURS.match(section)):
            found.setdefault(section, {}).update(dict.fromkeys(_asked(line)))
    return {name: tuple(asked) for name, asked in found.items() if asked}


def _asked(line: str) -> Iterator[str]:
    key = _KEY.match(line)  # an indented line continues a value
    content = (line[key.end() :] if key else line).strip()
    condition = _CONDITION.match(content)
    factors = re.findall(r"\w+", condition[1]) if condition else _FACTOR_IN_TOML.findall(content)
    yield from filter(is_platform, factors)
    variable = _VARIABLE_WITH_MARKER.match(content[condition.end() :] if condition else content)
    if variable:
        yield from _IN_MARKERS.findall(variable[1] or variable[2] or "")
