import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.env.requirements import wanted
from runner.model.environment import Built
from runner.model.errors import CellError
from runner.model.plan import EnvSpec

MakeWheel = Callable[[str, str, tuple[str, ...]], Path]


def built(wheel: Path) -> Built:
    name, version, *_ = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Built(path=str(wheel), sha256=digest, name=name, version=version, kind="wheel")


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


def test_only_dev_and_local_parts_of_the_projects_version_do_not_matter(
    spec: EnvSpec, make_wheel: MakeWheel
) -> None:
    def metadata(version: str, *requires: str) -> str:
        project = wanted(spec, built(make_wheel("proj", version, requires))).project
        assert project is not None
        return project.metadata

    assert metadata("1.0.dev1+gabc") == metadata("1.0.dev2+gdef") == metadata("1.0")
    assert metadata("1.1") != metadata("1.0")
    assert metadata("1.0", "alpha") != metadata("1.0")


def test_a_file_that_is_no_wheel_is_an_error(spec: EnvSpec, tmp_path: Path) -> None:
    fake = tmp_path / "proj-1.0-py3-none-any.whl"
    fake.write_text("nothing")
    with pytest.raises(CellError, match=r"proj-1.0-py3-none-any.whl is no wheel"):
        wanted(spec, built(fake))
