"""What an install_command asks for, in the words of runner, which installs by itself."""

import os
import re

from msgspec import Struct

from runner.compat.tox.errors import ToxError

_PROGRAMS = (
    ("python", "-I", "-m", "pip", "install"),
    ("python", "-m", "pip", "install"),
    ("python3", "-m", "pip", "install"),
    ("pip", "install"),
    ("pip3", "install"),
    ("uv", "pip", "install"),
    ("python", "-m", "uv", "pip", "install"),
)
_WITHOUT_EFFECT = frozenset(
    (
        *(
            "-U",
            "--upgrade",
            "-I",
            "--ignore-installed",
            "--force-reinstall",
            "-q",
            "--quiet",
            "-v",
            "--verbose",
        ),
        *("--no-cache-dir", "--no-cache", "--disable-pip-version-check", "--no-warn-script-location"),
        *("--no-warn-conflicts", "--use-pep517", "--no-python-version-warning", "--no-input", "--isolated"),
        *("--exists-action=w", "--exists-action=i", "--no-color", "--progress-bar=off", "--no-user"),
    )
)
"""In an environment that is always new, and with an installer that fits it, these change nothing."""

_WITH_VALUE = frozenset(("--upgrade-strategy", "--exists-action", "--progress-bar", "--retries", "--timeout"))
_LINES = frozenset(
    (
        *("-c", "--constraint", "-r", "--requirement", "-f", "--find-links", "-i", "--index-url"),
        *("--extra-index-url", "--trusted-host", "--no-binary", "--only-binary", "-e", "--editable"),
    )
)
_RESOLUTIONS = frozenset(("highest", "lowest", "lowest-direct"))


_LOUDNESS = re.compile(r"-[qv]+")
_SHORT = ("-c", "-r", "-f", "-i", "-e")


class Installing(Struct, frozen=True):
    """`lines` are requirements-file lines that come before the others."""

    lines: tuple[str, ...] = ()
    prerelease: bool = False
    resolution: str | None = None


def understood(argv: tuple[str, ...], programs: str = "") -> Installing:
    """Return what the arguments of an install_command mean. Raises ToxError for what runner cannot do.

    `programs` is the folder of the environment's own, which may be called by their paths.
    """
    if programs and os.path.dirname(argv[0]) == programs:  # noqa: PTH120 - on text
        argv = (os.path.basename(argv[0]), *argv[1:])  # noqa: PTH119 - on text
    program = next((known for known in _PROGRAMS if argv[: len(known)] == known), None)
    if program is None:
        raise ToxError(
            "runner installs with uv or pip by itself; of install_command it understands options of"
            " `python -m pip install` and `uv pip install`, not another program"
        )
    given = (word for word in argv[len(program) :] if word != "{packages}")
    words = [part for word in given for part in _apart(word)]
    lines: list[str] = []
    prerelease, resolution = False, None
    while words:
        word = words.pop(0)
        option, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if word in {"--pre", "--prerelease=allow"}:
            prerelease = True
        elif word in _WITHOUT_EFFECT or _LOUDNESS.fullmatch(word):
            continue
        elif option in _LINES or option in _WITH_VALUE or option == "--resolution":
            value = value if equals else words.pop(0) if words else ""
            if option in _LINES:
                lines.append(f"{option} {value}")
            elif option == "--resolution" and value in _RESOLUTIONS:
                resolution = value
        elif not word.startswith("-"):
            lines.append(word)
        else:
            raise ToxError(
                f"install_command: runner has nothing for {word};"
                " remove it, or move what it does to commands_pre"
            )
    return Installing(tuple(lines), prerelease, resolution)


def _apart(word: str) -> tuple[str, ...]:
    """Return a short option and the value that is glued to it as two words."""
    return (word[:2], word[2:]) if word.startswith(_SHORT) and len(word) > len(_SHORT[0]) else (word,)
