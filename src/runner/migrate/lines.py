"""Commands as lines that are split as a POSIX shell splits, each `{...}` one unit, and arguments in them."""

import re

MARKED = ("zqfirstqz", "zqsecondqz")
"""Arguments after `--` that no command has by itself."""

_UNIT = re.compile(r"\{\{|\}\}|\{(?:[^{}]|\{\{|\}\}|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
_BARE = re.compile(r"[\w@%+=:,./~\[\]^-]*")
_VARIABLE = re.compile(r"\w+=")
_IN_DOUBLE_QUOTES = re.compile(r'([$`"\\])')


def line(words: tuple[str, ...]) -> str:
    """Return words, with substitutions in them, as one line."""
    return " ".join(_word(word, first=at == 0) for at, word in enumerate(words))


def fits_in_a_line(words: tuple[str, ...]) -> bool:
    """Say whether the words can be written as a line that people can read."""
    return all("\n" not in word and word.isprintable() for word in words) and words[:1] != ("cd",)


def posargs(default: tuple[str, ...]) -> str:
    """Return the word for the arguments after `--`, and what stands there without any."""
    return f"{{posargs:{line(default)}}}" if default else "{posargs}"


def is_posargs(word: str) -> bool:
    """Say whether a word stands for the arguments after `--`."""
    return word == "{posargs}" or word.startswith("{posargs:")


def _word(word: str, *, first: bool) -> str:
    plain = _UNIT.sub("", word)
    if is_posargs(word) or (
        word
        and _BARE.fullmatch(plain)
        and not word.startswith("~")
        and not (first and _VARIABLE.match(plain))
    ):
        return word
    if "'" not in plain:
        return f"'{word}'"
    at, parts = 0, []
    for unit in _UNIT.finditer(word):
        parts += [_IN_DOUBLE_QUOTES.sub(r"\\\1", word[at : unit.start()]), unit[0]]
        at = unit.end()
    return '"' + "".join((*parts, _IN_DOUBLE_QUOTES.sub(r"\\\1", word[at:]))) + '"'


def with_posargs(
    words: tuple[str, ...], bare: tuple[str, ...], given: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the words of a command with `{posargs}` where the marked arguments are among those `given`.

    `bare` are the words without arguments, of which `words` is the text to write. None: they are not whole
    arguments, or it cannot be told where they belong.
    """
    starts = [at for at in range(len(given) - 1) if given[at : at + 2] == MARKED]
    if not starts or sum(mark in word for word in given for mark in MARKED) != len(MARKED) * len(starts):
        return None
    if len(starts) > 1:
        return _several(words, given, starts)
    before, after = starts[0], len(given) - starts[0] - len(MARKED)
    end = len(bare) - after
    same = bare[:before] == given[:before] and bare[end:] == given[before + len(MARKED) :]
    if end < before or not same or len(words) != len(bare):
        return None
    return (*words[:before], posargs(words[before:end]), *words[end:])


def _several(words: tuple[str, ...], given: tuple[str, ...], starts: list[int]) -> tuple[str, ...] | None:
    """Return the words with several `{posargs}`, of which none has a default."""
    if len(words) != len(given) - len(MARKED) * len(starts):
        return None
    found = list(words)
    for count, start in reversed(list(enumerate(starts))):
        found.insert(start - len(MARKED) * count, posargs(()))
    return tuple(found)
