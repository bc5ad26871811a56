"""A backend with keys and a lock of its own: runner keeps the lock, and resolves around what it pins."""

import re
from collections.abc import Callable

import pytest

from runner.env.locks.backend_file import content_of
from runner.testing import Project

PLUGIN = """
import json
import pathlib
import sys
import venv

import msgspec
import runner


class Keys(msgspec.Struct, frozen=True, rename="kebab"):
    crates: tuple[str, ...] = ()
    more: str = ""


class Crates:
    '''Takes the newest version of each crate from `crates.json`; one of them is a Python distribution.'''

    name = "crates"
    keys = Keys
    lock_ending = "lock"

    def describe(self):
        return "crates 1"

    def _keys(self, spec):
        return spec.keys_as(Keys)

    def inputs(self, spec):
        return {"crates": " ".join(self._keys(spec).crates)}

    def requirements(self, spec):
        more = self._keys(spec).more
        return (more,) if more else ()

    def resolve(self, spec, wish, stop):
        there = json.loads(pathlib.Path(spec.root, "crates.json").read_text())
        before = dict(line.split() for line in wish.before.splitlines())
        lines = []
        for name in self._keys(spec).crates:
            if name not in there:
                raise runner.CellError("lock", f"there is no crate {name}")
            keeps = name in before and name not in wish.upgrade
            lines.append(f"{name} {before[name] if keeps else there[name]}")
        print("resolved", wish.offline)
        return "\\n".join(lines)

    def contents(self, lock):
        return tuple(
            runner.Content(name, version, "0" * 64, "left" if name == "left-crate" else None)
            for name, version in (line.split() for line in lock.splitlines())
        )

    def interpreter(self, spec, stop):
        return sys.executable

    def create(self, spec, folder, stop):
        venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
        (site,) = folder.glob("lib/python*/site-packages")
        for each in self.contents(spec.backend_lock.text):
            if each.python:
                info = site / f"{each.python}-{each.version}.dist-info"
                info.mkdir()
                (info / "METADATA").write_text(f"Name: {each.python}\\nVersion: {each.version}\\n")
                (site / f"{each.python}.py").write_text(f"VERSION = 'crate {each.version}'\\n")
        return runner.Environment(
            python=str(folder / "bin" / "python"),
            programs=(str(folder / "bin"),),
            variables={"CRATES": spec.backend_lock.text},
            folder=str(folder),
            site=str(site),
        )


@runner.hookimpl
def runner_backend(name):
    return Crates() if name == "crates" else None
"""

CONFIG = """
plugins = ["./crate_plugin.py"]

[sessions.c]
backend = "crates"
package = "none"
crates = ["left-crate", "engine"]
more = "extra"
deps = ["right"]
commands = ["python -c 'import left, right, extra; print(left.VERSION, right.VERSION, extra.VERSION)'"]
"""


@pytest.fixture
def crates(project: Project) -> Callable[..., None]:
    """Write the project; return what sets versions of the crates."""
    project.index.add("right", requires=("left>=1",))
    project.index.add("left", "9.0")
    project.index.add("extra")
    project.file("crate_plugin.py", PLUGIN)
    project.config(CONFIG)

    def available(left: str, engine: str = "1.0") -> None:
        project.file("crates.json", f'{{"left-crate": "{left}", "engine": "{engine}"}}')

    return available


def test_what_a_backend_pins_is_kept_and_not_installed_again(
    project: Project, crates: Callable[..., None]
) -> None:
    crates("2.0")
    assert "crates: to be resolved (nothing remembered)" in project.run("plan").assert_exit(0).stdout
    first = project.run().assert_exit(0)
    assert "crate 2.0 1.0 1.0" in first.log("c")
    assert "crates lock: resolved (nothing remembered)" in first.log("c")
    assert first.cell("c").version("left") == "2.0"

    crates("3.0", "1.1")
    again = project.run("--reuse", "-v").assert_exit(0)
    assert "crate 2.0 1.0 1.0" in again.log("c")
    assert re.search(r"crates lock: reused \(\S+ \S+ old\)", again.log("c"))
    assert "environment: kept" in again.log("c")
    one = project.run("--upgrade", "engine", "--reuse").assert_exit(0)
    assert "crates lock: resolved (--upgrade engine)" in one.log("c")
    assert "environment: made anew: the lock of the backend changed" in one.log("c")
    assert "crate 2.0 1.0 1.0" in one.log("c")
    assert "warning" not in one.log("c")
    assert "crate 3.0 1.0 1.0" in project.run("--upgrade").assert_exit(0).log("c")


