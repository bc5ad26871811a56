# /// script
# requires-python = ">=3.10"
# dependencies = []
# ///
"""The children alone: a command, in environments that are there, or a number of times, some at a time."""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def main() -> None:
    """Start the command that stands after `--`, and fail when one of the children does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--environments", type=Path, help="a folder of environments: the command runs in each"
    )
    parser.add_argument("--times", type=int, help="how often the command runs, without an environment")
    parser.add_argument("--jobs", type=int, default=2)
    end = sys.argv.index("--")
    given = parser.parse_args(sys.argv[1:end])
    folders = sorted(given.environments.iterdir()) if given.environments else [None] * given.times
    command = sys.argv[end + 1 :]
    with ThreadPoolExecutor(given.jobs) as pool:
        for done in [pool.submit(_start, command, folder) for folder in folders]:
            done.result()


def _start(command: list[str], environment: Path | None) -> None:
    environ = dict(os.environ)
    if environment is not None:
        programs = environment.absolute() / "bin"
        environ["PATH"] = f"{programs}{os.pathsep}{environ['PATH']}"
        command = [str(programs / command[0]), *command[1:]]
    subprocess.run(command, check=True, env=environ, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
