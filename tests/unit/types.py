"""Session types and backends for tests of config and plan."""

from runner.config import Adder, Lookups
from runner.model.settings import BACKENDS

OWN = Lookups(
    types=lambda name: Adder("session type", name) if name == "python" else None,
    backends=lambda name: Adder("backend", name) if name in BACKENDS else None,
)
"""What runner has itself."""

ANY = Lookups(types=lambda name: Adder("session type", name), backends=lambda name: Adder("backend", name))
"""A session type and a backend of whatever name, without keys."""