def test_projects_that_ask_for_the_same_have_locks_of_their_own(
    project: Project, crates: Callable[..., None], make_project: Callable[[], Project]
) -> None:
    crates("2.0")
    project.run().assert_exit(0)
    other = make_project()
    other.environ = dict(project.environ)
    for name in ("runner.toml", "crate_plugin.py"):
        other.file(name, (project.root / name).read_text())
    other.file("crates.json", '{"left-crate": "3.0", "engine": "1.0"}')
    assert "crate 3.0 1.0 1.0" in other.run().assert_exit(0).log("c")


def test_what_does_not_go_with_what_a_backend_pins_is_explained(
    project: Project, crates: Callable[..., None]
) -> None:
    crates("0.5")
    run = project.run().assert_exit(4)
    assert "left is fixed at 0.5 by the backend crates" in run.log("c")
    crates("not-a-version")
    run = project.run("--upgrade").assert_exit(4)
    assert "the backend crates has left not-a-version, which is no version" in run.cell("c").reason
    project.file("crates.json", "{}")
    run = project.run("--upgrade").assert_exit(4)
    assert "there is no crate left-crate" in run.cell("c").reason


def test_the_lock_of_a_backend_is_committed_and_checked(
    project: Project, crates: Callable[..., None]
) -> None:
    crates("2.0")
    assert project.run("lock", "--check").assert_exit(1).stdout == (
        "c: locks/crates.c.lock is missing: `runner lock` writes it\n"
    )
    assert project.run("lock").assert_exit(0).stdout == (
        "c: locks/crates.c.lock written\n  locks/pylock.c.toml written\n"
    )
    file = project.root / "locks" / "crates.c.lock"
    whole = file.read_text()
    assert whole.splitlines()[1:3] == ["left-crate 2.0", "engine 1.0"]
    crates("3.0", "1.1")
    project.run("lock", "--check").assert_exit(0)
    assert "unchanged" in project.run("lock").assert_exit(0).stdout
    assert "crates lock: committed" in project.run("--locked").assert_exit(0).log("c")
    run = project.run("--upgrade").assert_exit(0)
    assert "crate 3.0 1.0 1.0" in run.log("c")
    assert any("crates.c.lock is left as it is: `runner lock -e c --upgrade`" in w for w in run.warnings)
    run = project.run("--upgrade", "engine").assert_exit(0)
    assert "crates lock: resolved (--upgrade engine)" in run.log("c")
    assert "crate 2.0 1.0 1.0" in run.log("c")

    text = project.run("lock", "--upgrade").assert_exit(0).stdout
    assert "locks/crates.c.lock updated\n  engine 1.0 -> 1.1\n  left-crate 2.0 -> 3.0" in text
    assert "locks/pylock.c.toml updated\n  what is fixed changed: + left==3.0, - left==2.0" in text

    file.write_text(whole.replace("engine 1.0", "engine 0.9"))
    run = project.run().assert_exit(4)
    assert "crates.c.lock is damaged: it was changed by hand; `runner lock -e c`" in run.cell("c").reason
    file.write_text("engine 0.9\n")
    assert "was not written by runner" in project.run().assert_exit(4).cell("c").reason
    file.write_text(content_of("c", "another format\nof a lock\n", {"crates": "left-crate engine"}))
    run = project.run().assert_exit(4)
    assert "crates.c.lock is damaged: the backend crates cannot read it: too many" in run.cell("c").reason
    assert "the backend crates cannot read it" in project.run("lock", "--check").assert_exit(1).stdout
    assert "crates.c.lock updated\n  it was damaged" in project.run("lock").assert_exit(0).stdout
    file.write_text(whole)

    project.config(CONFIG.replace('["left-crate", "engine"]', '["engine", "left-crate"]'))
    run = project.run("--locked").assert_exit(4)
    assert "crates.c.lock is stale (crates changed): `runner lock -e c` updates it" in run.cell("c").reason
    run = project.run().assert_exit(0)
    assert any("crates.c.lock is stale (crates changed), other versions are used" in w for w in run.warnings)

    project.config(CONFIG.replace('backend = "crates"', "").replace('crates = ["left-crate", "engine"]', ""))
    project.config((project.root / "runner.toml").read_text().replace('more = "extra"', ""))
    assert "crates.c.lock removed: it belongs to no cell" in project.run("lock").assert_exit(0).stdout


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('backend = "crates"', ""), "sessions.c.crates: is a key of the backend `crates`, and no cell of"),
        (("crates = [", "cratez = ["), 'unknown key; did you mean "crates"?'),
        (
            ('crates = ["left-crate", "engine"]', "crates = 3"),
            "sessions.c.crates: expected a list of strings",
        ),
    ],
)
def test_keys_of_a_backend_are_checked_as_any(
    project: Project, crates: Callable[..., None], change: tuple[str, str], says: str
) -> None:
    crates("2.0")
    other = (
        '\n[sessions.o]\nbackend = "crates"\npackage = "none"\n' if change[0].startswith("backend") else ""
    )
    project.config(CONFIG.replace(*change) + other)
    assert says in project.run("list").assert_exit(2).stderr


