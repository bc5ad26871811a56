"""What nobody expected, in one line."""

from collections.abc import Callable
from pathlib import Path

import runner
from runner.model.unexpected import describe


def raised_by(source: str, file: Path) -> str:
    """Call the function `go` of a module at `file`, as runner would, and return who is to blame."""
    names: dict[str, Callable[[], None]] = {}
    exec(compile(source, str(file), "exec"), names)  # noqa: S102 - a module of ours, at a place of our choice
    caller: dict[str, object] = {"go": names["go"]}
    ours = Path(runner.__file__).parent / "run" / "attempt.py"
    try:
        exec(compile("go()", str(ours), "exec"), caller)  # noqa: S102 - as above
    except Exception as error:  # noqa: BLE001 - whatever it is
        # This file's own frame is the test's, not that of any plugin.
        return describe(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
    raise AssertionError("nothing was raised")


def test_a_plugin_is_named_even_when_the_standard_library_raised_for_it() -> None:
    source = "import json\n\ndef go():\n    json.loads('nonsense')\n"
    said = raised_by(source, Path("/project/ci/our_plugin.py"))
    assert said.startswith("ci/our_plugin.py:4 (in go) raised JSONDecodeError: Expecting value")


def test_an_exception_without_words_is_named_by_its_type() -> None:
    said = raised_by("def go():\n    assert False\n", Path("/project/ci/our_plugin.py"))
    assert said == "ci/our_plugin.py:2 (in go) raised AssertionError"


def test_an_installed_package_is_a_guest_too() -> None:
    said = raised_by("def go():\n    raise KeyError('x\\ny')\n", Path("/env/site-packages/pkg/mod.py"))
    assert said == "pkg/mod.py:2 (in go) raised KeyError: 'x\\ny'"


def test_what_runner_raises_itself_is_a_bug() -> None:
    said = raised_by(
        "def go():\n    raise ValueError('one\\ntwo')\n", Path(runner.__file__).parent / "env" / "x.py"
    )
    assert said == "a bug in runner, please report it: ValueError: one in env/x.py:2"


def test_what_the_system_refuses_runner_is_no_bug() -> None:
    source = "def go():\n    raise OSError(28, 'No space left on device', '/log')\n"
    said = raised_by(source, Path(runner.__file__).parent / "env" / "x.py")
    assert said == "the system refused: [Errno 28] No space left on device: '/log'"
