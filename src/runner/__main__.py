"""Entry point of the `runner` command and of `python -m runner`."""

import gc
import os
import sys

from runner import __version__


def main() -> int:
    """Run the command line of this process and return its exit code."""
    if sys.argv[1:] == ["--version"] and _told(f"runner {__version__}\n"):
        return 0  # without importing the rest
    gc.disable()  # importing leaves no garbage, and looking for it takes a tenth of the start
    from runner.cli.main import main as run  # noqa: PLC0415 - the composition root is loaded on use

    return run(sys.argv[1:])


def _told(text: str) -> bool:
    """Print `text`, if stdout is there and takes it; nothing stays in a buffer if not."""
    if sys.stdout is None:
        return False
    try:
        os.write(sys.stdout.fileno(), text.encode())
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
