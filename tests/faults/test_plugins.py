"""Plugins that fail in every way at every hook: they are named, the others go on, and the verdict stands."""

import json
import os
import signal

import pytest
from tests.faults.plugins import FINISH, GREEN, RED, warnings_of, with_plugins, write

from runner.testing import Project

LONG = bool(os.environ.get("RUNNER_LONG_FAULTS"))
RAISED = (
    "ValueError('no')",
    "SystemExit(0)",
    "KeyboardInterrupt()",
    "GeneratorExit()",
    "MemoryError()",
    "RecursionError()",
    "BrokenPipeError(32, 'Broken pipe')",
    "runner.CellError('create', 'a plugin says no')",
    "Nameless()",
)
REPORTER = """
class Reporter:
    def __init__(self):
        self.seen = []
    def handle(self, event):
        self.seen.append(event.seq)
        if {at!r} == "handle":
            raise {what}
    def close(self):
        if {at!r} == "close":
            raise {what}
        open({heard!r}, "w").write(repr(self.seen))
@runner.hookimpl
def runner_reporter(options, stream):
    if {at!r} == "hook":
        raise {what}
    return Reporter()
"""
COLLECTOR = """
class Collector:
    def collect(self, cell, result, folder):
        raise {what}
@runner.hookimpl
def runner_collector():
    if {at!r} == "hook":
        raise {what}
    return Collector()
"""
HOOKS = {"reporter": REPORTER, "collector": COLLECTOR, "finish": FINISH}


@pytest.fixture(params=[(GREEN, 0), (RED, 1)], ids=["green", "red"])
def verdict(request: pytest.FixtureRequest) -> tuple[str, int]:
    """What the one command does, and what the run is worth whatever plugins do."""
    code, exit_code = request.param
    return str(code), int(exit_code)


@pytest.mark.parametrize("hook", HOOKS)
def test_whatever_is_raised_wherever_is_one_line_and_changes_no_verdict(
    project: Project, verdict: tuple[str, int], hook: str
) -> None:
    places = {"reporter": ("hook", "handle", "close"), "collector": ("hook", "collect"), "finish": ("hook",)}
    bad = []
    for number, what in enumerate(RAISED):
        for at in places[hook]:
            bad.append(f"bad_{at}_{number}")
            write(project, bad[-1], HOOKS[hook], at=at, what=what)
    write(project, "good", REPORTER, at="nowhere", what="None")
    code, exit_code = verdict
    outcome = with_plugins(project, *bad, "good", code=code).run_process().assert_exit(exit_code)
    for name in bad:
        (warning,) = warnings_of(outcome, name)
        assert f"{name}.py:" in warning
        assert "bug in runner" not in warning
    heard = json.loads((project.folder / "good.heard").read_text())
    assert heard == list(range(1, len(outcome.events) + 1))
    (kept,) = (project.root / ".runner" / "runs").iterdir()
    assert json.loads((kept / "result.json").read_bytes())["run"]["exit_code"] == exit_code
    if hook != "collector":
        assert (kept / "plugins.log").read_text().count("Traceback (most recent call last)") >= len(bad)


def test_the_traceback_of_a_plugin_is_in_the_run_and_with_v_on_the_terminal(project: Project) -> None:
    write(project, "bad", FINISH, what="ValueError('no')")
    with_plugins(project, "bad")
    assert "Traceback" not in project.run_process().assert_exit(0).stderr
    verbose = project.run_process("-v")
    assert verbose.exit_code == 0
    assert "Traceback" in verbose.stderr
    kept = sorted((project.root / ".runner" / "runs").iterdir())
    assert all("ValueError: no" in (run / "plugins.log").read_text() for run in kept)


def test_whatever_imports_raise_is_one_error_with_their_places(project: Project) -> None:
    bad = [f"bad{number}" for number in range(len(RAISED))]
    for name, what in zip(bad, RAISED, strict=True):
        write(project, name, f"raise {what}")
    outcome = with_plugins(project, *bad).run_process("list").assert_exit(2)
    assert outcome.stdout == ""
    for number, name in enumerate(bad):
        place = f"runner.toml:1: plugins[{number}]: plugin './{name}.py'"
        outcome.assert_said(f"error: {place} raised while it was imported (line ")
    assert "Traceback" in project.run_process("list", "-v").stderr


