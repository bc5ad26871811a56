"""What runs remember: locks, wheels, environments; and that every reuse and every rebuild is explained."""

import shutil
import subprocess

import pytest

from runner.process import SystemProcesses
from runner.testing import Project, RecordingProcesses, python_command
from runner.testing.process import RUNNER

SHOW = python_command("import attrs; print('attrs', attrs.VERSION)")


def with_attrs(project: Project, *more: str) -> None:
    project.index.add("attrs", "25.1")
    project.config(
        "\n".join(
            (*more, "[sessions.tests]", 'package = "none"', 'deps = ["attrs"]', f"commands = [{SHOW}]", "")
        )
    )


def resolutions(processes: RecordingProcesses) -> int:
    return sum("compile" in argv for argv in processes.captures)


def recorded() -> RecordingProcesses:
    return RecordingProcesses(SystemProcesses())


# -- remembered locks


def test_the_second_run_resolves_nothing_and_says_so(project: Project) -> None:
    with_attrs(project)
    first = project.run().assert_exit(0)
    assert "lock: resolved (nothing remembered)" in first.log("tests")
    processes = recorded()
    second = project.run(processes=processes).assert_exit(0)
    assert resolutions(processes) == 0
    assert "lock: reused (" in second.log("tests")


def test_a_changed_requirement_is_resolved_and_named(project: Project) -> None:
    with_attrs(project)
    project.index.add("six")
    project.run().assert_exit(0)
    project.file(
        "runner.toml", (project.root / "runner.toml").read_text().replace('["attrs"]', '["attrs", "six"]')
    )
    changed = project.run().assert_exit(0)
    assert "lock: resolved (requirements changed: + six)" in changed.log("tests")


def test_an_old_lock_is_resolved_anew(project: Project) -> None:
    with_attrs(project, "lock-max-age = 0")
    project.run().assert_exit(0)
    project.index.add("attrs", "25.2")
    again = project.run().assert_exit(0)
    assert "lock: resolved (older than lock-max-age" in again.log("tests")
    assert again.cell("tests").version("attrs") == "25.2"


def test_upgrade_moves_all_or_one(project: Project) -> None:
    project.index.add("six", "1.0")
    with_attrs(project)
    text = (project.root / "runner.toml").read_text()
    project.file("runner.toml", text.replace('["attrs"]', '["attrs", "six"]'))
    project.run().assert_exit(0)
    project.index.add("attrs", "25.2")
    project.index.add("six", "2.0")
    kept = project.run().assert_exit(0).cell("tests")
    assert (kept.version("attrs"), kept.version("six")) == ("25.1", "1.0")
    one = project.run("--upgrade", "six").assert_exit(0).cell("tests")
    assert (one.version("attrs"), one.version("six")) == ("25.1", "2.0")
    both = project.run("--upgrade").assert_exit(0).cell("tests")
    assert (both.version("attrs"), both.version("six")) == ("25.2", "2.0")
    assert project.run().assert_exit(0).cell("tests").version("attrs") == "25.2"


