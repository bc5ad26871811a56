# /// script
# requires-python = ">=3.10"
# dependencies = []
# ///
"""Write the tables of benchmarks/results.json between the markers of the README and the page about speed."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import report
from bench.model import BenchmarkError, Results

ROOT = Path(__file__).resolve().parents[1]
PAGES: dict[str, Callable[[Results], str]] = {
    "README.md": report.readme_block,
    "docs/explanation/speed.md": report.page_block,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages, or with `--check` only tell whether they are up to date; 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds the README")
    given = parser.parse_args(argv)
    try:
        stale = _stale(given.root)
    except BenchmarkError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    for page, text in stale.items():
        if not given.check:
            page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{page.relative_to(given.root)}: {'out of date' if given.check else 'written'}\n")
    return 1 if given.check and stale else 0


def _stale(root: Path) -> dict[Path, str]:
    """Return the pages whose tables are not those of the results, with the text that they should have."""
    file = root / "benchmarks" / "results.json"
    if not file.is_file():
        raise BenchmarkError(f"{file.name} is not there: `python benchmarks/run.py` makes it")
    results: Results = json.loads(file.read_text(encoding="utf-8"))
    stale: dict[Path, str] = {}
    for name, block in PAGES.items():
        page = root / name
        before = page.read_text(encoding="utf-8")
        after = report.inserted(before, block(results), name)
        if after != before:
            stale[page] = after
    return stale


if __name__ == "__main__":
    sys.exit(main())
