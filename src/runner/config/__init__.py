"""runner's own config format: finding the file, reading it with positions, checking it, its JSON Schema."""

from runner.config.convert import convert
from runner.config.duration import parse_duration
from runner.config.find import EXAMPLE, Found, find
from runner.config.read import Raw, read
from runner.config.schema import schema

__all__ = ["EXAMPLE", "Found", "Raw", "convert", "find", "parse_duration", "read", "schema"]
