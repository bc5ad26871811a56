"""Cells that are installed from lock files of other tools (`lock-from`)."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest
import uv
from tests.integration.index_server import serving

from runner.env.given.pipfile import pipfile_sha256
from runner.model.toml import parse
from runner.testing import Project, backend

SHOW = "import left, right; print(left.VERSION, right.VERSION)"
PIPFILE = '[packages]\nright = "*"\n\n[dev-packages]\nhello = "*"\n'


@pytest.fixture
def samples(project: Project) -> Project:
    """A project whose index has left 1.0 and 2.0, right 1.0, which needs left, and hello 1.0."""
    project.index.add_samples()
    project.config(config("Pipfile.lock"))
    return project


def config(file: str, more: str = "") -> str:
    return f"""
        [sessions.t]
        package = "none"
        lock-from = "{file}"
        commands = ["python -c '{SHOW}'"]
        {more}
        """


def sha256(project: Project, name: str, version: str = "1.0") -> str:
    wheel = project.index.folder / f"{name}-{version}-py3-none-any.whl"
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def entry(project: Project, name: str, **more: object) -> dict[str, object]:
    return {"version": "==1.0", "hashes": [f"sha256:{sha256(project, name)}"], **more}


def write_pipfile(project: Project, pipfile: str = PIPFILE, **sections: dict[str, object]) -> None:
    """Write a Pipfile, and a lock that follows from it; it pins left 1.0, though 2.0 is there."""
    document = parse(pipfile)
    meta = {
        "hash": {"sha256": pipfile_sha256(document)},
        "pipfile-spec": 6,
        "requires": document.get("requires", {}),
        "sources": document.get("source", []),
    }
    default = {name: entry(project, name) for name in ("left", "right")}
    develop = {"hello": entry(project, "hello")}
    project.file("Pipfile", pipfile)
    lock = {"_meta": meta, "default": default, "develop": develop, **sections}
    project.file("Pipfile.lock", json.dumps(lock, indent=4))


def files(project: Project) -> dict[str, bytes]:
    """Return what is in the project, but for the work-dir."""
    found = (path for path in project.root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path): path.read_bytes() for path in found if ".runner" not in path.parts}


def test_a_cell_gets_what_a_pipfile_lock_pins_and_more_on_top(samples: Project) -> None:
    write_pipfile(samples)
    before = files(samples)
    assert "from Pipfile.lock, whose files are to be looked up" in samples.run("plan").stdout
    assert not (samples.root / ".runner").exists()
    first = samples.run().assert_exit(0)
    assert "lock: from Pipfile.lock\n" in first.log("t")
    assert "1.0 1.0\n" in first.log("t")
    assert first.cell("t").version("hello") is None
    assert " from Pipfile.lock " in samples.run("plan").stdout

    samples.index.add("extra", requires=("left>=1", "more"))
    samples.index.add("more")
    samples.config(config("Pipfile.lock", 'groups = ["dev"]\ndeps = ["extra"]'))
    more = samples.run("--upgrade", "left").assert_exit(0)
    versions = [more.cell("t").version(name) for name in ("left", "hello", "extra", "more")]
    assert versions == ["1.0", "1.0", "1.0", "1.0"]
    assert "lock: from Pipfile.lock, on top resolved (nothing remembered)" in more.log("t")
    assert more.warnings == ("--upgrade left: Pipfile.lock pins it, `pipenv lock` moves it",)

    assert " kept, made " in samples.run("plan", "--reuse").assert_exit(0).stdout
    again = samples.run("--offline", "--reuse").assert_exit(0)
    assert "from Pipfile.lock, on top reused" in again.log("t")
    assert "environment: kept" in again.log("t")
    assert files(samples) == before | {
        str(samples.root / "runner.toml"): files(samples)[str(samples.root / "runner.toml")]
    }


def test_what_goes_with_no_pin_is_told_with_the_file(samples: Project) -> None:
    write_pipfile(samples)
    samples.config(config("Pipfile.lock", 'deps = ["left>=2"]'))
    assert "left is fixed at 1.0 by Pipfile.lock" in samples.run().assert_exit(4).log("t")


def test_only_what_is_on_top_has_a_lock_of_runners_own(samples: Project) -> None:
    write_pipfile(samples)
    said = "t: nothing to lock: its versions come from Pipfile.lock (`pipenv lock` moves them)\n"
    assert samples.run("lock").assert_exit(0).stdout == said
    samples.run("--locked").assert_exit(0)
    samples.config(config("Pipfile.lock", 'deps = ["hello"]'))
    assert "there is no committed lock" in samples.run("--locked").assert_exit(4).cell("t").reason
    assert "locks/pylock.t.toml written" in samples.run("lock").assert_exit(0).stdout
    assert 'name = "left"' not in (samples.root / "locks/pylock.t.toml").read_text()
    assert "on top committed" in samples.run("--locked").assert_exit(0).log("t")


def test_a_pipfile_lock_that_does_not_serve_says_what_to_run(samples: Project) -> None:
    lock = samples.root / "Pipfile.lock"
    assert f"there is no {lock}: `pipenv lock` writes it" in samples.run().assert_exit(4).cell("t").reason
    write_pipfile(samples, PIPFILE + '\n[requires]\npython_version = "2.7"\n')
    reason = samples.run().assert_exit(4).cell("t").reason
    assert "is for Python 2.7 (python_version in the Pipfile's [requires])" in reason
    write_pipfile(samples)
    samples.file("Pipfile", PIPFILE + 'six = "*"\n')
    assert f"{lock} is stale" in samples.run().assert_exit(4).cell("t").reason
    (samples.root / "Pipfile").unlink()
    assert "there is no Pipfile beside Pipfile.lock" in samples.run("-v").assert_exit(0).log("t")


def test_a_file_with_another_hash_is_not_installed(samples: Project) -> None:
    write_pipfile(samples)
    samples.index.add("left", modules={"left.py": "VERSION = 'evil'\n"})
    reason = samples.run().assert_exit(4).log("t")
    assert "no file of left has a sha256 that Pipfile.lock lists for it" in reason
    assert "if other files are right, `pipenv lock` pins them" in reason
    write_pipfile(samples)
    samples.run().assert_exit(0)
    samples.index.add("left", modules={"left.py": "VERSION = 'evil again'\n"})
    shutil.rmtree(samples.environ["UV_CACHE_DIR"])
    reason = samples.run().assert_exit(4).log("t")
    assert "Hash mismatch" in reason
    assert "a file is not the one that Pipfile.lock pins: somebody changed it since" in reason


def test_files_that_moved_are_looked_up_again(samples: Project) -> None:
    write_pipfile(samples)
    with serving(samples.index.folder) as index:
        samples.environ |= index.variables
        samples.run().assert_exit(0)
    shutil.rmtree(samples.environ["UV_CACHE_DIR"])
    with serving(samples.index.folder) as index:
        for name in ("left", "right"):
            remembered = samples.folder / "cache" / "locks"
            for file in remembered.glob("*/pylock.toml"):
                assert name in file.read_text()
        samples.environ |= index.variables
        samples.run().assert_exit(0)


def test_an_index_of_a_pipfile_may_want_a_password(samples: Project) -> None:
    public = samples.folder / "public"
    public.mkdir()
    (public / "left-1.0-py3-none-any.whl").write_bytes(b"another with this name")
    samples.config(config("Pipfile.lock", 'deps = ["hello"]'))
    with serving(samples.index.folder) as private, serving(public) as other:
        private.login = "me:s3/cret"
        url = private.url.replace("//", "//me:${WORD}@")
        source = f"[[source]]\nname = 'ours'\nurl = '{url}/simple'\nverify_ssl = true\n\n"
        write_pipfile(samples, source + PIPFILE)
        shutil.move(samples.index.folder / "hello-1.0-py3-none-any.whl", public)
        samples.environ |= other.variables
        missing = samples.run().assert_exit(4)
        assert "its source ours refers to the variable WORD, which is not set" in missing.cell("t").reason
        ran = samples.run("-v", env={"WORD": "s3%2Fcret"}).assert_exit(0)
    assert "1.0 1.0" in ran.log("t")
    assert "s3%2F" not in ran.stdout + ran.stderr + ran.log("t")
    assert not [path for path in samples.root.rglob("*") if path.is_file() and b"s3%2F" in path.read_bytes()]


def test_a_password_for_an_index_is_known_where_uv_is_to_ask_none(samples: Project) -> None:
    settings = samples.folder / "settings.toml"
    with serving(samples.index.folder) as private:
        private.login = "me:s3cret"
        address = private.url.replace("//", "//me:${WORD}@")
        source = f"[[source]]\nname = 'ours'\nurl = '{address}/simple'\nverify_ssl = true\n\n"
        write_pipfile(samples, source + PIPFILE)
        for no_index in ("", "no-index = true\n", "[pip]\nno-index = true\n"):
            settings.write_text(no_index)
            variables = {
                "WORD": "s3cret",
                "UV_CONFIG_FILE": str(settings),
                "PIP_NO_INDEX": "" if no_index else "1",
            }
            variables["UV_CACHE_DIR"] = str(samples.folder / f"cache-{len(no_index)}")
            assert "1.0 1.0" in samples.run(env=variables).assert_exit(0).log("t")
    assert not [path for path in samples.root.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


def test_a_pipfile_lock_may_name_folders_and_repositories(samples: Project) -> None:
    samples.package("demo", requires=("near", "far"))
    folder_package(samples, "near")
    folder_package(samples, "far")
    repository = samples.folder / "repository"
    shutil.move(samples.root / "far", repository)
    for argv in (("init", "-qb", "main"), ("add", "."), (*AUTHOR, "commit", "-qm", "far")):
        subprocess.run(("git", *argv), cwd=repository, env=samples.environ, check=True)  # noqa: S607 - as users find it
    write_pipfile(
        samples,
        default={
            "near": {"path": "./near", "editable": True},
            "far": {"git": repository.as_uri(), "ref": "main"},
            "demo": {"path": ".", "editable": True},
            "hello": {"version": "==1.0"},
        },
    )
    samples.config(
        """
        [sessions.t]
        lock-from = "Pipfile.lock"
        commands = ["python -c 'import near, far, demo; print(near.__file__)'"]
        """
    )
    ran = samples.run().assert_exit(0)
    assert f"{samples.root}/near/src/near.py" in ran.log("t")
    assert "near is not locked: a folder is installed as it is" in ran.log("t")
    assert "Pipfile.lock has no hashes for hello: their files are not checked" in ran.log("t")
    assert samples.builds == ("wheel",)


AUTHOR = ("-c", "user.name=tests", "-c", "user.email=tests@example.invalid")


@pytest.fixture
def locked_by_uv(samples: Project) -> Project:
    """A project with a pyproject.toml that asks for right, and in a group for hello; and its uv.lock."""
    samples.file(
        "pyproject.toml",
        """
        [project]
        name = "demo"
        version = "1.0"
        requires-python = ">=3.8"
        dependencies = ["right", "left<2", "near"]
        [project.optional-dependencies]
        more = ["hello"]
        [dependency-groups]
        dev = ["hello"]
        [tool.uv.sources]
        near = { path = "near" }
        """,
    )
    folder_package(samples, "near")
    run_uv(samples, "lock")
    samples.config(config("uv.lock"))
    return samples


def folder_package(project: Project, name: str) -> None:
    """Write a package in a folder of the project, which builds without a network."""
    about = {"name": name, "version": "1.0", "tag": "py3-none-any", "requires": [], "extras": {}}
    about |= {"entry_points": {}, "source": "src", "counter": "", "fault": ""}
    project.write(
        {
            f"{name}/src/{name}.py": "",
            f"{name}/metadata.json": json.dumps(about),
            f"{name}/pyproject.toml": FOLDER.format(name=name),
        }
    )
    shutil.copy(backend.__file__, project.root / name / "backend.py")


FOLDER = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "{name}"
version = "1.0"
"""


