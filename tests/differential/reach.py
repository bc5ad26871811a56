"""Packages from the index that pip or uv is set up for on this machine."""

import os
import subprocess
from pathlib import Path

import uv

from runner.env.installers.indexes import translated


class UnreachableError(Exception):
    """Something could not be had from the index: there is no network, or no such file there."""


def run_uv(*argv: str, folder: Path) -> str:
    """Run uv in `folder`, which decides on settings files; return what it printed.

    Raises UnreachableError.
    """
    done = subprocess.run(
        [uv.find_uv_bin(), *argv, *translated(os.environ, folder).arguments],
        cwd=folder,
        env=reaching(folder),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        raise UnreachableError(f"uv {' '.join(argv)} failed: {done.stderr.strip()[-800:]}")
    return done.stdout


def reaching(folder: Path) -> dict[str, str]:
    """The variables of this process, and those that say where to look and which certificates to trust."""
    return {**os.environ, **translated(os.environ, folder).variables}
