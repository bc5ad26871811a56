"""Who does the work, and how: each tool as people have it, and in its best tuning, fresh and reusing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench import configs, samples
from bench.model import Contender, Python

FLOOR = str(Path(__file__).parents[1] / "floor.py")
CHILDREN = str(Path(__file__).parents[1] / "children.py")

Argv = tuple[str, ...]

_RUNNER: Argv = ("runner", "run", "-j2")
_NOX: Argv = ("nox", "-j2", "--allow-parallel")
"""By itself `-j2` does nothing: sessions run one at a time unless they, or this option, allow more."""
_LISTED = {
    "runner": r"(?m)^\* tests-",
    "tox": r"(?m)^py\d+-p",
    "nox": r"(?m)^\* tests-",
    "hatch": r"bench\.py",
}


def versions() -> tuple[Contender, ...]:
    """Say the version."""
    return tuple(
        Contender(name=tool, title=f"{tool} --version", tool=tool, commands=((tool, "--version"),))
        for tool in ("runner", "tox", "nox", "hatch")
    )


def lists(pythons: Sequence[str], cells: int) -> tuple[Contender, ...]:
    """Show all cells of a matrix."""
    files = configs.listing(pythons, cells, ("python", "-c", ""))
    words: Mapping[str, Argv] = {
        "runner": ("runner", "list"),
        "tox": ("tox", "list"),
        "nox": ("nox", "-l"),
        "hatch": ("hatch", "env", "show", "--ascii"),
    }
    return tuple(
        Contender(
            name=tool,
            title=" ".join(argv),
            tool=tool,
            commands=(argv,),
            files=files[tool],
            listed=_LISTED[tool],
        )
        for tool, argv in words.items()
    )


def tox_ini(verb: str, files: configs.Files) -> tuple[Contender, ...]:
    """List the environments of a tox.ini, or print all their settings as JSON."""
    words: Mapping[str, Argv] = {
        "list": ("list",),
        "config": ("config", "-e", "ALL", "--format", "json"),
    }
    listed = {"runner": r"(?m)^\* py", "tox": r"(?m)^py\d+-"}
    return tuple(
        Contender(
            name=tool,
            title=f"{tool} {verb}",
            tool=tool,
            commands=((tool, *words[verb]),),
            files=files,
            listed=listed[tool],
        )
        for tool in ("runner", "tox")
    )


def matrix(pythons: Sequence[Python], command: Argv, *, reuse: bool) -> tuple[Contender, ...]:
    """Run a command for each Python where the project and pytest are installed; two at a time if it can."""
    names = [python.name for python in pythons]
    return (
        *_runner(configs.runner(names, ["pytest"], command, package=True), reuse=reuse),
        *_nox("nox", "nox, uv, -j2", configs.nox(names, configs.NOX_SOURCE, command)),
        *_nox(
            "nox-tuned", "nox, uv, -j2, one wheel", configs.nox(names, configs.NOX_WHEEL, command, wheel=True)
        ),
        *_tox_uv("tox-uv, -p 2, one wheel", configs.tox(names, ["pytest"], command, configs.ONE_WHEEL)),
        *_tox(configs.tox(names, ["pytest"], command, configs.SDIST)),
        *_hatch(names, command),
    )


def environment(python: Python, deps: Sequence[str], command: Argv, *, reuse: bool) -> tuple[Contender, ...]:
    """Run a command in one environment of many packages, without a project."""
    names = [python.name]
    return (
        *_runner(configs.runner(names, deps, command, package=False), reuse=reuse),
        *_nox("nox", "nox, uv", configs.nox(names, f"*{list(deps)!r}", command)),
        *_tox_uv("tox-uv", configs.tox(names, deps, command, configs.SKIP)),
    )


def floor(
    pythons: Sequence[Python], requirements: Sequence[str], command: Argv, *, project: bool
) -> tuple[Contender, ...]:
    """Do the same work by a bare script, with and without stored bytecode; and the children alone."""
    what: Argv = (
        *(word for python in pythons for word in ("--python", str(python.folder / f"python{python.name}"))),
        *(word for requirement in requirements for word in ("--requirement", requirement)),
        *(("--project", ".") if project else ()),
    )
    prepare: Argv = ("python", FLOOR, "prepare", *what, "--", *command)
    bare = Contender(
        name="floor",
        title="the floor, bytecode not handled",
        tool="floor",
        prepare=prepare,
        before=("python", FLOOR, "clean", *what, "--", *command),
        commands=(("python", FLOOR, "run", *what, "--", *command),),
    )
    return (
        bare,
        replace(
            bare,
            name="floor-bytecode",
            title="the floor, stored bytecode linked",
            commands=(("python", FLOOR, "run", "--bytecode", *what, "--", *command),),
        ),
        replace(
            bare,
            name="children",
            title="the commands alone, in warm environments",
            commands=(("python", CHILDREN, "--environments", ".floor/ready", "--", *command),),
            keeps=True,
        ),
    )


def noop(pythons: Sequence[str], cells: int, *, reuse: bool) -> tuple[Contender, ...]:
    """Run many cells that do next to nothing, in environments that peers keep."""
    command = ("sh", "-c", "echo cell >> $BENCH_PROOF")
    files = configs.listing(pythons, cells, command)
    return (
        *_runner(files["runner"], reuse=reuse),
        *(
            Contender(
                name=name,
                title=title,
                tool="floor",
                commands=(("python", CHILDREN, "--jobs", jobs, "--times", str(cells), "--", *command),),
                keeps=True,
            )
            for name, title, jobs in (
                ("children", "the commands alone, two at a time", "2"),
                ("children-in-turn", "the commands alone, one at a time", "1"),
            )
        ),
        *(
            Contender(name=name, title=title, tool=tool, commands=(argv,), files=files[config], keeps=True)
            for name, title, tool, config, argv in (
                ("nox-reuse", "nox, uv, reusing", "nox", "nox", ("nox", "-R")),
                ("nox-parallel-reuse", "nox, uv, -j2, reusing", "nox", "nox", (*_NOX, "-R")),
                ("tox-uv-reuse", "tox-uv, reusing", "tox-uv", "tox", ("tox", "run")),
                ("tox-uv-parallel-reuse", "tox-uv, -p 2, reusing", "tox-uv", "tox", ("tox", "-p", "2")),
                ("hatch-reuse", "hatch, uv, reusing", "hatch", "hatch", ("hatch", "run", "bench:check")),
            )
        ),
    )


def packing(seconds: Sequence[str]) -> tuple[Contender, ...]:
    """Run cells of unequal lengths, whose durations an earlier run has left."""
    return (
        Contender(
            name="runner",
            title="runner -j2",
            tool="runner",
            commands=(_RUNNER,),
            files=configs.packing(seconds),
        ),
    )


def _runner(files: configs.Files, *, reuse: bool) -> tuple[Contender, ...]:
    fresh = Contender(
        name="runner", title="runner -j2, fresh", tool="runner", commands=(_RUNNER,), files=files
    )
    kept = Contender(
        name="runner-reuse",
        title="runner -j2 --reuse",
        tool="runner",
        commands=((*_RUNNER, "--reuse"),),
        files=files,
        keeps=True,
    )
    return (fresh, kept) if reuse else (fresh,)


def _nox(name: str, title: str, files: configs.Files) -> tuple[Contender, ...]:
    return (
        Contender(name=name, title=f"{title}, fresh", tool="nox", commands=(_NOX,), files=files),
        Contender(
            name=f"{name}-reuse",
            title=f"{title}, reusing",
            tool="nox",
            commands=((*_NOX, "-r"),),
            files=files,
            keeps=True,
        ),
    )


def _tox_uv(title: str, files: configs.Files) -> tuple[Contender, ...]:
    parallel = ("tox", "-p", "2")
    return (
        Contender(
            name="tox-uv", title=f"{title}, fresh", tool="tox-uv", commands=((*parallel, "-r"),), files=files
        ),
        Contender(
            name="tox-uv-reuse",
            title=f"{title}, reusing",
            tool="tox-uv",
            commands=(parallel,),
            files=files,
            keeps=True,
        ),
    )


def _tox(files: configs.Files) -> tuple[Contender, ...]:
    title = "tox as people have it (sdist, one at a time)"
    return (
        Contender(
            name="tox", title=f"{title}, fresh", tool="tox", commands=(("tox", "-r"),), files=files, slow=True
        ),
        Contender(
            name="tox-reuse",
            title=f"{title}, reusing",
            tool="tox",
            commands=(("tox",),),
            files=files,
            keeps=True,
            slow=True,
        ),
    )


def _hatch(pythons: Sequence[str], command: Argv) -> tuple[Contender, ...]:
    """Return hatch's ways.

    It installs a project that is not editable once for good; so what it keeps is editable, as by default.
    """
    base = samples.package()["pyproject.toml"]
    run = ("hatch", "run", "bench:check")

    def files(*project: str) -> configs.Files:
        return {"pyproject.toml": base + configs.hatch(pythons, ["pytest"], command, project)}

    return (
        Contender(
            name="hatch",
            title="hatch, uv, one at a time, fresh",
            tool="hatch",
            commands=(("hatch", "env", "prune"), run),
            files=files("dev-mode = false"),
            slow=True,
        ),
        Contender(
            name="hatch-reuse",
            title="hatch, uv, one at a time, reusing, editable",
            tool="hatch",
            commands=(run,),
            files=files(),
            keeps=True,
        ),
    )