def test_resolution_and_prerelease_are_axes_like_any_other(project: Project) -> None:
    project.index.add("attrs", "24.1")
    project.index.add("attrs", "26.0rc1")
    project.index.add("attrs", "25.1")
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        deps = ["attrs>=24"]
        commands = [{SHOW}]
        [sessions.tests.matrix]
        resolution = ["highest", "lowest-direct"]
        releases.final = {{}}
        releases.any = {{ prerelease = true }}
        """
    )
    run = project.run().assert_exit(0)
    found = {id_: cell.version("attrs") for id_, cell in run.cells.items()}
    assert found == {
        "tests-highest-final": "25.1",
        "tests-highest-any": "26.0rc1",
        "tests-lowest-direct-final": "24.1",
        "tests-lowest-direct-any": "24.1",
    }


# -- wheels


def package(project: Project) -> None:
    project.index.add("attrs", "25.1")
    project.package("greeter", requires=("attrs",))
    project.config(f"[sessions.tests]\ncommands = [{python_command('import greeter')}]\n")


def test_an_unchanged_tree_builds_nothing(project: Project) -> None:
    package(project)
    project.run().assert_exit(0)
    again = project.run().assert_exit(0)
    assert project.builds == ("wheel",)
    assert "wheel: reused (built " in again.log("tests")


def test_a_changed_file_is_built_once_and_named_and_resolves_nothing(project: Project) -> None:
    package(project)
    project.run().assert_exit(0)
    project.file("src/greeter.py", "VERSION = 'changed'\n")
    processes = recorded()
    changed = project.run(processes=processes).assert_exit(0)
    assert project.builds == ("wheel", "wheel")
    assert resolutions(processes) == 0
    assert "(src/greeter.py changed)" in changed.log("tests")
    assert "lock: reused" in changed.log("tests")
    assert "wheel: reused" in project.run().assert_exit(0).log("tests")


# -- environments


def test_reuse_keeps_an_environment_until_something_it_is_made_of_changes(project: Project) -> None:
    package(project)
    leave = "import sysconfig, pathlib; p = pathlib.Path(sysconfig.get_path('purelib'), 'left'); "
    project.config(
        f"[sessions.tests]\ncommands = [{python_command(leave + 'print(p.exists()); p.touch()')}]\n"
    )
    assert "False" in project.run("--reuse").assert_exit(0).log("tests")
    kept = project.run("--reuse").assert_exit(0)
    assert "True" in kept.log("tests")
    assert "environment: kept" in kept.log("tests")
    assert kept.cell("tests").version("attrs") == "25.1"
    project.file("src/greeter.py", "VERSION = 'changed'\n")
    anew = project.run("--reuse").assert_exit(0)
    assert "False" in anew.log("tests")
    assert "environment: made anew: the wheel changed" in anew.log("tests")
    assert "False" in project.run().assert_exit(0).log("tests")


def test_damage_to_a_shared_file_is_told_and_the_next_run_is_clean(project: Project) -> None:
    project.index.add("attrs", "25.1")
    append = "import attrs; f = open(attrs.__file__, 'a'); f.write('VERSION = 0\\n'); f.close()"
    project.config(
        f"""
        [sessions.harm]
        package = "none"
        deps = ["attrs"]
        commands = [{python_command(append)}]
        [sessions.tests]
        package = "none"
        deps = ["attrs"]
        commands = [{SHOW}]
        """
    )
    project.run("-e", "tests").assert_exit(0)
    harmed = project.run("-e", "harm").assert_exit(0)
    harmed.assert_said("attrs.py", 'link-mode = "copy"')
    clean = project.run("-e", "tests").assert_exit(0)
    assert "attrs 25.1" in clean.log("tests")
    assert "attrs.py" not in clean.stdout


def test_link_mode_copy_shares_nothing(project: Project) -> None:
    project.index.add("attrs", "25.1")
    look = "import attrs, os; assert os.stat(attrs.__file__).st_nlink == 1"
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        link-mode = "copy"
        deps = ["attrs"]
        commands = [{python_command(look)}]
        """
    )
    project.run().assert_exit(0)
    project.run().assert_exit(0)


# -- plan


def test_plan_says_what_would_be_reused_and_touches_nothing(project: Project) -> None:
    package(project)
    before = project.run("plan").assert_exit(0)
    assert "nothing stored" in before.stdout
    assert not (project.root / ".runner").exists()
    project.run().assert_exit(0)
    project.run("plan").assert_exit(0).assert_said("reused (built ", "reused (")
    project.file("src/greeter.py", "VERSION = 'changed'\n")
    project.run("plan").assert_exit(0).assert_said("src/greeter.py changed")
    assert project.builds == ("wheel",)


# -- committed locks


def test_committed_locks_are_used_checked_and_upgraded(project: Project) -> None:
    with_attrs(project)
    project.run("lock", "--check").assert_exit(1).assert_said("tests", "missing")
    project.run("lock").assert_exit(0).assert_said("locks/pylock.tests.toml")
    text = (project.root / "locks" / "pylock.tests.toml").read_text()
    assert "sha256" in text
    project.run("lock", "--check").assert_exit(0)
    project.index.add("attrs", "25.2")
    used = project.run("--locked").assert_exit(0)
    assert used.cell("tests").version("attrs") == "25.1"
    assert "lock: committed" in used.log("tests")
    project.run("lock").assert_exit(0).assert_said("unchanged")
    assert (project.root / "locks" / "pylock.tests.toml").read_text() == text
    project.run("lock", "--upgrade", "attrs").assert_exit(0).assert_said("attrs 25.1 -> 25.2")
    assert project.run("--locked").assert_exit(0).cell("tests").version("attrs") == "25.2"


def test_a_stale_lock_warns_at_a_desk_and_is_an_error_in_ci(project: Project) -> None:
    with_attrs(project)
    project.index.add("six")
    project.run("lock").assert_exit(0)
    text = (project.root / "runner.toml").read_text()
    project.file("runner.toml", text.replace('["attrs"]', '["attrs", "six"]'))
    desk = project.run().assert_exit(0)
    assert "+ six" in desk.log("tests")
    assert desk.cell("tests").version("six") == "1.0"
    for options, env in (((), {"CI": "true"}), (("--locked",), {})):
        refused = project.run(*options, env=env).assert_exit(4).assert_cells({"tests": "error"})
        assert "+ six" in refused.log("tests")
        assert "runner lock -e tests" in refused.log("tests")
    project.run("lock", "--check").assert_exit(1).assert_said("+ six")


