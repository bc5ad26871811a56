"""What hooks returned: taken apart, and its type checked."""

from collections.abc import Coroutine, Iterator
from typing import TypeVar

from runner.model.errors import PluginError

T = TypeVar("T")


def flat(found: object) -> Iterator[object]:
    """Yield what a hook returned: pluggy gives a list of answers, and an answer may be a tuple of several."""
    for answer in found if isinstance(found, list) else (found,):
        if isinstance(answer, list | tuple):
            yield from answer
        else:
            yield answer


def checked(value: object, plugin: str, hook: str, kind: type[T]) -> T:
    """Return what a hook returned, if it is of the kind that was asked for. Raises PluginError."""
    if isinstance(value, type):  # it has the methods, too, but nobody to call them on
        raise PluginError(
            f"plugin {plugin}: {hook} returned the class {value.__name__}, expected an instance of it"
        )
    if isinstance(value, Coroutine):  # Python would complain, too, that nobody awaits it
        value.close()
    if not isinstance(value, kind):
        missing = [name for name in _members(kind) if not hasattr(value, name)] if _is_protocol(kind) else []
        why = f": it has no {', '.join(missing)}" if missing else ""
        raise PluginError(
            f"plugin {plugin}: {hook} returned {type(value).__name__}, which is no {kind.__name__}{why}"
        )
    return value


def _is_protocol(kind: type) -> bool:
    return getattr(kind, "_is_protocol", False)


def _members(protocol: type) -> list[str]:
    return sorted(name for name in {*vars(protocol), *protocol.__annotations__} if not name.startswith("_"))
