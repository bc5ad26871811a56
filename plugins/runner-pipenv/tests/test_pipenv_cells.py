"""Cells whose environments pipenv fills, from an index on loopback."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.integration.index_server import IndexServer, serving

from runner.env.given.pipfile import pipfile_sha256
from runner.model.toml import parse
from runner.testing import Project
from runner_pipenv.backend import Keys

CONFIG = """
plugins = ["runner_pipenv"]

[defaults]
backend = "pipenv"
package = "none"

[sessions.a]
categories = ["dev"]
deps = ["right"]
commands = ["python -c 'import hello, left, right; print(left.VERSION, left.__file__)'"]

[sessions.b]
commands = ["python -c 'import left; print(left.VERSION, left.__file__)'"]
"""


@pytest.fixture
def index(project: Project) -> Iterator[IndexServer]:
    """A project with a Pipfile, and an index that its lock was made from: left 2.0 is newer than the lock."""
    project.index.add_samples()
    project.config(CONFIG)
    project.environ["PYTHONPATH"] = str(Path(__file__).parents[1] / "src")  # for processes of their own
    with serving(project.index.folder) as server:
        source = f"[[source]]\nname = 'here'\nurl = '{server.url}/simple'\nverify_ssl = false\n\n"
        lock(project, source + '[packages]\nleft = "*"\n\n[dev-packages]\nhello = "*"\n')
        yield server


def lock(project: Project, pipfile: str) -> None:
    """Write a Pipfile, and a lock that follows from it."""

    def entry(name: str) -> dict[str, object]:
        wheel = project.index.folder / f"{name}-1.0-py3-none-any.whl"
        hashes = [f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"]
        return {"version": "==1.0", "hashes": hashes, "index": "here"}

    document = parse(pipfile)
    meta = {
        "hash": {"sha256": pipfile_sha256(document)},
        "pipfile-spec": 6,
        "requires": document.get("requires", {}),
        "sources": document["source"],
    }
    text = json.dumps(
        {"_meta": meta, "default": {"left": entry("left")}, "develop": {"hello": entry("hello")}}
    )
    project.file("Pipfile", pipfile)
    project.file("Pipfile.lock", text)


def files(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder, but for the work-dir and bytecode."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".runner" not in path.parts and path.suffix != ".pyc"
    }


def test_cells_side_by_side_get_what_the_lock_pins_within_a_pipenv_run(
    project: Project, index: IndexServer, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", other), check=True)
    (tmp_path / "surrounding").mkdir()
    (tmp_path / "surrounding/Pipfile").write_text("[packages]\n")
    around = {
        "VIRTUAL_ENV": str(other),
        "PIPENV_PIPFILE": str(tmp_path / "surrounding/Pipfile"),
        "PIPENV_VERBOSITY": "-1",
    }
    before = files(project.root), files(other)
    runner = (sys.executable, "-m", "pipenv", "run", sys.executable, "-m", "runner")
    ran = project.run_process("-j2", program=runner, env=around).assert_exit(0)
    for cell in ("a", "b"):
        site = project.root / ".runner/envs" / cell
        assert f"1.0 {site}" in ran.log(cell)
        assert "pipenv lock: from Pipfile.lock" in ran.log(cell)
        assert (site / ".environment.json").exists()
    assert ran.cell("a").version("right") == "1.0"
    assert ran.cell("b").version("hello") is None
    assert (files(project.root), files(other)) == before

    kept = project.run_process("--reuse", "-e", "b").assert_exit(0)
    assert "environment: kept" in kept.log("b")
    assert "pipenv: from Pipfile.lock" in project.run_process("plan").assert_exit(0).stdout


def test_a_lock_that_does_not_serve_says_what_to_run(project: Project, index: IndexServer) -> None:
    pipfile = project.root / "Pipfile"
    text = pipfile.read_text()

    def reason() -> str:
        return project.run("-e", "b").assert_exit(4).cell("b").reason

    pipfile.write_text(text + 'six = "*"\n')
    assert "Pipfile.lock is stale" in reason()
    lock(project, text + '\n[requires]\npython_version = "2.7"\n')
    assert "is for Python 2.7" in reason()
    (project.root / "Pipfile.lock").unlink()
    assert "Pipfile.lock: `pipenv lock` writes it" in reason()
    assert not (project.root / "Pipfile.lock").exists()
    pipfile.unlink()
    assert "the key `pipfile` names it" in reason()


def test_what_pipenv_says_when_it_fails_is_told(project: Project, index: IndexServer) -> None:
    file = project.root / "Pipfile.lock"
    good = file.read_text()
    word = "s3cret" * 20  # longer than a line of a terminal
    url = index.url.replace("//", f"//me:{word}@")
    broken = json.loads(good) | {"default": {"left": {"git": f"{url}/left.git", "ref": "abc"}}}
    file.write_text(json.dumps(broken))
    log = project.run("-e", "b").assert_exit(4).log("b")
    assert "git+http://***@" in log
    assert "s3cret" not in log

    file.write_text(good)
    project.index.add("left", modules={"left.py": "VERSION = 'evil'\n"})
    ran = project.run("-e", "b").assert_exit(4)
    assert "pipenv sync ended with exit code 1" in ran.cell("b").reason
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in ran.log("b")


def test_keys_in_a_session_without_the_backend_name_it(project: Project) -> None:
    keys = [field.encode_name for field in msgspec.structs.fields(Keys)]
    project.config("[defaults]\n" + "".join(f"{key} = 'x'\n" for key in keys) + "[sessions.c]\n")
    said = project.run("list").assert_exit(2).stderr
    for key in keys:
        assert f"defaults.{key}: is a key of the backend `pipenv`, and no session has that backend" in said
