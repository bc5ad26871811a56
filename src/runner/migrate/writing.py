"""The text of a `runner.toml`."""

import re
from collections.abc import Iterable, Iterator, Mapping

from runner.migrate.document import Document, SessionText
from runner.migrate.lines import fits_in_a_line, line
from runner.migrate.naming import PYTHON, Axis
from runner.migrate.values import VARIABLE, Line, Value, place_in_order
from runner.model.config import Package
from runner.model.text import Literal, Template

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100
_WIDEST = 140
"""Of the table of a label, on one line."""

_IN_A_ROW = 20
"""Exit codes."""

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def written(document: Document) -> str:
    """Return the file."""
    blocks = [
        "\n".join(_top(document)),
        "\n".join(_package(document.facts.package)),
        _table("defaults", _settings(document.defaults)),
        *("\n".join(_session(session)) for session in document.sessions),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _top(document: Document) -> Iterator[str]:
    yield f"# Written by `runner migrate` from {document.facts.source}."
    if document.facts.missing_python is not None:
        yield _pair("missing-python", document.facts.missing_python)
    if document.default is not None:
        yield _pair("default", document.default)


def _package(package: Package) -> Iterator[str]:
    pairs: list[str] = []
    if package.root != ".":
        pairs.append(_pair("root", package.root))
    if package.env:
        pairs += [
            f"env.{_key(name)} = {_value(text.text if isinstance(text, Literal | Template) else text)}"
            for name, text in package.env.items()
        ]
    if package.pass_env:
        pairs.append(_pair("pass-env", tuple(text.text for text in package.pass_env)))
    for name, setting in package.config_settings.items():
        pairs.append(f"config-settings.{_key(name)} = {_value(setting)}")
    if pairs:
        yield _table("package", pairs)


def _table(name: str, pairs: Iterable[str]) -> str:
    lines = tuple(pairs)
    return "\n".join((f"[{name}]", *lines)) if lines else ""


def _session(session: SessionText) -> Iterator[str]:
    name = f"sessions.{_key(session.name)}"
    yield _table(name, _shape(session)) or f"[{name}]"
    yield from _settings(session.settings.own)
    yield from _matrix(name, session)
    for block in session.settings.when:
        yield f"\n[[{name}.when]]"
        yield f"match = {_match(block.match)}"
        yield from _settings(block.settings)


def _shape(session: SessionText) -> Iterator[str]:
    if session.description:
        yield _pair("description", session.description)
    if not session.default:
        yield _pair("default", value=False)
    python = next((axis.labels for axis in session.axes if axis.name == PYTHON), session.python)
    if python is not None:
        yield _pair("python", python)
    for key in ("tags", "platforms", "needs", "after"):
        value = getattr(session, key)
        if value:
            yield _pair(key, value)
    if session.exclude:
        yield f"exclude = {_array([_match(entry) for entry in session.exclude])}"


def _match(match: Mapping[str, tuple[str, ...]]) -> str:
    pairs = (
        f"{_key(axis)} = {_value(labels[0] if len(labels) == 1 else labels)}"
        for axis, labels in match.items()
    )
    return f"{{ {', '.join(pairs)} }}"


def _matrix(name: str, session: SessionText) -> Iterator[str]:
    """Write the axes in order: once one needs a table for each label, those behind it have them, too."""
    axes = [axis for axis in session.axes if axis.name != PYTHON]
    wide = next((at for at, axis in enumerate(axes) if _is_wide(axis, session)), len(axes))
    if axes[:wide]:
        yield f"\n[{name}.matrix]"
    for axis in axes[:wide]:
        yield from _axis(axis, session)
    for axis in axes[wide:]:
        for label in axis.labels:
            yield f"\n[{name}.matrix.{_key(axis.name)}.{_key(label)}]"
            yield from _settings(session.settings.labels.get((axis.name, label), {}))


def _is_wide(axis: Axis, session: SessionText) -> bool:
    has_tables = any((axis.name, label) in session.settings.labels for label in axis.labels)
    return has_tables and any(len(each) > _WIDEST for each in _axis(axis, session))


def _axis(axis: Axis, session: SessionText) -> Iterator[str]:
    tables = session.settings.labels
    if not any((axis.name, label) in tables for label in axis.labels):
        yield _pair(axis.name, axis.labels)
        return
    for label in axis.labels:
        yield f"{_key(axis.name)}.{_key(label)} = {_inline(tables.get((axis.name, label), {}))}"


def _inline(settings: Mapping[str, Value]) -> str:
    if not settings:
        return "{}"
    variables = _variables(settings)
    pairs = [f"{key} = {_value(value)}" for key, value in _others(settings)]
    if variables:
        pairs.append(f"env = {{ {', '.join(f'{_key(name)} = {_value(v)}' for name, v in variables)} }}")
    return f"{{ {', '.join(pairs)} }}"


def _settings(settings: Mapping[str, Value]) -> Iterator[str]:
    for key in sorted(settings, key=place_in_order):
        if not key.startswith(VARIABLE):
            yield _pair(key, settings[key])
        elif settings[key] is not None:
            yield f"env.{_key(key.removeprefix(VARIABLE))} = {_value(settings[key])}"


def _variables(settings: Mapping[str, Value]) -> list[tuple[str, Value]]:
    return [
        (key.removeprefix(VARIABLE), value) for key, value in settings.items() if key.startswith(VARIABLE)
    ]


def _others(settings: Mapping[str, Value]) -> list[tuple[str, Value]]:
    keys = sorted((key for key in settings if not key.startswith(VARIABLE)), key=place_in_order)
    return [(key, settings[key]) for key in keys]


def _pair(key: str, value: Value) -> str:
    single = f"{_key(key)} = {_value(value)}"
    lines = single.split("\n")
    if len(lines) == 1 and len(single) > _WIDTH and isinstance(value, tuple) and value:
        return f"{_key(key)} = {_array([_item(item) for item in value], wide=True)}"
    return single


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        return _array([_item(item) for item in value])
    return repr(value)


def _item(item: str | Line) -> str:
    return _command(item) if isinstance(item, Line) else _text(item)


def _array(items: list[str], *, wide: bool = False) -> str:
    single = f"[{', '.join(items)}]"
    if len(items) > 1 and (wide or len(single) > _WIDTH):
        return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return single


def _command(command: Line) -> str:
    plain = fits_in_a_line(command.words)
    run = _text(line(command.words)) if plain else _array([_text(word) for word in command.words])
    more = []
    if command.ok_codes != (0,):
        more.append(f"ok-codes = {_numbers(command.ok_codes)}")
    if command.retries:
        more.append(f"retries = {command.retries}")
    if command.ignore_failure:
        more.append("ignore-failure = true")
    return f"{{ {', '.join((f'run = {run}', *more))} }}" if more else run


def _numbers(codes: tuple[int, ...]) -> str:
    """Return a list of exit codes; a long one on several lines, as even an inline table may have them."""
    rows = [", ".join(map(str, codes[at : at + _IN_A_ROW])) for at in range(0, len(codes), _IN_A_ROW)]
    if len(rows) <= 1:
        return f"[{', '.join(rows)}]"
    why = "" if 0 in codes else "  # it has to fail"
    return f"[{why}\n" + "".join(f"    {row},\n" for row in rows) + "  ]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    number = ord(character)
    return character if character.isprintable() else f"\\U{number:08x}"
