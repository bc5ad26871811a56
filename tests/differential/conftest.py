"""What the comparisons with tox share: tox in its own environment, a cache for the run, and the sums."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from tests.differential import machine
from tests.differential.compare import Comparison
from tests.differential.oracle import Oracle, install_tox
from tests.differential.reach import UnreachableError
from tests.differential.sides import Account, Sides

_PROPERTY = "compared with tox"


@pytest.fixture(scope="session")
def run_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all tests of this run share, those of other pytest-xdist workers too."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "differential"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def variables(run_cache: Path) -> dict[str, str]:
    """The variables that tox and runner start from."""
    return machine.variables(run_cache / "machine")


@pytest.fixture(scope="session")
def oracle(run_cache: Path, variables: dict[str, str]) -> Iterator[Oracle]:
    """A process of real tox that answers."""
    try:
        python = install_tox(run_cache / "tox")
    except UnreachableError as error:
        give_up(error)
    with Oracle(python, variables) as started:
        yield started


@pytest.fixture
def account(record_property: Callable[[str, object], None]) -> Account:
    """Return a call that keeps a comparison for the sums at the end."""

    def keep(title: str, comparison: Comparison) -> None:
        known = len(comparison.differences) - len(comparison.unknown)
        record_property(_PROPERTY, [comparison.fields, comparison.equal, known])

    return keep


@pytest.fixture
def sides(oracle: Oracle, variables: dict[str, str], account: Account) -> Sides:
    """Both tools, to be asked about one project."""
    return Sides(oracle, variables, account)


def give_up(error: UnreachableError) -> NoReturn:
    """Skip for want of the index, or fail where there has to be one."""
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many fields were compared, over all tests of the run."""
    kept = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == _PROPERTY
    ]
    if kept:
        fields, equal, known = (sum(column) for column in zip(*kept, strict=True))
        share = (equal + known) / fields if fields else 1.0
        terminalreporter.write_line(
            f"compared with tox: {fields} fields, {equal} equal, {known} differ as known, "
            f"{fields - equal - known} differ: {share:.3%} equal or known"
        )