def run_uv(project: Project, *arguments: str) -> str:
    """Run the uv that runner runs."""
    argv = (uv.find_uv_bin(), *arguments, "--python", sys.executable)
    done = subprocess.run(argv, cwd=project.root, env=project.environ, capture_output=True, check=True)
    return done.stdout.decode()


def test_a_cell_gets_what_a_uv_lock_pins(locked_by_uv: Project) -> None:
    project = locked_by_uv
    before = files(project)
    assert " from uv.lock " in project.run("plan").assert_exit(0).stdout
    assert not (project.root / ".runner").exists()
    ran = project.run().assert_exit(0)
    assert "lock: from uv.lock\n" in ran.log("t")
    assert "near is not locked: a folder is installed as it is" in ran.log("t")
    assert (ran.cell("t").version("near"), ran.cell("t").version("hello")) == ("1.0", None)
    for more in ('groups = ["dev"]', 'extras = ["more"]'):
        project.config(config("uv.lock", more))
        assert project.run().assert_exit(0).cell("t").version("hello") == "1.0"
    project.config(config("uv.lock", 'groups = ["dov"]'))
    assert "Group `dov` is not defined" in project.run().assert_exit(4).cell("t").reason
    project.config(config("uv.lock"))
    assert files(project) | before == files(project)
    assert set(files(project)) - set(before) <= {str(project.root / "runner.toml")}

    text = (project.root / "pyproject.toml").read_text()
    project.file("pyproject.toml", text.replace('"right", ', '"right", "hello", '))
    assert "uv.lock is stale: `uv lock` updates it" in project.run().assert_exit(4).cell("t").reason
    (project.root / "uv.lock").unlink()
    assert "`uv lock` writes it" in project.run().assert_exit(4).cell("t").reason
    assert not (project.root / "uv.lock").exists()


