"""Entry point of the `runner` command and of `python -m runner`."""

import sys


def main() -> int:
    """Run the command line of this process and return its exit code."""
    from runner.cli.main import main as run  # noqa: PLC0415 - the composition root is loaded on use

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
