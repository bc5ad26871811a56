"""What an install_command asks for."""

import pytest

from runner.compat.tox.errors import ToxError
from runner.compat.tox.installing import Installing, understood

PIP = "python -I -m pip install "


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        (PIP + "{packages}", Installing()),
        ("pip install -U --no-cache-dir {packages}", Installing()),
        ("uv pip install --resolution lowest-direct {packages}", Installing(resolution="lowest-direct")),
        (PIP + "--pre {packages}", Installing(prerelease=True)),
        (PIP + "--prerelease=allow {packages}", Installing(prerelease=True)),
        (PIP + "-c con.txt {packages}", Installing(("-c con.txt",))),
        (PIP + "--constraint=con.txt {packages}", Installing(("--constraint con.txt",))),
        (PIP + "--retries 3 six {packages}", Installing(("six",))),
    ],
)
def test_options(command: str, meant: Installing) -> None:
    assert understood(tuple(command.split())) == meant


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("conda install {packages}", "not another program"),
        (PIP + "--target x {packages}", "nothing for --target"),
    ],
)
def test_what_runner_cannot_do(command: str, message: str) -> None:
    with pytest.raises(ToxError, match=message):
        understood(tuple(command.split()))
