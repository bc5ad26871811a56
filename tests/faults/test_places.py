"""Unusual places: folders with strange names, no home, no git, other locales, clocks that jump.

Runner works there, or says in one error what is wrong, where, and what to do; when that is mended, the next
run works without anything done by hand.
"""

import os
import shutil
import sys
import sysconfig
import time
from itertools import product
from pathlib import Path

import pytest
from tests.faults.places import LONG, check, fill

from runner.model.visible import line
from runner.testing import FakeClock, Invocation, Project
from runner.testing.process import RUNNER


def moved(project: Project, root: Path) -> Project:
    """Put the project's root elsewhere."""
    root.parent.mkdir(parents=True, exist_ok=True)
    project.root.rename(root)
    project.root = root
    return project


def refused(outcome: Invocation, code: int, *said: str) -> None:
    """Check that there was one clear error."""
    outcome.assert_exit(code).assert_said(*said)
    assert outcome.stderr.count("error:") <= 1, outcome.stderr


# --- names of folders -------------------------------------------------------------------------------------


NAMES = (
    *(
        "with  blanks ",
        "it's",
        '"quoted"',
        "-leading",
        "a\\backslash",
        "%41",
        "#",
        "$HOME",
        "`x`",
        "$(x)",
        "~",
    ),
    *("{braces}", "{root}", "semi;colon&", "a,comma", "[brackets]*?", "@x", "+", "e\u0301", "'", "a=b"),
    *("n" * 255, "\x1b[31mred", "näme"),
)
"""With `RUNNER_LONG_FAULTS=1` each by itself; else most of them at once."""


@pytest.mark.parametrize(
    "name",
    NAMES if LONG else ['-it\'s "a" $HOME `x` $(x) {b} {root} ;&a,b=[c]*?%41#~\\@+\x1b[31m näme 名前 '],
)
def test_a_project_folder_may_have_any_name(project: Project, tmp_path: Path, name: str) -> None:
    moved(fill(project), tmp_path / "other" / name)
    check(project.run_process("-j2"))
    check(project.run_process("--reuse", "-j2"))
    project.run_process("clean", "--all").assert_exit(0)


@pytest.mark.parametrize("character", [":", "\n", "\t", "\r"] if LONG else ["\n"])
def test_a_name_that_no_environment_can_have_is_refused_with_what_to_do(
    project: Project, tmp_path: Path, character: str
) -> None:
    moved(fill(project), tmp_path / f"a{character}b")
    named = line(f"/a{character}b/.runner: a path")
    refused(project.run_process(), 2, named, repr(character), "set work-dir to a folder elsewhere")
    config = (project.root / "runner.toml").read_text()
    project.config(f'work-dir = "{tmp_path}/work"\n{config}')
    check(project.run_process())


def test_a_name_that_is_not_utf_8_is_refused_with_what_to_do(project: Project, tmp_path: Path) -> None:
    moved(fill(project), tmp_path / "n\udce4me")
    for verb in ("run", "plan", "lock"):
        refused(project.run_process(verb), 2, "is not valid UTF-8", "rename")
    moved(project, tmp_path / "name")
    check(project.run_process())


@pytest.mark.parametrize("length", [130, 260, 1000, 3000, 3700, 3900, 4000, 4050, 4080] if LONG else [3900])
def test_a_very_long_path_works_or_is_refused(project: Project, tmp_path: Path, length: int) -> None:
    fill(project)
    place = tmp_path
    while len(str(place)) < length:
        place /= "p" * min(200, max(1, length - len(str(place)) - 1))
    moved(project, place)
    outcome = project.run_process()
    if outcome.exit_code:
        refused(outcome, outcome.exit_code, "too long")
        assert outcome.exit_code in {2, 4}
        assert length > 3000
    else:
        check(outcome)
    moved(project, tmp_path / "short")
    check(project.run_process())


# --- ways to a folder -------------------------------------------------------------------------------------


def test_a_project_that_is_reached_by_a_link_and_directly(project: Project, tmp_path: Path) -> None:
    fill(project)
    (tmp_path / "link").symlink_to(project.root)
    (tmp_path / "link-to-link").symlink_to("link")
    for cwd in (tmp_path / "link", project.root, tmp_path / "link-to-link"):
        check(project.run_process("--reuse", cwd=cwd))
    assert len(project.builds) == 1


