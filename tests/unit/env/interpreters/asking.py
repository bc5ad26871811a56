"""How tests ask for Pythons."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from runner.env.interpreters.find import Downloads, Interpreters
from runner.model.python import Missing, Offer, PythonSpec, parse_python


class MakeInterpreters(Protocol):
    def __call__(
        self,
        missing: Missing = "error",
        path: str = "/nowhere",
        system_roots: tuple[str, ...] = (),
        offers: Mapping[PythonSpec, Offer] = MappingProxyType({}),
        downloads: Downloads | None = None,
    ) -> Interpreters: ...


def asks(text: str) -> PythonSpec:
    spec = parse_python(text)
    assert spec is not None
    return spec
