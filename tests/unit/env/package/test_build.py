"""What a build is given before its backend is asked anything."""

from configparser import ConfigParser
from pathlib import Path

from runner.env.package.build import Build, prepare
from runner.env.package.buildsystem import BuildSystem


def test_setuptools_settings_can_be_read_whatever_the_path(tmp_path: Path) -> None:
    root = tmp_path / "100% (x)s"
    folder = root / ".runner" / "builds" / "1"
    root.mkdir()
    build = Build(source=root, folder=folder, log=root / "log", system=BuildSystem(), settings={}, environ={})
    prepare(build)
    parser = ConfigParser()  # it expands percent signs, as that of setuptools does
    parser.read(folder / "distutils.cfg", "utf-8")
    assert root / parser["build"]["build_base"] == folder / "build"
    assert root / parser["egg_info"]["egg_base"] == folder / "egg-info"
