"""Both tools asked about one project, side by side."""

import os
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from tests.differential.answers import ask_runner, ask_tox
from tests.differential.compare import Comparison, compare
from tests.differential.oracle import Oracle

from runner.testing import Project

LONG = bool(os.environ.get("RUNNER_DIFFERENTIAL"))
"""Everything is compared, not a sample; a run takes minutes."""

Account = Callable[[str, Comparison], None]
"""Takes what came of a comparison, for the sums at the end of the run."""


class Sides(Struct, frozen=True):
    """tox's process, and the variables that both tools start from."""

    oracle: Oracle
    variables: dict[str, str]
    account: Account

    def agree(
        self,
        project: Project,
        *options: str,
        env: Mapping[str, str] | None = None,
        posargs: Sequence[str] | None = None,
    ) -> None:
        """Check that both make the same of the project's config; `options` are tox's alone.

        Raises AssertionError that lists the fields that differ, and BrokenError when tox broke.
        """
        tox = ask_tox(self.oracle, project.root, *options, env=env, posargs=posargs)
        project.environ = dict(self.variables)
        runner = ask_runner(project, env=env, posargs=posargs)
        comparison = compare(tox, runner, str(project.root))
        self.account(project.root.name, comparison)
        assert not comparison.unknown, str(comparison)
