"""What cannot be started is refused in words that say why."""

import errno
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

import pytest

from runner.model.ports import Spawn
from runner.model.results import Exited, NotStarted
from runner.process import StopSwitch, SystemProcesses
from runner.process.refusal import why_not_started

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other limits")
unprivileged = pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")


def refusal(tmp_path: Path, *argv: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    spawn = Spawn(
        argv=argv, cwd=str(cwd or tmp_path), env=env or {}, log=str(tmp_path / "log"), step=f"{token_hex()}-1"
    )
    exit_ = SystemProcesses().run(spawn, StopSwitch())
    assert isinstance(exit_, NotStarted)
    return exit_.reason


def program(tmp_path: Path, content: bytes, mode: int = 0o755) -> str:
    path = tmp_path / "tool"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path, "/nowhere/tool") == "/nowhere/tool was not found"


def test_a_bare_name_that_no_folder_of_path_has(tmp_path: Path) -> None:
    captured = SystemProcesses().capture(
        ("no-such-tool",), cwd=str(tmp_path), env={"PATH": "/bin:/nowhere"}, stop=StopSwitch()
    )
    assert captured.exit == NotStarted("no-such-tool was not found on PATH")


def test_a_link_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "tool").symlink_to("/nowhere/python")
    assert (
        refusal(tmp_path, f"{tmp_path}/tool")
        == f"{tmp_path}/tool is a link to /nowhere/python, which does not exist"
    )


def test_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path, str(tmp_path)) == f"{tmp_path} is a directory"


def test_a_file_without_the_executable_bit(tmp_path: Path) -> None:
    tool = program(tmp_path, b"#!/bin/sh\n", mode=0o644)
    assert refusal(tmp_path, tool) == f"{tool} is not executable: permission denied (`chmod +x` makes it so)"


@unprivileged
def test_a_program_behind_a_closed_folder(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    tool = str(tmp_path / "closed" / "tool")
    assert refusal(tmp_path, tool) == f"{tool} cannot be reached: permission denied"


def test_a_script_whose_interpreter_is_missing(tmp_path: Path) -> None:
    tool = program(tmp_path, b"#! /nowhere/bin/python -I\n")
    assert refusal(tmp_path, tool) == (
        f"{tool} is a script whose interpreter is missing: its first line names /nowhere/bin/python"
    )


def test_a_script_with_windows_line_ends(tmp_path: Path) -> None:
    tool = program(tmp_path, b"#!/bin/sh\r\necho\r\n")
    assert refusal(tmp_path, tool) == (
        f"the first line of {tool} ends as on Windows (CR LF): save the file with LF line ends"
    )


def test_a_script_whose_interpreter_may_not_be_run(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("")
    tool = program(tmp_path, b"#!" + os.fsencode(tmp_path / "python") + b"\n")
    assert refusal(tmp_path, tool) == (
        f"{tool} cannot be run by {tmp_path}/python, named in its first line: Permission denied"
    )


@linux
def test_a_script_in_a_folder_so_deep_that_its_first_line_is_cut(tmp_path: Path) -> None:
    tool = program(tmp_path, b"#!/" + b"deep/" * 60 + b"python\n")
    assert refusal(tmp_path, tool) == (
        f"the first line of {tool} is 309 bytes long, and this system reads 255 of it: "
        f"use a shorter path for its interpreter"
    )


@pytest.mark.parametrize("content", [b"", b"echo hello\n", b"\x7fELF nonsense"])
def test_a_file_that_is_no_program(tmp_path: Path, content: bytes) -> None:
    tool = program(tmp_path, content)
    assert refusal(tmp_path, tool).startswith(f"{tool} is not a program for this machine")


def test_a_program_whose_loader_is_missing() -> None:
    assert why_not_started((sys.executable,), "/", {}, OSError(errno.ENOENT, "No such file")) == (
        f"{sys.executable} needs a loader that is missing: it was built for another system"
    )


def test_a_working_directory_that_is_missing(tmp_path: Path) -> None:
    reason = refusal(tmp_path, sys.executable, cwd=tmp_path / "gone")
    assert reason == f"the working directory {tmp_path}/gone does not exist"


def test_a_working_directory_that_is_a_file(tmp_path: Path) -> None:
    reason = refusal(tmp_path, sys.executable, cwd=Path(program(tmp_path, b"")))
    assert reason == f"the working directory {tmp_path}/tool is not a directory"


@unprivileged
def test_a_working_directory_that_may_not_be_entered(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    reason = refusal(tmp_path, sys.executable, cwd=tmp_path / "closed")
    assert reason == f"the working directory {tmp_path}/closed may not be entered: permission denied"


def test_a_command_that_is_too_long(tmp_path: Path) -> None:
    reason = refusal(tmp_path, "/bin/echo", "x" * 20_000_000, env={"A": "b"})
    assert reason.startswith("the command is too long for this system: 20000011 bytes of arguments and ")
    assert reason.endswith("let /bin/echo read them from a file")


@pytest.mark.parametrize(
    ("argument", "env", "reason"),
    [
        ("a\0b", {}, "argument 1 of '/bin/echo' holds a NUL character, which no process can be given"),
        ("", {"A": "\0"}, "the variable A holds a NUL character, which no process can be given"),
        ("", {"A\0": ""}, "the variable name 'A\\x00' holds a NUL character, which no process can be given"),
        ("", {"A=B": ""}, "the variable name 'A=B' holds an equals sign"),
        ("\ud800", {}, "argument 1 of '/bin/echo' holds '\\ud800', which cannot be encoded as utf-8"),
    ],
)
def test_text_that_no_process_can_be_given(
    tmp_path: Path, argument: str, env: Mapping[str, str], reason: str
) -> None:
    assert refusal(tmp_path, "/bin/echo", argument, env=env) == reason


def test_a_system_at_its_limits(tmp_path: Path) -> None:
    def reason(number: int) -> str:
        return why_not_started(("/bin/echo",), str(tmp_path), {}, OSError(number, os.strerror(number)))

    assert reason(errno.EAGAIN).startswith("/bin/echo cannot be started: the limit of processes is reached")
    assert reason(errno.EMFILE) == "/bin/echo cannot be started: Too many open files"


@linux
def test_a_program_that_stays_open_for_writing(tmp_path: Path) -> None:
    tool = program(tmp_path, Path("/bin/echo").read_bytes())
    with Path(tool).open("ab"):
        assert refusal(tmp_path, tool) == f"{tool} cannot be started: Text file busy"


@linux
def test_a_program_that_was_just_written_is_tried_again(tmp_path: Path) -> None:
    tool = program(tmp_path, Path("/bin/true").read_bytes())
    spawn = Spawn(argv=(tool,), cwd="/", env={}, log=os.devnull, step=f"{token_hex()}-1")
    with Path(tool).open("ab") as still_open:
        closing = threading.Timer(0.02, still_open.close)
        closing.start()
        assert SystemProcesses().run(spawn, StopSwitch()) == Exited(0)
        closing.join()
