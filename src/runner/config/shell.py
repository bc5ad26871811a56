"""What looks like a shell's syntax in a command, which no shell reads. Quoted, it is just an argument."""

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
    | (?P<quoted>\\. | '[^']*'? | "(?:[^"\\]|\\.)*"?)
    | (?P<brace>\{\{|\}\})
    | (?P<open>\{)
    | (?P<plain>[^ \t\r\n\\'"{}]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SEPARATOR = re.compile(r"\|\|?|&&?|;")
_SEMICOLON = re.compile(r".*[^;];", re.DOTALL)
_REDIRECTION = re.compile(r"[0-9]*(?:>>?|<<?<?)(?:&[0-9-])?|&>>?|[0-9]+>>?[^=]+|(?:>>?|<)[\w./~][\w./~-]*")
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=.*", re.DOTALL)

_NOT_READ = "is read by shells only, and commands are run without one"
_SHELL = """run a shell: { run = ["sh", "-c", "..."], allow-external = ["sh"] }"""


def bare_words(line: str) -> Iterator[str]:
    """Yield the words of a command line; one in which something is quoted or filled in is given as empty."""
    word, bare = "", True
    at = 0
    while at < len(line):
        match = _PIECE.match(line, at)
        kind = match.lastgroup if match else "other"
        start, at = at, match.end() if match else at + 1
        if kind == "blank":
            if word:
                yield word if bare else ""
            word, bare = "", True
            continue
        if kind == "open":
            at = _after_braces(line, start)
        word += line[start:at]
        bare = bare and kind == "plain"
    if word:
        yield word if bare else ""


def _after_braces(line: str, start: int) -> int:
    """Return where the substitution that opens at `start` ends."""
    depth = 0
    for at in range(start, len(line)):
        if line[at] == "{":
            depth += 1
        elif line[at] == "}":
            depth -= 1
            if not depth:
                return at + 1
    return len(line)


def shell_syntax(line: str) -> Iterator[tuple[str, str]]:
    """Yield what only a shell would read in a command line, and for each what to do instead."""
    for number, word in enumerate(bare_words(line)):
        variable = _VARIABLE.fullmatch(word)
        if number == 0 and word == "cd":
            yield "`cd` is a shell's own", 'use { run = "...", cwd = "..." }, or `cwd` of the session'
        elif number == 0 and variable:
            yield f"`{variable['name']}=` before a command {_NOT_READ}", "set variables with `env`"
        elif _SEPARATOR.fullmatch(word) or _SEMICOLON.fullmatch(word):
            operator = ";" if word.endswith(";") else word
            yield f"`{operator}` {_NOT_READ}", f"make it several commands, quote it, or {_SHELL}"
        elif _REDIRECTION.fullmatch(word):
            yield f"`{word}` {_NOT_READ}", f"quote it, or {_SHELL}"
        elif word == "*":
            yield f"`*` {_NOT_READ}", f"name the files, quote it, or {_SHELL}"
