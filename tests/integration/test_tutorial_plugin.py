"""The tutorial for authors of plugins: its blocks are its files, and they work with any Node or none."""

import re
import shutil
from pathlib import Path

import pytest

from runner.testing import Project

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial"
PAGE = (TUTORIAL / "write-a-plugin.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


*SESSIONS, GRID, TEST = blocks("python")
FIRST, SECOND, _, _ = blocks("toml")
LOCK = '{"name": "web", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {}}'


def test_the_blocks_are_the_files() -> None:
    assert "\n\n\n".join(block.rstrip("\n") for block in SESSIONS) + "\n" == read("node_sessions.py")
    assert read("node_grid.py") == GRID


def read(name: str) -> str:
    return (TUTORIAL / name).read_text("utf-8")


def shown_tests() -> dict[str, object]:
    names: dict[str, object] = {"__file__": str(TUTORIAL / "test_node_sessions.py"), "__name__": "shown"}
    exec(compile(TEST, "write-a-plugin.md", "exec"), names)  # noqa: S102 - it is our own page
    return names


SHOWN = shown_tests()
nodes = SHOWN["nodes"]
for _name, _test in SHOWN.items():
    if _name.startswith("test_"):
        globals()[_name] = _test


def test_after_the_first_half_there_is_a_backend(nodes: Project) -> None:
    nodes.file("node_sessions.py", "\n\n\n".join(SESSIONS[:3]))
    nodes.config(FIRST)
    run = nodes.run().assert_exit(0)
    assert "\nv20.11.1\n" in run.log("web")
    assert run.cell("web").python is None
    nodes.config(FIRST.replace("node --version", "python --version"))
    assert (
        "deps"
        not in nodes.run().assert_exit(4).assert_said("python is not in the environment").cell("web").reason
    )
    nodes.config(FIRST.replace("node --version", "nodes --version"))
    nodes.run().assert_exit(4).assert_said("nodes was not found in the environment (nearest there: node)")


def test_the_finished_plugins_on_several_nodes(nodes: Project) -> None:
    nodes.file("node_grid.py", GRID)
    nodes.config(SECOND.replace('"./node_sessions.py"', '"./node_sessions.py", "./node_grid.py"'))
    nodes.run().assert_exit(0)
    (table,) = nodes.root.glob(".runner/runs/*/nodes.md")
    head, _, row = table.read_text().splitlines()
    outcomes = dict(zip(head.split(" | "), row.split(" | "), strict=True))
    assert sorted(f"{node.strip(' |')} {outcome.strip(' |')}" for node, outcome in outcomes.items()) == [
        "18 passed",
        "20 passed",
        "22 skipped",
        "session web",
    ]
    shown = nodes.run("config", "-e", "web-node18").assert_exit(0).stdout
    assert re.search(r"^node = 18 +# axis node = 18$", shown, re.MULTILINE)


@pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")), reason="node and npm are not installed"
)
def test_with_the_real_npm(project: Project) -> None:
    project.write(
        {
            "node_sessions.py": read("node_sessions.py"),
            "package.json": blocks("json")[0],
            "package-lock.json": LOCK,
            "sum.js": "console.log(1 + 1)\n",
            "node_modules/mine.txt": "the user's own",
        }
    )
    project.config(SECOND.partition("[sessions.web.matrix]")[0].replace('"lint", "test"', '"lint", "start"'))
    project.run().assert_exit(1).assert_cells({"web": "failed"})
    project.file("package.json", blocks("json")[0].replace("node --test", "node sum.js"))
    project.config(SECOND.partition("[sessions.web.matrix]")[0])
    run = project.run().assert_exit(0).assert_cells({"web": "passed"})
    assert "\n2\n" in run.log("web")
    assert run.cell("web").version("node") is not None
    assert [path.name for path in (project.root / "node_modules").iterdir()] == ["mine.txt"]
