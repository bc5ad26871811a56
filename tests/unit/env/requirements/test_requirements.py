import hashlib
from collections.abc import Callable
from os import mkfifo
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.package.wheel import as_built
from runner.env.package.wheelfile import read_wheel
from runner.env.requirements.wanted import wanted
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec

MakeWheel = Callable[[str, str, tuple[str, ...]], Path]


def built(wheel: Path) -> Built:
    return as_built(read_wheel(wheel))


def test_lines_seed_and_groups_are_wanted_together(spec: EnvSpec, root: Path) -> None:
    (root / "pyproject.toml").write_text('[dependency-groups]\ntest = ["gamma"]')
    asked = replace(
        spec, requirements=("alpha>=1  # why", "", "# only this"), seed=("pip",), groups=("test",)
    )
    assert wanted(asked, None).lines == ("alpha>=1", "pip", "gamma")
    assert wanted(spec, None).nothing


def test_files_are_named_absolutely_and_followed_to_any_depth(spec: EnvSpec, root: Path) -> None:
    (root / "reqs").mkdir()
    (root / "a b.txt").write_text("alpha\n-r reqs/inner.txt\n")
    (root / "reqs/inner.txt").write_text("beta\n--constraint=limits.txt\n--pre\n")
    (root / "reqs/limits.txt").write_text("beta<2\n")
    (root / "other.txt").write_text("gamma<3\n")
    want = wanted(replace(spec, requirements=("-r a b.txt", "-e ./sub", "-cother.txt")), None)
    assert want.lines == ("-e ./sub",)
    assert want.files == (str(root / "a b.txt"),)
    assert want.constraint_files == (str(root / "other.txt"),)
    assert want.prerelease
    assert {Path(file).name for file in want.contents} == {"a b.txt", "inner.txt", "limits.txt", "other.txt"}


def test_contents_of_files_are_told_apart(spec: EnvSpec, root: Path) -> None:
    asked = replace(spec, requirements=("-r reqs.txt",), constraints=("-r limits.txt", "alpha<9"))
    (root / "limits.txt").write_text("alpha<3\n")
    (root / "reqs.txt").write_text("alpha\n")
    before = wanted(asked, None)
    (root / "reqs.txt").write_text("alpha>1\n")
    assert before.contents != wanted(asked, None).contents
    assert before.constraint_files == (str(root / "limits.txt"),)
    assert before.constraints == ("alpha<9",)


def test_a_pre_line_becomes_a_setting(spec: EnvSpec) -> None:
    want = wanted(replace(spec, requirements=("--pre", "alpha")), None)
    assert (want.prerelease, want.lines) == (True, ("alpha",))


def test_a_file_that_is_not_there_is_named_with_its_line(spec: EnvSpec, root: Path) -> None:
    with pytest.raises(CellError, match=rf"{root}/nope.txt, named by `-r nope.txt`, cannot be read: No such"):
        wanted(replace(spec, requirements=("-r nope.txt",)), None)


def test_files_at_an_address_are_left_to_the_installer(spec: EnvSpec) -> None:
    want = wanted(replace(spec, requirements=("-r https://example.org/reqs.txt",)), None)
    assert want.files == ("https://example.org/reqs.txt",)
    assert not want.nothing


def test_the_project_is_a_requirement_with_its_extras(spec: EnvSpec, make_wheel: MakeWheel) -> None:
    wheel = make_wheel("proj", "1.0", ('alpha; extra == "async"', 'beta; extra == "All_Of.it"'))
    project = wanted(replace(spec, extras=("async", "all-of-it")), built(wheel)).project
    assert project is not None
    assert project.line == f"proj[async,all-of-it] @ {wheel.as_uri()}"


def test_an_unknown_extra_is_an_error_that_names_those_there_are(
    spec: EnvSpec, make_wheel: MakeWheel
) -> None:
    wheel = make_wheel("proj", "1.0", ('alpha; extra == "async"',))
    with pytest.raises(CellError, match=r"proj 1\.0 has no extra asynch; it has: async"):
        wanted(replace(spec, extras=("asynch",)), built(wheel))


def test_of_the_project_only_what_resolving_depends_on_is_wanted(
    spec: EnvSpec, make_wheel: MakeWheel
) -> None:
    requires = ("zeta", 'alpha; extra == "async"')
    project = wanted(
        replace(spec, extras=("async",)), built(make_wheel("proj", "1.0.dev1+gabc", requires))
    ).project
    assert project is not None
    assert (project.name, project.version) == ("proj", "1.0")
    assert project.extras == ("async",)
    assert project.dependencies == ('alpha; extra == "async"', "zeta")


