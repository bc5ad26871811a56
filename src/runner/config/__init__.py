"""runner's own config format: finding the file, reading it with positions, checking it, its JSON Schema.

Where to look, in the order in which a file passes through:

- `find` finds it; `syntax` makes text and TOML values of it, `positions` notes lines, `read` gives the Raw.
- `convert` makes the Config: `sessions` reads one table of sessions, `inherit` adds what it inherits,
  `project` looks at the project beside the file.
- The keys are in `top` (and `[package]`), in `sessions` (with `axes` and `matching`), and in `settings` (with
  `commands` and `shell`), whose kinds of values are `derive`d from the model; what
  session types and backends add is read by `added`, and whose keys a table may hold is known to `in_use`.
- All of them use `walk` (nodes that keep what is wrong with them), `kinds` (of values: how each is read,
  and its JSON Schema), `names` (of sessions, axes and labels), `places` (of keys), `duration` and `requires`.
- `schema` puts the JSON Schema together, from the same keys and kinds.
"""

from runner.config.added import (
    Adder,
    Lookup,
    Lookups,
    adder_of_backend,
    adder_of_type,
    check_adder,
)
from runner.config.convert import convert
from runner.config.duration import parse_duration
from runner.config.find import EXAMPLE, Found, find
from runner.config.in_use import adders_in
from runner.config.positions import locate
from runner.config.read import Raw, read
from runner.config.requires import Versions
from runner.config.schema import schema
from runner.config.syntax import parse as parse_toml
from runner.config.syntax import read_text

__all__ = [
    "EXAMPLE",
    "Adder",
    "Found",
    "Lookup",
    "Lookups",
    "Raw",
    "Versions",
    "adder_of_backend",
    "adder_of_type",
    "adders_in",
    "check_adder",
    "convert",
    "find",
    "locate",
    "parse_duration",
    "parse_toml",
    "read",
    "read_text",
    "schema",
]
