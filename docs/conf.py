# ruff: noqa: INP001 - Sphinx executes it
"""How the documentation is built: `sphinx-build -W -n -b html docs OUT`, in an environment with runner."""

import sys
from pathlib import Path

from runner import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "runner"
author = "the runner authors"
version = release = __version__
extensions = ["myst_parser", "from_the_code", "from_the_api"]
html_theme = "furo"
smartquotes = False  # quotes in tables are typed as they stand
html_title = f"runner {version}"
exclude_patterns = ["requirements.txt", "_ext"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