PYLOCK = """
lock-version = "1.0"
created-by = "somebody"
requires-python = ">=3.8"
extras = ["more"]
dependency-groups = ["dev"]

[[packages]]
name = "right"
version = "1.0"
  [[packages.wheels]]
  path = "wheels/right-1.0-py3-none-any.whl"
  hashes = {{ sha256 = "{right}" }}

[[packages]]
name = "left"
version = "1.0"
marker = "python_version >= '3.8'"
  [[packages.wheels]]
  path = "wheels/left-1.0-py3-none-any.whl"
  hashes = {{ sha256 = "{left}" }}

[[packages]]
name = "left"
version = "2.0"
marker = "python_version < '3.8'"
  [packages.sdist]
  path = "left-2.0.tar.gz"
  hashes = {{ sha256 = "{left}" }}

[[packages]]
name = "hello"
version = "1.0"
marker = "'dev' in dependency_groups or 'more' in extras"
  [[packages.wheels]]
  path = "wheels/hello-1.0-py3-none-any.whl"
  hashes = {{ sha256 = "{hello}" }}
"""


def test_a_cell_gets_what_a_pylock_pins(samples: Project) -> None:
    hashes = {name: sha256(samples, name) for name in ("left", "right", "hello")}
    samples.file("sub/pylock.ci.toml", PYLOCK.format(**hashes))
    shutil.copytree(samples.index.folder, samples.root / "sub/wheels")
    for wheel in samples.index.folder.glob("*.whl"):
        wheel.unlink()
    samples.config(config("sub/pylock.ci.toml"))
    ran = samples.run().assert_exit(0)
    assert "1.0 1.0\n" in ran.log("t")
    assert ran.cell("t").version("hello") is None
    samples.config(config("sub/pylock.ci.toml", 'matrix.groups = ["dev", "none"]'))
    ran = samples.run("-e", "t-dev").assert_exit(0)
    assert ran.cell("t-dev").version("hello") == "1.0"
    reason = samples.run("-e", "t-none").assert_exit(4).cell("t-none").reason
    assert "pylock.ci.toml has no dependency group none; it has: dev" in reason
    text = PYLOCK.format(**hashes)
    samples.config(config("sub/pylock.ci.toml"))
    samples.file("sub/pylock.ci.toml", text.replace('"1.0"\ncreated', '"1.9"\ncreated'))
    newer = samples.run_process("-v").assert_exit(0)
    assert "pylock.ci.toml is of format 1.9, read as 1.0" in newer.stdout
    assert newer.stderr == ""
    for old, new, says in (
        ('"1.0"\ncreated', '"2.0"\ncreated', "pylock version 2.0 is not supported"),
        (">=3.8", ">=4", "does not satisfy the Python version requirement '>=4'"),
        ("python_version < ", "python_version > ", "Multiple packages with the name 'left' are selected"),
        ("python_version < '3.8'", "python is old", "cannot be read as a pylock file"),
        ("[[packages]]", "[[packages", "cannot be read as a pylock file"),
    ):
        samples.file("sub/pylock.ci.toml", text.replace(old, new))
        assert says in samples.run().assert_exit(4).cell("t").reason


