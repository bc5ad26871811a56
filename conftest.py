"""Our tests use the harness that plugin authors use."""

import os

pytest_plugins = ["runner.testing.plugin"]


def pytest_xdist_auto_num_workers() -> int:
    """Return the workers of `-n auto`: two for each CPU, as many tests wait for processes of theirs."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 * cpus
