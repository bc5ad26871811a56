"""Tiny wheels and a folder of them that serves as an index: installs without a network."""

import json
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from runner.testing.backend import Metadata, pack_wheel, write_wheel


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    modules: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
    extras: Mapping[str, tuple[str, ...]] | None = None,
    scripts: Mapping[str, str] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    tag: str = "py3-none-any",
) -> Path:
    """Write a wheel into `folder` and return its path.

    `modules` maps a path in site-packages to its text; without it there is one module, named like the
    distribution, with its `VERSION`. `scripts` are console scripts (`name: "module:function"`),
    `entry_points` maps other groups to their entries, `extras` an extra to its requirements.
    """
    if modules is None:
        modules = {f"{name.replace('-', '_')}.py": f"VERSION = {version!r}\n"}
    groups = {group: dict(entries) for group, entries in (entry_points or {}).items()}
    if scripts:
        groups["console_scripts"] = dict(scripts)
    about: Metadata = {
        "name": name,
        "version": version,
        "tag": tag,
        "requires": list(requires),
        "extras": {extra: list(lines) for extra, lines in (extras or {}).items()},
        "entry_points": groups,
        "source": "",
        "counter": "",
        "fault": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    return write_wheel(folder, about, {path: text.encode() for path, text in modules.items()})


_NOT_PACKED = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise LookupError(f"{name} is not installed where the tests run: {sys.prefix}") from None


def repack(distribution: metadata.Distribution, folder: Path) -> Path:
    """Write the wheel that an installed distribution could have come from. Raises LookupError."""
    if not distribution.files:
        raise LookupError(f"{distribution.name} lists no files: it cannot be repacked")
    files = {
        file.as_posix(): Path(str(distribution.locate_file(file))).read_bytes()
        for file in distribution.files
        if file.suffix != ".pyc" and ".." not in file.parts and file.name not in _NOT_PACKED
    }
    info = next(name.partition("/")[0] for name in files if name.endswith(".dist-info/METADATA"))
    tag = (distribution.read_text("WHEEL") or "").partition("Tag: ")[2].split()[0]
    return pack_wheel(folder / f"{info.removesuffix('.dist-info')}-{tag}.whl", info, files)


class Index:
    """A folder of wheels that installers find their packages in.

    `variables` makes uv and pip use it and nothing else. `add` takes what `make_wheel` takes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # A file, since uv has no variable for it.
        self._uv_settings = folder / "uv.toml"
        self._uv_settings.write_text(f"no-index = true\nfind-links = [{json.dumps(str(folder))}]\n", "utf-8")

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        modules: Mapping[str, str] | None = None,
        requires: tuple[str, ...] = (),
        extras: Mapping[str, tuple[str, ...]] | None = None,
        scripts: Mapping[str, str] | None = None,
        entry_points: Mapping[str, Mapping[str, str]] | None = None,
        tag: str = "py3-none-any",
    ) -> Path:
        """Write a wheel into the index and return its path; see `make_wheel`."""
        return make_wheel(
            self.folder,
            name,
            version,
            modules=modules,
            requires=requires,
            extras=extras,
            scripts=scripts,
            entry_points=entry_points,
            tag=tag,
        )

    def add_samples(self) -> None:
        """Add a few tiny packages: `left` 1.0 and 2.0, `right` 1.0 that needs left, and `hello` 1.0.

        `hello` brings a program of that name, which greets its arguments.
        """
        self.add("left")
        self.add("left", "2.0")
        self.add("right", requires=("left",))
        greet = "import sys\n\n\ndef main():\n    print('hello', *sys.argv[1:])\n"
        self.add("hello", modules={"hello.py": greet}, scripts={"hello": "hello:main"})

    def add_installed(self, name: str) -> None:
        """Repack a distribution of the running environment, and all that it needs, into the index.

        This gives offline tests a real pytest, for the Python that runs them. Raises LookupError when a
        distribution is not installed, or lists no files.
        """
        wanted = [canonicalize_name(name)]
        done: set[str] = set()
        while wanted:
            project = wanted.pop()
            if project in done:
                continue
            done.add(project)
            distribution = _installed(project)
            repack(distribution, self.folder)
            needed = [Requirement(line) for line in distribution.requires or ()]
            wanted += [
                canonicalize_name(requirement.name)
                for requirement in needed
                if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ]

    @property
    def variables(self) -> dict[str, str]:
        """The variables that point uv and pip here, and keep them off the network and off other settings."""
        return {
            "UV_CONFIG_FILE": str(self._uv_settings),
            "PIP_FIND_LINKS": str(self.folder),
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
