# ruff: noqa: INP001 - imported by its name, from a folder that is no package
"""The hooks and the public names as values: what a page of reference says of each. No Sphinx in here."""

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator
from types import ModuleType

import msgspec
from msgspec import Struct

from runner.hooks import spec
from runner.hooks.loading import HOOKS

_FIRST = "One answer counts: that of the plugin named last, of those that do not return None."
_ONE = "One answer counts."
_TWO = "Two plugins that answer are an error."
_ALL = "All plugins are asked, and all that they return counts."
_HOOKIMPL = """Marks a function of a plugin, or a method of an object that is one: it fills the hook of its
name.

With `hookimpl(specname=NAME)` the function may be called otherwise. Arguments may be left out."""


class Member(typing.NamedTuple):
    """A method or property: how it is declared, and its docstring."""

    declaration: str
    doc: str


class Entry(typing.NamedTuple):
    """A hook or a name: how it is declared (several lines), its docstring, its methods and properties."""

    name: str
    declaration: str
    doc: str
    members: tuple[Member, ...] = ()


def hooks() -> tuple[Entry, ...]:
    """Return the hooks, in the order in which the specs declare them."""
    declared = [name for name in vars(spec) if name in HOOKS]
    return tuple(_hook(name, getattr(spec, name)) for name in declared)


def names(module: ModuleType) -> tuple[Entry, ...]:
    """Return what a module has in `__all__`, by name."""
    exported: list[str] = module.__all__
    return tuple(_entry(name, getattr(module, name)) for name in sorted(exported, key=str.lower))


def inner(module: ModuleType) -> tuple[Entry, ...]:
    """Return the structs that the values of a module's public structs hold, and that are not public."""
    public = {getattr(module, name) for name in module.__all__}
    seen: dict[type, None] = {}
    waiting = [one for one in public if _is_struct(one)]
    while waiting:
        for hint in typing.get_type_hints(waiting.pop()).values():
            new = [one for one in _structs_in(hint) if one not in seen and one not in public]
            seen.update(dict.fromkeys(new))
            waiting += new
    return tuple(_entry(one.__name__, one) for one in sorted(seen, key=lambda one: one.__name__.lower()))


def _hook(name: str, function: Callable[..., object]) -> Entry:
    options: dict[str, object] = getattr(function, f"{spec.PROJECT}_spec")
    doc = _doc(function)
    one = _ONE if _TWO in " ".join(doc.split()) else _FIRST
    how = one if options["firstresult"] else _ALL
    return Entry(name, _declared(name, function), f"{doc}\n\n{how}")


def _entry(name: str, value: object) -> Entry:
    if value is spec.hookimpl:
        return Entry(name, f"@{name}", _HOOKIMPL)
    if inspect.isfunction(value):
        return Entry(name, _declared(name, value), _doc(value))
    if not isinstance(value, type):
        raise TypeError(f"{name} is nothing that can be described")
    head, *fields = [_head(value), *_fields(value)]
    return Entry(name, "\n    ".join([head, *fields]), _doc(value), tuple(_members(value)))


def _head(kind: type) -> str:
    if _is_struct(kind):
        return f"class {kind.__name__}"
    if getattr(kind, "_is_protocol", False):
        return f"class {kind.__name__}(Protocol)"
    if issubclass(kind, Exception):
        own = kind.__init__ is not Exception.__init__
        return f"class {kind.__name__}(Exception)" + (f"\n    def __init__{_signature(kind)}" if own else "")
    return f"class {kind.__name__}{_signature(kind).removesuffix(' -> None')}"


def _fields(kind: type) -> Iterator[str]:
    """Yield the fields of a struct, or what a Protocol declares, as they would be written."""
    hints = typing.get_type_hints(kind) if _is_struct(kind) or getattr(kind, "_is_protocol", False) else {}
    defaults = {f.name: _default(f) for f in msgspec.structs.fields(kind)} if _is_struct(kind) else {}
    for name, hint in hints.items():
        if not name.startswith("_"):
            yield f"{name}: {shown(hint)}{defaults.get(name, '')}"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is not msgspec.NODEFAULT:
        return f" = {field.default!r}"
    if field.default_factory is not msgspec.NODEFAULT:
        return f" = {field.default_factory()!r}"
    return ""


def _members(kind: type) -> Iterator[Member]:
    for name, value in vars(kind).items():
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if name.startswith("_"):
            continue
        if isinstance(function, property):
            hint = typing.get_type_hints(function.fget).get("return") if function.fget else None
            yield Member(f"{name}: {shown(hint)}", _doc(function))
        elif inspect.isfunction(function):
            yield Member(_declared(name, function), _doc(function))


def _declared(name: str, function: Callable[..., object]) -> str:
    return f"def {name}{_signature(function)}"


def shown(hint: object) -> str:
    """Write a type as one would, without modules."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(shown, arguments))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if isinstance(hint, list):
        return f"[{', '.join(map(shown, hint))}]"
    if origin is not None:
        return f"{_name(origin)}[{', '.join(map(shown, arguments))}]"
    return "..." if hint is Ellipsis else _name(hint)


def _name(hint: object) -> str:
    if isinstance(hint, typing.ForwardRef | str):
        return hint if isinstance(hint, str) else hint.__forward_arg__
    name = str(getattr(hint, "__name__", hint))
    return "None" if name == "NoneType" else name


class _Written:
    """What stands in a signature as it is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _signature(function: Callable[..., object]) -> str:
    made = inspect.signature(function, eval_str=True)
    parameters = [_parameter(parameter) for parameter in made.parameters.values()]
    result = made.return_annotation
    if result is not inspect.Signature.empty:
        result = _Written(shown(result))
    return str(made.replace(parameters=parameters, return_annotation=result))


def _parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    annotation, default = parameter.annotation, parameter.default
    if annotation is not inspect.Parameter.empty:
        annotation = _Written(shown(annotation))
    if inspect.isfunction(default):
        default = _Written(default.__name__)
    elif default is not inspect.Parameter.empty:
        default = _Written(repr(default).replace(repr(sys.executable), "sys.executable"))
    return parameter.replace(annotation=annotation, default=default)


def _doc(value: object) -> str:
    return inspect.getdoc(value) or ""


def _is_struct(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Struct)


def _structs_in(hint: object) -> Iterator[type]:
    origin = typing.get_origin(hint)
    for one in (hint, origin):
        if isinstance(one, type) and _is_struct(one):
            yield one
    for argument in typing.get_args(hint):
        yield from _structs_in(argument)