def test_files_of_this_machine_among_the_requirements_are_told_apart_by_content(
    spec: EnvSpec, root: Path, make_wheel: MakeWheel
) -> None:
    for folder in ("sub", "my sub", "nested"):
        (root / folder).mkdir()
        (root / folder / "pyproject.toml").write_text(f"# {folder}")
        (root / folder / "module.py").touch()
    (root / "nested" / "setup.cfg").touch()
    (root / "reqs").mkdir()
    (root / "reqs" / "more.txt").write_text("./nested\n")
    wheel = make_wheel("alpha", "1.0", ()).rename(root / "alpha-1.0-py3-none-any.whl")
    lines = ("./sub[extra]", "-e './my sub'", f"alpha @ {wheel.as_uri()}", "-r reqs/more.txt", "beta>=1")
    contents = wanted(replace(spec, requirements=lines), None).contents
    assert sorted(str(Path(name).relative_to(root)) for name in contents) == [
        "alpha-1.0-py3-none-any.whl",
        "my sub/pyproject.toml",
        "nested/pyproject.toml",
        "nested/setup.cfg",
        "reqs/more.txt",
        "sub/pyproject.toml",
    ]
    assert contents[str(wheel)] == hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_variables_in_lines_are_named(spec: EnvSpec, root: Path) -> None:
    (root / "reqs.txt").write_text("beta @ https://${TOKEN}@example.org/beta.whl\n")
    lines = ("alpha @ https://${USER_NAME}:${TOKEN}@example.org/alpha.whl", "-r reqs.txt")
    assert wanted(replace(spec, requirements=lines), None).variables == ("TOKEN", "USER_NAME")


def test_a_text_of_several_lines_is_several_requirements(spec: EnvSpec, root: Path) -> None:
    (root / "reqs.txt").write_text("alpha\n")
    want = wanted(
        replace(
            spec, requirements=("beta  # why\n-r reqs.txt\ngamma \\\n  >= 1\n",), constraints=("a<1\nb<1",)
        ),
        None,
    )
    assert want.lines == ("beta", "gamma    >= 1")
    assert want.constraints == ("a<1", "b<1")
    assert want.files == (str(root / "reqs.txt"),)


def test_hashes_are_noted_by_package(spec: EnvSpec, root: Path) -> None:
    (root / "reqs.txt").write_text("Al_pha==1 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb\nbeta\n")
    asked = replace(spec, requirements=("-r reqs.txt",), constraints=("gamma==1 --hash=md5:cc",))
    assert wanted(asked, None).hashes == {
        "al-pha": frozenset(("sha256:aa", "sha256:bb")),
        "gamma": frozenset(("md5:cc",)),
    }


def test_a_file_that_cannot_be_read_is_told_with_who_named_it(spec: EnvSpec, root: Path) -> None:
    mkfifo(root / "pipe.txt")
    for line, why in (
        ("-r nowhere.txt", "cannot be read: No such file"),
        ("-r ~nobody-of-that-name/reqs.txt", "cannot be read: No such file"),
        ("-c .", "is no regular file"),
        ("-r pipe.txt", "is no regular file"),
    ):
        with pytest.raises(CellError, match=f"named by `{line}`,? {why}"):
            wanted(replace(spec, requirements=(line,)), None)


def test_dependencies_of_extras_that_are_not_installed_change_no_answer(spec: EnvSpec) -> None:
    lines = (
        "alpha",
        'beta; extra == "dev"',
        "gamma; extra == 'test'",
        'delta; python_version < "3" or extra == "dev"',
    )
    project = Built(
        path="/w.whl",
        sha256="",
        name="ours",
        version="1",
        kind="wheel",
        dependencies=lines,
        provides=("dev", "test"),
    )

    def depends(*extras: str, more: tuple[str, ...] = ()) -> tuple[str, ...]:
        made = replace(project, dependencies=(*lines, *more))
        wanted_ = wanted(replace(spec, extras=extras), made).project
        assert wanted_ is not None
        return wanted_.dependencies

    assert depends() == ("alpha", lines[3])
    assert depends("Test") == ("alpha", lines[2], lines[3])
    own = 'Ours[test] ; extra == "dev"'
    assert depends("dev", more=(own,)) == (*lines, own)
