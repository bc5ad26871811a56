"""Secrets come in by every way and are printed in every way: nobody finds them in anything that runner keeps.

Searched are logs, events, results, reports, the work-dir without the environments, the user cache and both
streams, for ten characters in a row of each value, as they are and in base64, and for the whole in other
spellings.
"""

import base64
import html
import json
import os
import signal
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from runner.model.events import CellFinished
from runner.testing import Invocation, Project, python_command

ODD = "s3cr3t/with+odd&<chars>'q\" \\é%x"
SIMPLE = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
KEY = "-----BEGIN KEY-----\n" + base64.encodebytes(bytes(range(256))).decode() + "-----END KEY-----\n"
WINDOW = 10

PRINTS = r"""
import ast, html, json, os, subprocess, sys, time
from base64 import b64encode, encodebytes, urlsafe_b64encode
from urllib.parse import quote, quote_plus

for name in sys.argv[1].split(","):
    value = os.environ[name]
    print(name, value, json.dumps(value), repr(value), ascii(value), html.escape(value))
    print(quote(value), quote(value, safe=""), quote_plus(value))
    for before in range(3):
        data = b"x" * before + value.encode() + b"yz"
        print(b64encode(data).decode(), urlsafe_b64encode(data).decode(), encodebytes(data * 3).decode())
    for character in value:
        sys.stdout.write(character)
        sys.stdout.flush()
        time.sleep(0.0002)
    print(flush=True)
    half = len(value) // 2
    for part in (value[:half], value[half:]):
        subprocess.run([sys.executable, "-c", "import os, sys; os.write(1, sys.argv[1].encode())", part])
    print(flush=True)
print(sys.argv)
"""


