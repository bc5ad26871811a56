"""The program ``marktable``."""

import sys
from pathlib import Path

from marktable import as_yaml, rows


def main(argv=None):
    text = Path((argv or sys.argv[1:])[0]).read_text(encoding="utf-8")
    try:
        print(as_yaml(text), end="")
    except ModuleNotFoundError:
        print(*rows(text), sep="\n")
