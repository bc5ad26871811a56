"""What `runner plan` says of wheels, locks and environments is what the next run then does."""

import json
import re
import shutil
from collections.abc import Callable

import pytest

from runner.testing import Project, python_command

Change = Callable[[Project], None]


def _config(project: Project, *lines: str) -> None:
    command = python_command("import greeter, attrs")
    text = ["[sessions.tests]", f"commands = [{command}]", *lines]
    project.config("\n".join(text) + "\n")


def _replaced(project: Project, name: str, old: str, new: str) -> None:
    text = (project.root / name).read_text()
    assert old in text
    project.file(name, text.replace(old, new, 1))


CHANGES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "nothing": (lambda _project: None, ()),
    "a source": (lambda project: _replaced(project, "src/greeter.py", "1.0", "2.0"), ()),
    "a dependency of the package": (
        lambda project: _replaced(project, "_build/metadata.json", '"attrs"', '"attrs", "six"'),
        (),
    ),
    "a requirement": (lambda project: _config(project, 'deps = ["six"]'), ()),
    "link-mode": (lambda project: _config(project, 'link-mode = "copy"'), ()),
    "backend": (lambda project: _config(project, 'backend = "venv"'), ()),
    "no package": (lambda project: _config(project, 'package = "none"', 'deps = ["attrs", "greeter"]'), ()),
    "nothing to install": (lambda project: void(project.config(_BARE)), ()),
    "no environment": (lambda project: void(project.config(f'{_BARE}backend = "none"\n')), ()),
    "upgrade, nothing is newer": (lambda _project: None, ("--upgrade",)),
    "upgrade": (lambda project: void(project.index.add("attrs", "25.2")), ("--upgrade",)),
    "the age of locks": (lambda project: _replaced(project, "runner.toml", "[", "lock-max-age = 0\n["), ()),
    "the cache was removed": (lambda project: shutil.rmtree(project.folder / "cache"), ()),
    "what is asked, and no answer": (lambda project: _config(project, 'deps = ["attrs>=20"]'), ()),
    "python was removed": (
        lambda project: (project.root / ".runner" / "envs" / "tests" / "bin" / "python").unlink(),
        (),
    ),
    "the environment was removed": (lambda project: void(project.run("clean")), ()),
}


_BARE = '[sessions.tests]\npackage = "none"\ncommands = ["python -V"]\n'


def void(_value: object) -> None:
    """Drop what an expression gives."""


@pytest.mark.parametrize("name", CHANGES)
def test_the_plan_and_the_log_agree(project: Project, name: str) -> None:
    change, options = CHANGES[name]
    project.index.add("attrs", "25.1")
    project.index.add("six")
    project.index.add("greeter")
    project.package("greeter", requires=("attrs",))
    _config(project)
    project.run().assert_exit(0)
    change(project)
    planned = project.run("plan", "--format", "json", "--reuse", *options).assert_exit(0)
    (cell,) = json.loads(planned.stdout)["cells"]
    outcome = project.run("--reuse", *options)
    log = outcome.log("tests")
    for part in ("wheel", "lock", "environment"):
        said, done = cell[part], re.search(rf"(?m)^{part}: (.*)$", log)
        assert agree(said, done[1] if done else ""), f"{part}: plan says {said!r}, the log says\n{log}"


def agree(said: str, done: str) -> bool:
    """Compare them, ages and durations left out; what can only be known later is not compared."""
    if said.startswith("known when "):
        return bool(done)
    if not done:
        return said in {"", "fresh", "none", "nothing to install"} or said.startswith("none: ")
    return _why(said) == _why(done)


def _why(words: str) -> str:
    words = re.sub(r"\d+(\.\d+)? (s|min|h|d)\b", "some time", words)
    words = re.sub(r"^to be (\w+)", r"\1", words)
    return re.sub(r"^built in some time with CPython [\d.]+", "built", words)
