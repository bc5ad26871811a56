"""Conditions of `{replace = "if"}`, such as `env.CI and not factor['3.9'] or env_name == "lint"`."""

import ast
from collections.abc import Collection, Mapping

from runner.compat.tox.errors import ToxError

_LONGEST = 10_000


def holds(condition: str, environ: Mapping[str, str], factors: Collection[str], env: str) -> bool:
    """Say whether a condition holds. Raises ToxError for what is no condition."""
    if len(condition) > _LONGEST:
        raise ToxError(f"a condition has at most {_LONGEST:,} characters")
    try:
        tree = ast.parse(condition, mode="eval")
        return bool(_Condition(condition, environ, factors, env).value(tree.body))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ToxError(f"{condition!r} is no condition: {error}") from error


class _Condition:
    def __init__(self, text: str, environ: Mapping[str, str], factors: Collection[str], env: str) -> None:
        self._text = text
        self._environ = environ
        self._factors = factors
        self._env = env

    def value(self, node: ast.expr) -> str | bool:
        """Return what a part of the condition is worth."""
        if isinstance(node, ast.BoolOp):
            parts = map(self.value, node.values)
            return all(parts) if isinstance(node.op, ast.And) else any(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self.value(node.operand)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compared(node)
        return self._looked_up(node)

    def _compared(self, node: ast.Compare) -> bool:
        if not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            raise self._fault()
        same = self.value(node.left) == self.value(node.comparators[0])
        return same if isinstance(node.ops[0], ast.Eq) else not same

    def _looked_up(self, node: ast.expr) -> str | bool:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id="env_name"):
                return self._env
            case ast.Attribute(value=ast.Name(id=kind), attr=name):
                return self._named(kind, name)
            case ast.Subscript(value=ast.Name(id=kind), slice=ast.Constant(value=str(name))):
                return self._named(kind, name)
        raise self._fault()

    def _fault(self) -> ToxError:
        return ToxError(
            f"{self._text!r}: a condition is made of env.NAME, factor.NAME, env_name, text, == != and or not"
        )

    def _named(self, kind: str, name: str) -> str | bool:
        if kind == "env":
            return self._environ.get(name, "")
        if kind == "factor":
            return name in self._factors
        raise ToxError(f"{self._text!r}: expected env.{name} or factor.{name}, not {kind}.{name}")
