"""Commands for the configs of tests."""

import json


def python_command(code: str, *arguments: str) -> str:
    """Return the command that runs Python `code`, as text for a `commands` list of a config.

    Nothing in `code` is substituted; `arguments` are taken as config text, so `{posargs}` in them works.
    """
    taken_as_it_is = code.replace("{", "{{").replace("}", "}}")
    return json.dumps(["python", "-c", taken_as_it_is, *arguments])
