"""The command `greet`."""

import sys

from greeter.guest import read_guest
from greeter.phrases import UnknownLanguage, greet


def main() -> int:
    """Greet everybody on the command line; 2 when somebody cannot be greeted."""
    try:
        for text in sys.argv[1:]:
            print(greet(read_guest(text)))
    except (ValueError, UnknownLanguage) as error:
        print(f"greet: {error}", file=sys.stderr)
        return 2
    return 0