def test_locked_needs_a_lock_for_every_cell_that_installs(project: Project) -> None:
    with_attrs(project)
    missing = project.run("--locked").assert_exit(4)
    assert "locks/pylock.tests.toml" in missing.log("tests")


def test_a_lock_of_a_cell_that_is_no_more_is_named_and_removed(project: Project) -> None:
    with_attrs(project)
    project.run("lock").assert_exit(0)
    stray = project.root / "locks" / "pylock.old-py39.toml"
    shutil.copy(project.root / "locks" / "pylock.tests.toml", stray)
    project.file("locks/pylock.theirs.toml", 'lock-version = "1.0"\n')
    project.run("lock", "--check").assert_exit(1).assert_said("pylock.old-py39.toml belongs to no cell")
    project.run("lock").assert_exit(0).assert_said("pylock.old-py39.toml")
    assert not stray.exists()
    assert (project.root / "locks" / "pylock.theirs.toml").exists()


def test_two_cells_cannot_share_a_lock(project: Project) -> None:
    project.index.add("attrs", "25.1")
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        deps = ["attrs"]
        commands = [{SHOW}]
        [sessions.tests.matrix]
        of."a.b" = {{}}
        of.a_b = {{}}
        of.c = {{}}
        """
    )
    for argv in (("lock",), ("lock", "-e", "tests-a_b"), ("lock", "--check")):
        refused = project.run(*argv).assert_exit(2)
        refused.assert_said("the cells tests-a.b and tests-a_b would share the lock pylock.tests-a_b.toml")
    assert not (project.root / "locks").exists()
    project.run().assert_exit(0)


def test_a_package_to_upgrade_that_no_lock_has_is_named(project: Project) -> None:
    with_attrs(project, "[sessions.other]", 'package = "none"', 'deps = ["six"]', 'commands = ["python -V"]')
    project.index.add("six")
    project.run("lock", "--upgrade", "six", "--upgrade", "sax").assert_exit(0).assert_said(
        "warning: --upgrade sax: none of these locks has that package"
    )
    assert "--upgrade six" not in project.run("lock", "--upgrade", "six").assert_exit(0).stderr
    (project.root / "locks" / "pylock.other.toml").unlink()
    said = project.run("--upgrade", "sax").assert_exit(0).log("tests")
    assert "--upgrade sax: it is not among the packages of this cell" in said


def test_a_lock_is_made_where_its_cell_runs(project: Project) -> None:
    with_attrs(project)
    project.run("lock").assert_exit(0)
    text = (project.root / "runner.toml").read_text()
    project.file("runner.toml", text + 'platforms = ["plan9"]\n')
    for argv in (("lock",), ("lock", "--check"), ("lock", "--upgrade")):
        project.run(*argv).assert_exit(3).assert_said("tests: skipped: runs on plan9, and this is ")
    assert (project.root / "locks" / "pylock.tests.toml").exists()


def test_a_quiet_lock_says_only_what_is_wrong(project: Project) -> None:
    with_attrs(project)
    project.run("lock", "-q", "--check").assert_exit(1).assert_said("is missing")
    assert project.run("lock", "-q").assert_exit(0).stdout == ""


def test_a_stray_that_is_no_file_is_left_alone(project: Project) -> None:
    with_attrs(project)
    (project.root / "locks" / "pylock.folder.toml").mkdir(parents=True)
    project.run("lock").assert_exit(0)
    project.run("lock", "--check").assert_exit(0)


def test_options_that_exclude_each_other_are_refused(project: Project) -> None:
    with_attrs(project)
    for argv in (("--locked", "--upgrade"), ("--offline", "--upgrade"), ("lock", "--check", "--upgrade")):
        project.run(*argv).assert_exit(2).assert_said("--upgrade does not go with")
    assert not (project.root / ".runner").exists()


# -- no network


def test_a_warm_run_works_where_there_is_no_network(project: Project) -> None:
    unshare = shutil.which("unshare")
    alone = (str(unshare), "--net", *RUNNER)
    if unshare is None or subprocess.run([unshare, "--net", "true"], check=False).returncode != 0:
        pytest.skip("needs unshare and the right to make a network namespace")
    package(project)
    project.run_process().assert_exit(0)
    project.run_process(program=alone).assert_exit(0)
    project.run_process("--offline", program=alone).assert_exit(0)
    project.file("src/greeter.py", "VERSION = 'changed'\n")
    project.run_process("--offline", program=alone).assert_exit(0)
