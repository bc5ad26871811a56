"""Greetings, one at a time."""

from greeter.guest import Guest, read_guest
from greeter.phrases import LANGUAGES, UnknownLanguage, greet

__all__ = ["LANGUAGES", "Guest", "UnknownLanguage", "greet", "read_guest"]
