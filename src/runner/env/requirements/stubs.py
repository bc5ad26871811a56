"""Stand-ins for distributions that somebody else installs: all that a resolver asks of them is there."""

from pathlib import Path
from zipfile import ZipFile

from packaging.version import InvalidVersion, Version

from runner.model.environment import Fixed
from runner.model.errors import CellError


def stub_line(fixed: Fixed, folder: Path) -> str:
    """Write a wheel without contents into `folder`; return the constraint that makes it the only choice.

    It has no dependencies: whoever fixed the version saw to those. The format is that of PEP 427. Raises
    CellError for a version that no distribution can have.
    """
    try:
        version = str(Version(fixed.version))
    except InvalidVersion as error:
        message = f"{fixed.by} has {fixed.name} {fixed.version}, which is no version of a Python distribution"
        raise CellError("lock", message) from error
    stem = f"{fixed.name.replace('-', '_')}-{version}"
    wheel = folder / f"{stem}-py3-none-any.whl"
    with ZipFile(wheel, "w") as file:
        metadata = f"Metadata-Version: 2.1\nName: {fixed.name}\nVersion: {version}\n"
        file.writestr(f"{stem}.dist-info/METADATA", metadata)
        file.writestr(
            f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: runner\nRoot-Is-Purelib: true\n"
        )
        file.writestr(f"{stem}.dist-info/RECORD", "")
    return f"{fixed.name} @ {wheel.as_uri()}"