def test_a_config_that_is_reached_by_dots_and_links(project: Project, tmp_path: Path) -> None:
    fill(project)
    (project.root / "src" / "more").mkdir()
    (tmp_path / "link").symlink_to(project.root / "src" / "more")
    check(project.run_process("-c", "../../runner.toml", cwd=project.root / "src" / "more"))
    check(project.run_process(cwd=tmp_path / "link"))
    check(project.run_process("-c", f"{tmp_path}/link/../../runner.toml"))
    assert len(project.builds) == 1


def test_a_work_dir_that_is_a_link_stays_one(project: Project, tmp_path: Path) -> None:
    fill(project)
    (tmp_path / "big-disk").mkdir()
    (project.root / ".runner").symlink_to(tmp_path / "big-disk")
    check(project.run_process())
    project.run_process("clean", "--all").assert_exit(0)
    assert list((tmp_path / "big-disk").iterdir()) == []
    shutil.rmtree(tmp_path / "big-disk")
    refused(project.run_process(), 2, "is a link to", "big-disk, where no folder is")
    (tmp_path / "big-disk").mkdir()
    check(project.run_process())


def test_a_file_where_the_work_dir_should_be(project: Project) -> None:
    fill(project)
    (project.root / ".runner").touch()
    refused(project.run_process(), 2, ".runner", "there is a file of that name")
    (project.root / ".runner").unlink()
    check(project.run_process())


# --- homes and variables ----------------------------------------------------------------------------------


def test_an_empty_environment(project: Project) -> None:
    fill(project)
    names = ("UV_CONFIG_FILE", "RUNNER_CACHE_DIR", "UV_CACHE_DIR")
    kept = [f"{name}={project.environ[name]}" for name in names]
    outcome = project.run_process(program=("env", "-i", *kept, *RUNNER))
    outcome.assert_exit(0).assert_said("2 passed")


@pytest.mark.parametrize(
    "home", [None, "", "relative", "/dev/null", "/nowhere/at/all"] if LONG else [None, "relative"]
)
def test_a_home_that_is_none(project: Project, home: str | None) -> None:
    fill(project)
    for name in ("HOME", "USER", "LOGNAME"):
        project.environ.pop(name, None)
    if home is not None:
        project.environ["HOME"] = home
    check(project.run_process())
    check(project.run_process())


def test_no_place_for_the_user_cache_is_told_with_what_to_do(project: Project) -> None:
    fill(project)
    del project.environ["RUNNER_CACHE_DIR"]
    project.environ["HOME"] = "/dev/null"
    check(project.run_process())  # it does without
    project.run_process("-v").assert_said("nothing can be kept in /dev/null")


@pytest.mark.parametrize("tmp", ["/nowhere/at/all", "/dev/null", "relative"] if LONG else ["/nowhere/at/all"])
def test_a_tmpdir_that_is_none(project: Project, tmp: str) -> None:
    check(fill(project).run_process(env={"TMPDIR": tmp}))


@pytest.mark.parametrize("umask", ["000", "077", "0777"] if LONG else ["077"])
def test_any_umask(project: Project, umask: str) -> None:
    fill(project)
    program = ("sh", "-c", f'umask {umask}; exec "$@"', "sh", *RUNNER)
    check(project.run_process(program=program))
    check(project.run_process())


# --- locales ----------------------------------------------------------------------------------------------


ALL_LOCALES = tuple(
    product(("C", "POSIX", "xx_XX.UTF-8", "", "de_DE.ISO-8859-1"), (None, "0", "1"), ("plain", "näme"))
)


@pytest.mark.parametrize(
    ("locale", "utf8", "name"),
    ALL_LOCALES if LONG else [("C", None, "näme"), ("POSIX", "0", "plain"), ("C", "0", "näme")],
)
def test_any_locale(project: Project, tmp_path: Path, locale: str, utf8: str | None, name: str) -> None:
    moved(fill(project), tmp_path / name)
    env = {"LC_ALL": locale, "LANG": locale}
    if utf8 is not None:
        env |= {"PYTHONUTF8": utf8, "PYTHONCOERCECLOCALE": utf8}
    outcome = project.run_process(env=env)
    if outcome.exit_code and utf8 == "0" and name != "plain":
        refused(outcome, 2, "PYTHONUTF8=1")
    else:
        check(outcome)
    check(project.run_process())


