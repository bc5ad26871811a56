"""The link `.venv`, when two runners at once begin to use an environment each."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from runner.env.lasting.link import point, target_of
from runner.model.errors import CellError

ROUNDS = 100


def test_of_two_that_point_it_at_once_none_fails(tmp_path: Path) -> None:
    work_dir = tmp_path / ".runner"
    both = Barrier(2)

    def use(name: str) -> None:
        both.wait()
        point(tmp_path, work_dir, work_dir / "dev" / name)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            for doing in [pool.submit(use, name) for name in ("one", "other")]:
                doing.result()
            assert target_of(tmp_path, work_dir) in {"one", "other"}
            (tmp_path / ".venv").unlink()
    assert not list(tmp_path.iterdir())


def test_a_link_that_another_swept_meanwhile_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_dir = tmp_path / ".runner"
    point(tmp_path, work_dir, work_dir / "dev" / "one")
    real = Path.replace

    def late(part: Path, link: Path) -> Path:
        monkeypatch.undo()
        point(tmp_path, work_dir, work_dir / "dev" / "two")
        return real(part, link)

    monkeypatch.setattr(Path, "replace", late)
    assert point(tmp_path, work_dir, work_dir / "dev" / "three").changed
    assert target_of(tmp_path, work_dir) == "three"
    with pytest.raises(CellError, match="cannot be made: No such file"):
        point(tmp_path / "gone", work_dir, work_dir / "dev" / "one")