def traces(value: str) -> set[bytes]:
    """Return what nobody may find: parts of the value as it is and in base64, and all of it in other ways."""
    data = value.encode()
    others = (quote(value), quote(value, safe=""), quote_plus(value), html.escape(value), json.dumps(value))
    parts = {data[at : at + WINDOW] for at in range(len(data) - WINDOW + 1)}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data)
        sure = encoded[-(-8 * before // 6) : 8 * (before + len(data)) // 6]
        parts |= {sure[at : at + WINDOW] for at in range(len(sure) - WINDOW + 1)}
    url_safe = {part.translate(bytes.maketrans(b"+/", b"-_")) for part in parts}
    return parts | url_safe | {other.strip('"').encode() for other in others}


def kept(project: Project, outcomes: Iterable[Invocation]) -> Iterator[tuple[str, bytes]]:
    """Yield all that runner keeps and says, by name: not environments, nor what commands wrote themselves."""
    work_dir = project.root / ".runner"
    for folder in (work_dir, project.folder / "cache", project.folder / "outputs", project.root / "locks"):
        for path in folder.rglob("*"):
            if (work_dir / "envs") in path.parents or "artifacts" in path.parts:
                continue
            yield f"the name of {path}", os.fsencode(path.relative_to(project.folder))
            if path.is_file():
                yield str(path), path.read_bytes()
    for outcome in outcomes:
        yield f"what {outcome.argv} said", (outcome.stdout + outcome.stderr).encode()


def check_hidden(project: Project, *outcomes: Invocation, values: Iterable[str]) -> None:
    """Check that no trace of the values is anywhere."""
    known = {value: traces(value) for value in values}
    for name, data in kept(project, outcomes):
        for value, parts in known.items():
            found = next((part for part in parts if part in data), None)
            assert found is None, f"{value!r} is in {name}: ...{_around(data, found)!r}..."


def _around(data: bytes, part: bytes) -> bytes:
    at = data.index(part)
    return data[max(0, at - 40) : at + 40]


def test_commands_cannot_print_what_they_are_given(project: Project) -> None:
    from_table, from_command, in_argv = "value-of-the-env-table", "value-of-one-command", "value-in-arguments"
    project.file("prints.py", PRINTS)
    project.config(
        f"""
        redact = ["PLAIN_*", "MINE"]
        [sessions.tests]
        description = "its token is {SIMPLE}"
        package = "none"
        pass-env = ["*_TOKEN", "PLAIN_*", "A_PRIVATE_KEY"]
        env = {{ TABLE_SECRET = "{from_table}" }}
        setup = ["python prints.py ODD_TOKEN,TABLE_SECRET,PLAIN_ONE,A_PRIVATE_KEY"]
        commands = [
            {{ run = "python prints.py MINE {{env:ARG_TOKEN}}", env = {{ MINE = "{from_command}" }} }},
            ["python", "-c", "raise SystemExit(3)", "{{posargs}}"],
        ]
        teardown = [
            "not-{{env:ARG_TOKEN}} there",
            {{ run = "python prints.py PATH", cwd = "{{env:ARG_TOKEN}}" }},
        ]
        artifacts = ["{{env:ARG_TOKEN}}*", "../{{env:ARG_TOKEN}}"]
        """
    )
    project.file(f"{in_argv}.txt", "an artifact may have such a name")
    env = {
        "ODD_TOKEN": ODD,
        "PLAIN_ONE": SIMPLE,
        "A_PRIVATE_KEY": KEY,
        "ARG_TOKEN": in_argv,
        "RUNNER_SECRET": "which-no-cell-ever-sees",
    }
    reports = (
        "--report",
        f"junit={project.folder}/outputs/junit.xml",
        "--report",
        f"json={project.folder}/outputs/r",
    )
    outcomes = [
        project.run_process("-v", *reports, "--", ODD, env=env).assert_exit(1),
        project.run_process("-q", "--events", "-", "--", SIMPLE, env=env).assert_exit(1),
        *(project.run(verb, env=env) for verb in ("config", "plan", "list", "lock")),
        *(project.run(verb, "--format", "json", env=env) for verb in ("config", "plan", "list")),
        project.run("-e", ODD, env=env).assert_exit(3),
        project.run("--no-such-option", SIMPLE, env=env).assert_exit(2),
    ]
    log = next((project.root / ".runner" / "logs").rglob("tests.log")).read_text()
    assert log.count("***") > 50
    values = (ODD, SIMPLE, *KEY.splitlines(), from_table, from_command, in_argv, env["RUNNER_SECRET"])
    check_hidden(project, *outcomes, values=values)


def test_a_build_cannot_print_what_it_is_given(project: Project) -> None:
    project.package("greeter", fault=f"broken by {ODD}")
    backend = project.root / "_build" / "backend.py"
    says = """def _begin(kind: str) -> Metadata:
    import warnings
    print(sorted(os.environ.items()), SETTINGS)
    warnings.warn(os.environ.get("A_TOKEN", ""))
"""
    text = backend.read_text().replace("def _begin(kind: str) -> Metadata:\n", says)
    begins = '    about = _begin("wheel")\n'
    text = text.replace(begins, f"    global SETTINGS\n    SETTINGS = config_settings\n{begins}")
    backend.write_text(text)
    config = f"""
        [package]
        config-settings = {{ token = "{SIMPLE}" }}
        env = {{ A_TOKEN = "value-of-the-build" }}
        [sessions.tests]
        commands = [{python_command("import greeter")}]
        """
    project.config(config)
    env = {"ODD_TOKEN": ODD, "SETTING_TOKEN": SIMPLE}
    broken = project.run("-v", env=env).assert_exit(4)
    broken.assert_said("RuntimeError: broken by ***")
    about = project.root / "_build" / "metadata.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "fault": ""}))
    outcomes = [project.run(*argv, env=env).assert_exit(0) for argv in (["-v"], ["-v"], ["plan"], ["lock"])]
    project.config(config.replace("env = ", "# env = "))
    outcomes.append(project.run("-v", env=env).assert_exit(0).assert_said("build variable A_TOKEN changed"))
    check_hidden(project, broken, *outcomes, values=(ODD, SIMPLE, "value-of-the-build"))


def test_addresses_of_indexes_never_show_credentials(project: Project) -> None:
    password, token = "pa55-w0rd-of-index", "token-of-an-index"
    project.index.add("six")
    own = f"http://user:{password}@127.0.0.1:9"
    extra = f"http://{token}@127.0.0.1:9/extra"
    prints = python_command("import os; print(sorted(os.environ.items()))")
    project.file("requirements.txt", f"six @ {own}/six-1.0-py3-none-any.whl\n")
    project.config(
        f"""
        [defaults]
        package = "none"
        commands = [{prints}]
        [sessions.options]
        deps = ["--index-url {own}/simple", "--extra-index-url {extra}", "six"]
        [sessions.file]
        deps = ["six @ {own}/six-1.0-py3-none-any.whl"]
        [sessions.lines]
        deps = ["-r requirements.txt"]
        [sessions.repository]
        deps = ["six @ git+{extra}.git"]
        [sessions.variables]
        """
    )
    env = {
        "PIP_INDEX_URL": f"{own}/simple",
        "UV_INDEX": f"extra={extra}",
        "UV_HTTP_RETRIES": "0",
        "UV_HTTP_TIMEOUT": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    ran = project.run("-v", env=env).assert_exit(4)
    ran.assert_cells(
        {"options": "passed", "file": "error", "lines": "error", "repository": "error", "variables": "passed"}
    )
    assert "http://***@127.0.0.1:9/simple" in ran.log("variables")
    others = [project.run(*argv, env=env) for argv in (["config"], ["plan"], ["lock"], ["lock", "--check"])]
    others.append(project.run("config", "--with", f"six @ {own}/six.whl", "-e", "file", env=env))
    check_hidden(project, ran, *others, values=(f"user:{password}", password, token))


def test_results_of_tests_have_no_secrets_either(project: Project) -> None:
    project.index.add_installed("pytest")
    project.file(
        "test_secrets.py",
        """
        import os, sys, warnings
        import pytest
        VALUES = [os.environ["ODD_TOKEN"], os.environ["SIMPLE_TOKEN"]]

        @pytest.mark.parametrize("value", VALUES)
        def test_values(value, record_property):
            print(value, file=sys.stderr)
            warnings.warn(value)
            record_property("value", value)
            assert value == "other", {"a": value}
        """,
    )
    project.config(
        """
        [sessions.tests]
        package = "none"
        deps = ["pytest"]
        pass-env = ["*_TOKEN"]
        commands = ["pytest -vv"]
        """
    )
    env = {"ODD_TOKEN": ODD, "SIMPLE_TOKEN": SIMPLE}
    ran = project.run(env=env).assert_exit(1)
    assert [test.id for test in ran.cell("tests").tests] == ["test_secrets.py::test_values[***]"] * 2
    (stays,) = (project.root / ".runner" / "runs").rglob("*.xml")
    assert "***" in stays.read_text("utf-8")
    alone = project.run("--no-plugin", "junit", env=env).assert_exit(1)
    check_hidden(project, ran, alone, values=(ODD, SIMPLE))


PLUGIN = """
import os
from pathlib import Path
import runner
from runner.model.results import Collected, Finish, TestResult

VALUE = os.environ["ODD_TOKEN"]

class Reporter:
    def handle(self, event):
        raise ValueError(VALUE)
    def close(self):
        pass

class Collector:
    def collect(self, cell, result, folder):
        file = Path(folder, "attached.txt")
        file.write_text(VALUE)
        test = TestResult(id=VALUE, outcome="failed", duration=0.1, message=VALUE)
        return Collected(tests=(test,), attachments=(str(file),), warnings=(VALUE,))

class Broken:
    def collect(self, cell, result, folder):
        raise KeyError(VALUE)

@runner.hookimpl
def runner_reporter(options, stream):
    return Reporter()

@runner.hookimpl
def runner_collector():
    return (Collector(), Broken())

@runner.hookimpl
def runner_finish(result):
    return Finish(lines=(VALUE,))
"""


def test_plugins_that_warn_and_raise_show_none(project: Project) -> None:
    project.file("plugin.py", PLUGIN)
    project.config(
        f"""
        plugins = ["./plugin.py"]
        [sessions.tests]
        package = "none"
        commands = [{python_command("pass")}]
        """
    )
    outcomes = [project.run_process(*argv, env={"ODD_TOKEN": ODD}) for argv in (["-v"], [], ["plugins"])]
    outcomes[0].assert_said("raised ValueError: ***", "KeyError: '***'", "warning: ***")
    (attached,) = (project.root / ".runner" / "runs" / outcomes[0].events[0].run).rglob("attached.txt")
    assert attached.read_text() == "***"
    (ended,) = (body.result for body in outcomes[0].bodies if isinstance(body, CellFinished))
    assert ended.artifacts == ("junit/tests/1/attached.txt",)
    check_hidden(project, *outcomes, values=(ODD,))


def test_what_a_step_leaves_is_named_without_its_secret(project: Project) -> None:
    project.config(
        """
        [sessions.tests]
        package = "none"
        backend = "none"
        allow-external = ["sh"]
        commands = [["sh", "-c", "sh -c 'sleep 600; : %s' -- {env:A_TOKEN} & echo started"]]
        """
        % ("a" * 150)
    )
    ran = project.run(env={"A_TOKEN": SIMPLE}).assert_exit(0).assert_said("left")
    check_hidden(project, ran, values=(SIMPLE,))


def test_a_run_that_is_killed_leaves_no_secret_to_the_next(project: Project) -> None:
    code = """
import os, pathlib, time
value = os.environ["ODD_TOKEN"]
print(value, flush=True)
pathlib.Path(os.environ["RUNNER_JUNIT_DIR"], "results.xml").write_text(value)
pathlib.Path("written").touch()
time.sleep(600)
"""
    project.config(
        f"""
        [sessions.tests]
        package = "none"
        pass-env = ["ODD_TOKEN"]
        commands = [{python_command(code)}, "python {{posargs}}"]
        """
    )
    with project.start("--", ODD, env={"ODD_TOKEN": ODD}) as started:
        started.wait_for(project.root / "written")
        started.send(signal.SIGKILL)
        killed = started.wait()
    assert killed.exit_code == -signal.SIGKILL
    (holder,) = (project.root / ".runner" / "mutex").glob("*.json")
    assert "***" in holder.read_text()
    scratch = project.root / ".runner" / "scratch"
    assert [path.stat().st_mode & 0o077 for path in scratch.iterdir() if path.is_dir()] == [0]
    project.config('[sessions.tests]\npackage = "none"\ncommands = ["python --version"]\n')
    check_hidden(project, killed, project.run().assert_exit(0), values=(ODD,))


def test_a_value_that_is_too_short_to_be_concealed_is_refused(project: Project) -> None:
    project.config(
        """
        redact = [
            "LONG_*",
            "PI?",
        ]
        [sessions.tests]
        package = "none"
        env = { LONG_ENOUGH = "  no   " }
        commands = ["python --version"]
        """
    )
    refused = project.run(env={"PIN": "1234"}).assert_exit(2)
    refused.assert_said("runner.toml:3: redact[1]: the value of PIN is shorter than 6 characters")
    refused = project.run(env={"PIN": ""}).assert_exit(2)
    refused.assert_said("runner.toml:2: redact[0]: the value of LONG_ENOUGH is shorter than 6 characters")
    project.run("list", env={"PIN": "123456"}).assert_exit(0)