def test_a_session_type_that_fails_is_an_error_with_its_name(project: Project) -> None:
    text = """
    class Type(runner.SessionType[runner.NoKeys]):
        name = "mine"
        keys = runner.NoKeys
        def steps(self, cell, keys):
            {body}
    @runner.hookimpl
    def runner_session_type(name):
        return Type() if name == "mine" else None
    """
    config = 'plugins = ["./bad.py"]\n[sessions.check]\ntype = "mine"\npackage = "none"\n'
    project.config(config)
    for body, says in (
        *((f"raise {what}", "(in steps) raised") for what in RAISED if "CellError" not in what),
        ("return None", "its session type 'mine' returned, for check, None, which is no Steps"),
        ("return 'pytest'", "its session type 'mine' returned, for check, a str, which is no Steps"),
        ("return runner.Steps(commands=(1,))", "returned, for check, Steps that cannot be used: "),
        ("return runner.Steps(commands=None)", "returned, for check, Steps that cannot be used: "),
    ):
        write(project, "bad", text, body=body)
        for verb in ("list", "run"):
            project.run(verb).assert_exit(2).assert_said("error: plugin bad: ", says)


def test_whatever_options_and_verbs_of_a_plugin_do_is_one_error(project: Project) -> None:
    text = """
    def throw():
        raise {what}
    class Verb:
        help = "does \\x1b[2Jits thing"
        name = {called}
        def run(self, request):
            throw()
    @runner.hookimpl
    def runner_commands():
        return {verb}
    """
    with_plugins(project, "bad")
    for what in RAISED:
        for called, verb, argv in (
            ("'mine'", "throw()", ("list",)),
            ("property(lambda self: throw())", "Verb()", ("list",)),
            ("'mine'", "Verb()", ("mine",)),
        ):
            write(project, "bad", text, what=what, called=called, verb=verb)
            (said,) = project.run(*argv).assert_exit(2).stderr.splitlines()
            assert said.startswith("error: plugin bad: ")
    assert "does \\x1b[2Jits thing" in project.run("--help").assert_exit(0).stdout
    odd = (
        "[loop]",
        "runner.Option",
        "Nameless()",
        "runner.Option(loop, loop, loop)",
        "runner.Option((5,), 5, 5)",
    )
    for value in odd:
        write(
            project,
            "bad",
            f"loop = []\nloop.append(loop)\n@runner.hookimpl\ndef runner_options(): return {value}",
        )
        first, *_ = project.run("list").assert_exit(2).stderr.splitlines()
        assert first.startswith("error: plugin bad: ")


def test_a_backend_that_fails_fails_its_cells_and_is_named(project: Project) -> None:
    text = """
    import sys
    ENV = runner.Environment(python=sys.executable, programs=(), variables={}, folder=None)
    MAKE = [RAISE]
    class Backend:
        def __init__(self, name):
            self.name = name
            self.make = MAKE[int(name[1:])]
        def create(self, spec, folder, stop):
            return self.make(folder)
        def describe(self):
            return self.name
    def throw(what):
        raise what
    @runner.hookimpl
    def runner_backend(name):
        return Backend(name) if name[0] == "b" and name[1:].isdigit() else None
    """
    made = [f"lambda folder: throw({what})" for what in RAISED]
    made += ["lambda folder: None", "lambda folder: str(folder)", "lambda folder: runner.Environment"]
    made += ["lambda folder: runner.Environment(python=5, programs='x', variables=None)"]
    write(project, "bad", text.replace("RAISE", ", ".join(made)))
    sessions = "".join(f'[sessions.s{n}]\nbackend = "b{n}"\ncommands = ["true"]\n' for n in range(len(made)))
    project.config(
        f'plugins = ["./bad.py"]\n[defaults]\npackage = "none"\n{sessions}'
        f'[sessions.good]\ncommands = ["python -c pass"]\n'
    )
    outcome = project.run_process("-j2").assert_exit(4)
    assert outcome.cell("good").outcome == "passed"
    for number, how in enumerate(made):
        cell = outcome.cell(f"s{number}")
        assert cell.outcome == "error", how
        says = "a plugin says no" if "CellError" in how else "plugin bad: "
        assert cell.reason.startswith(says), (how, cell.reason)


def test_what_a_hook_returns_may_be_anything(project: Project, verdict: tuple[str, int]) -> None:
    text = """
    class Sly:
        def __getattribute__(self, name):
            raise ValueError("hands off")
    class Odd:
        handle = close = collect = 5
    class NoResult:
        def handle(self, event): pass
        def close(self): pass
        def collect(self, cell, result, folder):
            return RESULTS.pop() if RESULTS else None
    loop = []
    loop.append(loop)
    RESULTS = [loop, Sly(), runner.Collected, runner.Collected(tests=5), object(), "text", 5]
    ANSWERS = [5, "text", Odd, Odd(), Sly(), loop, [None, 5], NoResult(), NoResult()]
    @runner.hookimpl
    def runner_reporter(options, stream): return ANSWERS
    @runner.hookimpl
    def runner_collector(): return ANSWERS
    @runner.hookimpl
    def runner_finish(result): return [*ANSWERS, runner.Finish(lines=loop), runner.Finish(exit_code="0")]
    """
    code, exit_code = verdict
    write(project, "odd", text)
    outcome = with_plugins(project, "odd", code=code).run_process().assert_exit(exit_code)
    assert "internal error" not in outcome.stderr
    assert len(warnings_of(outcome, "odd")) > len(HOOKS)
    assert "bug in runner" not in outcome.stdout + outcome.stderr