# --- git --------------------------------------------------------------------------------------------------


def test_no_git(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    check(fill(project).run_process(env={"PATH": str(tmp_path / "bin")}))


@pytest.mark.parametrize("repository", [True, False] if LONG else [True])
def test_a_git_that_is_broken_is_named(project: Project, tmp_path: Path, *, repository: bool) -> None:
    fill(project)
    if repository:
        project.git()
    path = shim(tmp_path, "git", "#!/bin/sh\necho 'git: error: no developer tools were found' >&2\nexit 72\n")
    refused(project.run_process(env={"PATH": path}), 4, "no developer tools were found", "git")
    check(project.run_process())


@pytest.mark.parametrize("script", ["sleep 1", "true"] if LONG else ["true"])
def test_a_git_that_is_slow_or_a_shim(project: Project, tmp_path: Path, script: str) -> None:
    fill(project)
    project.git()
    real = shutil.which("git")
    path = shim(tmp_path, "git", f'#!/bin/sh\n{script}\nexec {real} "$@"\n')
    check(project.run_process(env={"PATH": path}))


def shim(folder: Path, name: str, text: str) -> str:
    """Put a program first on PATH, and return that."""
    (folder / "shims-here").mkdir()
    file = folder / "shims-here" / name
    file.write_text(text)
    file.chmod(0o755)
    return os.pathsep.join((str(file.parent), os.environ["PATH"]))


# --- clocks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [10, -10])
def test_what_runner_keeps_may_be_of_any_time(project: Project, years: int) -> None:
    fill(project)
    check(project.run_process())
    then = time.time() + years * 365 * 24 * 3600
    for place in (project.root / ".runner", project.folder / "cache"):
        for path in place.rglob("*"):
            os.utime(path, (then, then), follow_symlinks=False)
    check(project.run_process())
    check(project.run_process("--reuse"))


def test_a_clock_that_jumps_between_runs(project: Project) -> None:
    fill(project)
    now, year = time.time(), 365 * 24 * 3600.0
    for then in (now, now + 10 * year, now - year, 0.0, now):
        check(project.run("--reuse", clock=FakeClock(then)))
    for kind in ("runs", "logs"):  # however old, the newest 50 stay
        assert len(list((project.root / ".runner" / kind).iterdir())) == 5


# --- interpreters -----------------------------------------------------------------------------------------


def python_at(folder: Path) -> Path:
    """Make a Python of its own: a copied program, its library that of ours."""
    base = Path(sys.base_prefix)
    real = Path(sysconfig.get_config_var("BINDIR"), f"python{sysconfig.get_python_version()}")
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").symlink_to(base / "lib")
    shutil.copy2(real, folder / "bin" / "python3")
    return folder / "bin" / "python3"


def of_its_own(project: Project, python: Path, commands: str) -> None:
    project.index.add("six")
    project.config(
        f"""
        [defaults]
        package = "none"
        python = "{python}"
        [sessions.first]
        backend = "none"
        allow-external = ["*"]
        commands = [{commands}]
        [sessions.then]
        after = ["first"]
        deps = ["six"]
        commands = ["python -c 'import six'"]
        """
    )


def test_an_interpreter_that_vanished_between_runs(project: Project, tmp_path: Path) -> None:
    python = python_at(tmp_path / "python")
    of_its_own(project, python, '["true"]')
    project.run_process("-e", "then").assert_exit(0)
    python.rename(tmp_path / "away")
    for verb in (("--reuse",), ("lock",)):
        refused(
            project.run_process(*verb, "-e", "then", env={"CI": "1"}), 4, f"there is no Python at {python}"
        )
    (tmp_path / "away").rename(python)
    project.run_process("-e", "then").assert_exit(0)


def test_an_interpreter_that_vanishes_during_a_run(project: Project, tmp_path: Path) -> None:
    python = python_at(tmp_path / "python")
    of_its_own(project, python, f'["rm", "{python}"]')
    project.run_process("-e", "then").assert_exit(0)
    outcome = project.run_process("-j1")
    refused(outcome, 4, f"{python} is gone since it was found: run again")
    shutil.rmtree(tmp_path / "python")
    python_at(tmp_path / "python")
    project.run_process("-e", "then").assert_exit(0)
