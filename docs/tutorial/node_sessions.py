"""Sessions that run on Node: npm scripts, on every Node that is installed."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

import runner


class Node(NamedTuple):
    version: tuple[int, ...]
    program: Path

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def parse_version(text: str) -> tuple[int, ...]:
    """Read the numbers of `v20.11.1`, or of the beginning of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", text))


def installed() -> Iterator[Node]:
    """Yield the Nodes of this machine: that of PATH, then those of nvm and fnm, newest first."""
    on_path = shutil.which("node")
    if on_path is not None:
        said = subprocess.run([on_path, "--version"], capture_output=True, text=True, timeout=30)
        if said.returncode == 0:
            yield Node(parse_version(said.stdout), Path(on_path))
    nvm = Path(os.environ.get("NVM_DIR", Path.home() / ".nvm"))
    fnm = Path(os.environ.get("FNM_DIR", Path.home() / ".local/share/fnm"))
    places = [(folder.name, folder / "bin/node") for folder in nvm.glob("versions/node/v*")]
    places += [(folder.name, folder / "installation/bin/node") for folder in fnm.glob("node-versions/v*")]
    nodes = [Node(parse_version(name), program) for name, program in places if program.exists()]
    yield from sorted(nodes, reverse=True)


@cache
def find_node(wanted: str) -> Node | None:
    """Return the first Node whose version begins with `wanted`; all do with an empty one."""
    start = parse_version(wanted)
    return next((node for node in installed() if node.version[: len(start)] == start), None)


class NodeBackend:
    """Environments that hold node, npm and npx of one version."""

    name = "node"

    def describe(self) -> str:
        return "node"

    def interpreter(self, spec: runner.EnvSpec, stop: runner.Stop) -> None:
        node_for(spec)

    def create(self, spec: runner.EnvSpec, folder: Path, stop: runner.Stop) -> runner.Environment:
        node = node_for(spec)
        programs = folder / "bin"
        programs.mkdir()
        for name in ("node", "npm", "npx"):
            if (node.program.parent / name).exists():
                (programs / name).symlink_to(node.program.parent / name)
        quiet = ("audit", "fund", "update_notifier")
        return runner.Environment(
            python="",
            programs=(str(programs),),
            variables={f"npm_config_{setting}": "false" for setting in quiet},
            folder=str(folder),
        )

    def install(
        self, spec: runner.EnvSpec, environment: runner.Environment, stop: runner.Stop
    ) -> runner.Installation:
        if spec.requirements or spec.groups or spec.seed:
            raise runner.CellError("install", "deps, groups and seed are Python's: write package.json")
        return runner.Installation(packages=(runner.Installed("node", str(node_for(spec))),))


def node_for(spec: runner.EnvSpec) -> Node:
    """Return the Node for a cell. Raises CellError, and `missing-python` decides what becomes of the cell."""
    wanted = str(spec.keys.get("node") or "")
    node = find_node(wanted)
    if node is None:
        raise runner.CellError("python", f"Node {wanted or 'itself'} is not installed", skip=None)
    return node


@runner.hookimpl
def runner_backend(name: str) -> runner.Backend | None:
    return NodeBackend() if name == "node" else None


def check_script(context: runner.CallContext) -> int:
    """Fail at once, with the names that there are, when package.json has no such script."""
    there = json.loads(Path(context.root, "package.json").read_text("utf-8")).get("scripts", {})
    wanted = context.arguments["script"]
    if wanted in there:
        return 0
    print(f"package.json has no script {wanted}; it has {', '.join(there) or 'none'}")
    return 1


class NodeKeys(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    node: Annotated[str, msgspec.Meta(description="The Node, such as 20 or 20.11; default: PATH's")] = ""
    scripts: Annotated[tuple[str, ...], msgspec.Meta(description="Scripts to run")] = ("test",)
    npm_install: Literal["ci", "install", "none"] = "ci"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(\d+(\.\d+)*)?|.*\{.*", self.node):
            raise ValueError(f"node is a version, such as 20 or 20.11, and not {self.node}")


class NodeType(runner.SessionType[NodeKeys]):
    name = "node"
    keys = NodeKeys
    defaults = {"backend": "node", "package": "none", "source": "copy"}

    def steps(self, cell: runner.Cell, keys: NodeKeys) -> runner.Steps:
        checks = [runner.Call.of(check_script, script=name) for name in keys.scripts]
        install = [] if keys.npm_install == "none" else [runner.command(cell, ["npm", keys.npm_install])]
        scripts = [runner.command(cell, ["npm", "run", name, "--", "{posargs}"]) for name in keys.scripts]
        return runner.Steps(
            setup=(*checks, *install, *cell.steps.setup),
            commands=(*scripts, *cell.steps.commands),
            teardown=cell.steps.teardown,
        )


@runner.hookimpl
def runner_session_type(name: str) -> runner.SessionType[NodeKeys] | None:
    return NodeType() if name == "node" else None