def test_a_cell_gets_what_requirements_with_hashes_pin(samples: Project) -> None:
    lines = [f"{name}==1.0 \\\n    --hash=sha256:{sha256(samples, name)}" for name in ("left", "right")]
    samples.file("ci/base.txt", f"{lines[0]}  # a comment\n")
    samples.file(
        "ci/all.txt", f"-r base.txt\n{lines[1]}\nnothing==1 ; python_version < '3' --hash=sha256:00\n"
    )
    samples.config(config("ci/all.txt", 'deps = ["hello"]'))
    ran = samples.run().assert_exit(0)
    assert "1.0 1.0\n" in ran.log("t")
    assert "lock: from ci/all.txt, on top resolved" in ran.log("t")
    for bad in (
        "left==1.0",
        "left --hash=sha256:00",
        "left==1.* --hash=sha256:00",
        "-e ./left",
        "./left",
        "-r https://example.invalid/r.txt",
    ):
        samples.file("ci/base.txt", bad)
        reason = samples.run().assert_exit(4).log("t")
        assert f"all.txt: `{bad}` has no version or no hash" in reason
        assert 'use deps = ["-r ci/all.txt"]' in reason


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ('lock-from = "poetry.lock"', "sessions.t.lock-from: expected Pipfile.lock, uv.lock, pylock.toml"),
        ("lock-from = 3", "sessions.t.lock-from: expected the path of a lock file, or false"),
        ('backend = "none"\nlock-from = "uv.lock"', 'lock-from cannot be used with backend = "none"'),
        ('installer = "pip"\nlock-from = "a.txt"', 'lock-from cannot be used with installer = "pip"'),
        ('lock-from = "{env:WHICH}"', "lock-from is 'poetry.lock'\n    expected Pipfile.lock"),
    ],
)
def test_what_cannot_be_asked_for_is_an_error_of_the_config(project: Project, keys: str, says: str) -> None:
    project.config(f'[sessions.t]\npackage = "none"\n{keys}\ncommands = ["true"]\n')
    assert says in project.run(env={"WHICH": "poetry.lock"}).assert_exit(2).stderr