def test_a_verdict_can_only_get_worse(project: Project) -> None:
    write(project, "soft", "@runner.hookimpl\ndef runner_finish(result): return runner.Finish(exit_code=0)")
    with_plugins(project, "soft", code=RED).run_process().assert_exit(1)


def test_what_plugins_print_and_close_is_no_part_of_a_machine_format(project: Project) -> None:
    text = """
    import logging, sys, warnings
    logging.basicConfig(stream=sys.stdout, level=0)
    warnings.simplefilter("error")
    def noise():
        print("noise")
        print("noise", file=sys.stderr)
        logging.getLogger("x").warning("noise")
        sys.__stderr__.close()
        sys.stdout.close()
        sys.stderr.close()
    noise()
    class Loud:
        def handle(self, event): noise()
        def close(self): noise()
        def collect(self, cell, result, folder):
            noise()
            return runner.Collected()
    @runner.hookimpl
    def runner_reporter(options, stream): noise(); return Loud()
    @runner.hookimpl
    def runner_collector(): noise(); return Loud()
    @runner.hookimpl
    def runner_finish(result): noise(); return runner.Finish(lines=("last words",))
    """
    write(project, "loud", text)
    with_plugins(project, "loud", code=RED)
    listed = project.run_process("list", "--format", "json").assert_exit(0)
    assert [cell["id"] for cell in json.loads(listed.stdout)["cells"]] == ["check"]
    told = project.run_process("--events", "-").assert_exit(1)
    bodies = [json.loads(line)["body"]["type"] for line in told.stdout.splitlines()]
    assert bodies[0] == "run-started"
    assert bodies[-1] == "run-finished"
    told.assert_said("last words", "1 cell: 1 failed")


def test_what_plugins_do_to_the_process_changes_nothing(project: Project, verdict: tuple[str, int]) -> None:
    text = """
    import gc, os, signal, sys, tempfile
    gc.disable()
    os.chdir(tempfile.mkdtemp())
    os.umask(0o077)
    os.environ.clear()
    sys.setswitchinterval(0.5)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    @runner.hookimpl
    def runner_finish(result):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
    """
    code, exit_code = verdict
    write(project, "rude", text)
    with_plugins(project, "rude", code=code).run_process("--report", "junit=x.xml").assert_exit(exit_code)
    assert (project.root / "x.xml").is_file()


@pytest.mark.parametrize("when", ["import", "hook"])
def test_signals_work_though_a_plugin_ignores_them(project: Project, when: str) -> None:
    text = """
    import signal
    def ignore(when):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if when == {when!r}: signal.signal(number, signal.SIG_IGN)
    ignore("import")
    @runner.hookimpl
    def runner_collector():
        ignore("hook")
    """
    write(project, "deaf", text, when=when)
    with_plugins(project, "deaf", code="open('started', 'w'); import time; time.sleep(600)")
    for number in (signal.SIGINT, signal.SIGTERM):
        with project.start() as started:
            started.wait_for(project.root / "started")
            started.send(number)
            started.wait().assert_exit(130).assert_cells({"check": "cancelled"})
        (project.root / "started").unlink()


@pytest.mark.parametrize("taken", ["os.wait()", "os.waitpid(-1, 0)"])
def test_an_exit_status_that_a_plugin_takes_turns_nothing_green(project: Project, taken: str) -> None:
    text = """
    import os, threading, time
    def greedy():
        while True:
            try:
                TAKE
            except ChildProcessError:
                time.sleep(0.001)
    threading.Thread(target=greedy, daemon=True).start()
    @runner.hookimpl
    def runner_finish(result): pass
    """
    write(project, "greedy", text.replace("TAKE", taken))
    with_plugins(project, "greedy", code=RED)
    for _ in range(100 if LONG else 3):
        outcome = project.run_process()
        assert outcome.exit_code in {1, 4}, outcome.stdout
        cell = outcome.cell("check")
        assert cell.outcome in {"failed", "error"}
        if cell.outcome == "error":
            assert "exit status" in cell.reason
