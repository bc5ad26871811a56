"""The folders that values name, written as substitutions."""

import re
from collections.abc import Mapping

from msgspec import Struct

OTHER = "{{env-dir of {}}}"
"""What stands, until cells have their ids, for the folder of another environment."""


class Folders(Struct, frozen=True):
    """The folders that a value may name, and what is written for them; longer ones first."""

    known: tuple[tuple[str, str], ...]

    def plain(self, text: str) -> str:
        """Return text as runner's own format writes it: folders as substitutions, other braces doubled."""
        if not self.known:
            return _escaped(text)
        names = "|".join(re.escape(folder) for folder, _ in self.known)
        found = re.compile(rf"(?:(?<![\w./-])|(?<=://)|(?<=:///))((?:-[rce])?)({names})(?![\w.-])")
        written, at = dict(self.known), 0
        parts: list[str] = []
        for match in found.finditer(text):
            parts += [_escaped(text[at : match.start()]), match[1], written[match[2]]]
            at = match.end()
        return "".join((*parts, _escaped(text[at:])))


def folders(own: str, root: str, others: Mapping[str, str]) -> Folders:
    """Return the folders of an environment: its own, the project's, and those of other environments.

    What is written for those of others stands for folders that have other names in the end.
    """
    known = {below(own, "tmp"): "{tmp}", own: "{env-dir}", root: "{root}"}
    known |= {folder: OTHER.format(name) for name, folder in others.items() if folder != own}
    return Folders(tuple(sorted(known.items(), key=lambda item: -len(item[0]))))


def below(folder: str, name: str) -> str:
    """Return the path of what has the name in a folder."""
    return f"{folder}/{name}"


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
