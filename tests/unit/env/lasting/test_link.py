"""The link `.venv`, when two runners at once begin to use an environment each."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from runner.env.lasting.link import point, target_of

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
