"""Starts coverage in each Python process of a cell, and then runs the sitecustomize that this one hides.

Its folder is on PYTHONPATH, so any Python that a cell starts imports it: what stands here has to be known to
old ones, too, and quick; and one without coverage is left alone.
"""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec


def _start() -> None:
    settings = os.environ.get("MATRIX_RUNNER_COVERAGE")
    folder = os.environ.get("RUNNER_JUNIT_DIR")
    if not settings or not folder or not os.path.isfile(settings):  # noqa: PTH113 - quick
        return
    try:
        import coverage  # noqa: PLC0415 - where there is anything to measure
    except ImportError:
        return
    startup = coverage.process_startup
    if hasattr(startup, "coverage"):
        return
    measuring = coverage.Coverage(
        data_file=os.path.join(folder, "coverage", "data"),  # noqa: PTH118 - quick
        data_suffix=True,
        auto_data=True,
        config_file=settings,
    )
    vars(startup)["coverage"] = measuring  # so that a `coverage run` in this process measures alone
    measuring.start()


def _run_hidden() -> None:
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - quick
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]  # noqa: PTH100 - quick
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


try:
    _start()
finally:
    _run_hidden()
