"""What people hear of a tox config."""

from pathlib import Path

import pytest
from tests.unit.compat.tox.conftest import Read


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        pytest.param(
            "[testenv]\ncomands = x",
            "line 2: comands in [testenv] means nothing to tox; did you mean",
            id="typo",
        ),
        pytest.param(
            "[tox]\nisolated_build = true",
            "line 2: isolated_build is of tox 3: builds are always isolated",
            id="of tox 3",
        ),
        pytest.param(
            "[testenv]\nrecreate = true",
            "recreate has no use here: every environment is fresh",
            id="not needed",
        ),
        pytest.param("[tox]\ntoxworkdir = x", "work_dir has no use here", id="by an alias"),
        pytest.param(
            "[tox]\nrequires = tox-uv>=1",
            "requires tox-uv, which is covered: uv installs anyway",
            id="covered",
        ),
        pytest.param(
            "[tox]\nrequires =\n    tox_x>=1\n    tox>=4",
            "requires tox-x, which runner does not run",
            id="not run",
        ),
    ],
)
def test_notices(read: Read, text: str, notice: str) -> None:
    config = read(text)
    assert any(notice in told for told in (*config.notices, *config.remarks))


def test_nothing_is_said_of_what_is_right(read: Read) -> None:
    assert (
        read("[tox]\nenv_list = a\nrequires = tox>=4\n[testenv]\ncommands = x\nuv_seed = true\n").notices
        == ()
    )


def test_an_inline_plugin_is_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "toxfile.py").touch()
    assert "toxfile.py" in read("").notices[0]


def test_of_very_many_unknown_keys_the_first_are_told(read: Read) -> None:
    notices = read("[testenv]\n" + "".join(f"k{at} = 1\n" for at in range(5000))).notices
    assert len(notices) == 101
    assert "more than these 100" in notices[-1]