def test_a_session_takes_no_file_where_defaults_name_one(samples: Project) -> None:
    samples.config(
        """
        [defaults]
        package = "none"
        lock-from = "Pipfile.lock"
        [sessions.a]
        lock-from = false
        [sessions.b]
        backend = "none"
        [sessions.c]
        matrix.lock-from = ["Pipfile.lock", "pylock.toml"]
        """
    )
    ran = samples.run().assert_exit(4)
    ran.assert_cells({"a": "passed", "b": "passed", "c-Pipfile.lock": "error", "c-pylock.toml": "error"})


@pytest.mark.parametrize("file", ["Pipfile.lock", "uv.lock", "pylock.toml", "requirements.txt"])
def test_whatever_is_in_the_place_of_a_file_is_told(project: Project, file: str) -> None:
    project.config(f'[sessions.t]\npackage = "none"\nlock-from = "{file}"\n')
    path = project.root / file

    def reason() -> str:
        return project.run().assert_exit(4).cell("t").reason

    assert f"there is no {path}" in reason()
    path.mkdir()
    assert f"{path} is no regular file" in reason()
    path.rmdir()
    os.mkfifo(path)
    assert f"{path} is no regular file" in reason()
    path.unlink()
    path.symlink_to("nowhere")
    assert f"there is no {path}" in reason()
    path.unlink()
    path.write_bytes(b"\xff")
    assert f"{path} cannot be read: it is no UTF-8 text" in reason()
    path.write_text("<<<<<<< HEAD\n=======\n>>>>>>> other\n")
    assert f"{path}:1: there are marks of a merge conflict" in reason()
    with path.open("wb") as big:
        big.truncate(11 * 1024**2)
    assert f"{path} has more than 10 MB" in reason()


def test_the_project_itself_is_not_what_a_file_says(samples: Project) -> None:
    samples.package("right", "3.0", requires=("left",))
    write_pipfile(samples, default={**{n: entry(samples, n) for n in ("left", "right")}, "x": {"path": "."}})
    samples.config(config("Pipfile.lock").replace('package = "none"', ""))
    ran = samples.run().assert_exit(0)
    assert "1.0 3.0\n" in ran.log("t")
    assert "right is the project itself, and not what Pipfile.lock pins" in ran.log("t")