def test_keys_of_a_backend_stand_where_any_setting_can(project: Project, crates: Callable[..., None]) -> None:
    crates("2.0")
    project.config(
        """
        plugins = ["./crate_plugin.py"]
        [defaults]
        package = "none"
        crates = ["engine"]
        [sessions.c]
        commands = ["python -c 'import os; print(os.environ.get(\\"CRATES\\"))'"]
        matrix.backend = ["crates", "venv"]
        [[sessions.c.when]]
        match = { backend = "crates" }
        extra-crates = ["left-crate"]
        [sessions.d]
        [sessions.e]
        backend = "{tool}"
        crates = ["wheel"]
        matrix.tool = ["venv", "crates"]
        [sessions.f]
        backend = "{env:TOOL}"
        """
    )
    run = project.run("-e", "c").assert_exit(0)
    assert "engine 1.0\nleft-crate 2.0" in run.log("c-crates")
    assert "\nNone\n" in run.log("c-venv")
    assert '"crates": {' in project.run("schema").assert_exit(0).stdout
    project.environ["TOOL"] = "crates"
    for cell, crates_ in (("c-crates", "engine, left-crate"), ("e-crates", "wheel"), ("f", "engine")):
        assert f"crates = {crates_} " in project.run("config", "-e", cell).assert_exit(0).stdout
    project.config(
        """
        plugins = ["./crate_plugin.py"]
        [sessions.c]
        backend = "{tool}"
        crates = ["engine"]
        matrix.tool = ["venv", "crates"]
        """
    )
    assert "crates = engine " in project.run("config", "-e", "c-crates").assert_exit(0).stdout


def test_lasting_environments_are_kept_in_step_with_it(project: Project, crates: Callable[..., None]) -> None:
    crates("1.5", "3")
    project.run("env", "create").assert_exit(0).assert_said("c: made (")
    project.run("env", "create").assert_exit(0).assert_said("c: in step")
    project.run("env", "list").assert_exit(0).assert_said("in step")
    shown = project.run_process("env", "exec", "--", "printenv", "CRATES").assert_exit(0).stdout
    assert shown.split() == ["left-crate", "1.5", "engine", "3"]
    crates("1.5", "4")
    made = project.run("env", "create", "--upgrade", "engine").assert_exit(0)
    made.assert_said("c: made anew: the lock of the backend changed")
    text = project.run("env", "export").assert_exit(0).assert_said("does not have what crates pins").stdout
    assert "right==1.0" in text
