# /// script
# requires-python = ">=3.10"
# dependencies = []
# ///
"""Measure runner against tox, nox, hatch and the floor, all in turns, on this machine.

Needs git, an index for the tools and for what the samples install, and some of CPython 3.9 to 3.13. A full
run takes an hour or more on two CPUs, wants a machine that does nothing else, and writes results.json.
"""

import argparse
import datetime as dt
import fnmatch
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import cases, machine, report, tools
from bench.measure import Measurement
from bench.model import BenchmarkError, Case, Results
from bench.targets import targets

HERE = Path(__file__).resolve().parent
BUSY = 0.3
"""Load for each CPU, at the start, from which on numbers are not to be trusted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the command line selects; 0 when all was measured, whatever the numbers are."""
    parser = _parser()
    given = parser.parse_args(argv)
    work: Path = (given.work or Path(tempfile.mkdtemp(prefix="benchmarks-"))).resolve()
    complete = False
    try:
        results = _measure(given, work)
        complete = True
    except BenchmarkError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    finally:
        if given.work or given.keep or not complete:
            _say(f"the work folder is {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    whole = not (given.quick or given.only or given.tools)
    output: Path | None = given.output or (HERE / "results.json" if whole else None)
    if output:
        output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        _say(f"written to {output}; `python {Path(__file__).parent.name}/table.py` puts it into the pages")
    _say("")
    _say(report.target_text(results["targets"]))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, help="runs of each tool; cold ones are fewer (default: 5)")
    parser.add_argument(
        "--quick", action="store_true", help="two rounds and small matrices: to try it, not to quote it"
    )
    parser.add_argument(
        "--only", type=_words, default=(), metavar="CASE,...", help="cases, as patterns: warm-*,cold-trivial"
    )
    parser.add_argument(
        "--tools", type=_words, default=(), metavar="TOOL,...", help="runner, nox, tox, tox-uv, hatch, floor"
    )
    parser.add_argument("--source", type=Path, default=HERE.parent, help="where runner is installed from")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="work here, and take the tools that are there"
    )
    parser.add_argument("--resume", action="store_true", help="go on with what --work DIR has measured")
    parser.add_argument("--keep", action="store_true", help="keep the temporary work folder")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where results go (default, of a full run: results.json)"
    )
    return parser


def _measure(given: argparse.Namespace, work: Path) -> Results:
    pythons = machine.pythons()
    facts = machine.facts()
    if facts["load_at_start"] > BUSY * facts["cpus"]:
        _say(f"warning: the machine is busy (load {facts['load_at_start']}): numbers will be off")
    _say(f"Pythons: {', '.join(python.version for python in pythons)}")
    installed = tools.install(work / "tools", given.source.resolve(), pythons, _say)
    versions = installed.versions()
    _say(", ".join(f"{name} {version}" for name, version in versions.items()))
    chosen = _chosen(given, cases.every(pythons, _size(given), reuse=installed.runner_reuses()))
    measurement = Measurement(work, installed, _say)
    results: Results = {
        "date": dt.datetime.now(tz=dt.timezone.utc).date().isoformat(),
        "quick": given.quick,
        "jobs": cases.JOBS,
        "machine": facts,
        "pythons": [python.version for python in pythons],
        "versions": versions,
        "cases": [],
        "targets": [],
    }
    if given.resume:
        before = _measured_before(work)
        results["cases"] += before["cases"]
        results["quick"] |= before["quick"]
    done = {case["name"] for case in results["cases"]}
    for case in chosen:
        if case.name in done:
            continue
        _say(f"\n{case.name}: {case.title}")
        measured = measurement.measure(case)
        _say(report.case_text(measured))
        results["cases"].append(measured)
        results["targets"] = targets(results["cases"])
        (work / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return results


def _measured_before(work: Path) -> Results:
    """Return what a run in this folder measured before it was ended. Raises BenchmarkError."""
    file = work / "results.json"
    try:
        before: Results = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"--resume: {file} cannot be read: {error}") from error
    return before


def _size(given: argparse.Namespace) -> cases.Size:
    size = cases.QUICK if given.quick else cases.FULL
    if given.rounds is None:
        return size
    return replace(size, rounds=given.rounds, cold_rounds=min(size.cold_rounds, given.rounds))


def _chosen(given: argparse.Namespace, known: Sequence[Case]) -> tuple[Case, ...]:
    """Return the cases that the command line names. Raises BenchmarkError."""
    names = [case.name for case in known]
    unknown = [word for word in given.only if not any(fnmatch.fnmatchcase(name, word) for name in names)]
    if unknown:
        raise BenchmarkError(f"no case is called {', '.join(unknown)}: there are {', '.join(names)}")
    wanted = given.only or ("*",)
    selected = [case for case in known if any(fnmatch.fnmatchcase(case.name, word) for word in wanted)]
    return cases.only(selected, given.tools)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
