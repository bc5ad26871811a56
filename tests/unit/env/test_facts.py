"""Facts in files of their own, and nothing else."""

import os
from pathlib import Path

from msgspec import Struct

from runner.env.facts import Facts

OLD = 1_000_000_000.0


class Question(Struct, frozen=True):
    text: str


def test_old_facts_go_and_files_of_others_stay(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    facts.keep(Question("old"), Question("one"))
    (fact,) = tmp_path.iterdir()
    (tmp_path / "thesis.json").touch()
    for path in tmp_path.iterdir():
        os.utime(path, (OLD, OLD))
    facts.keep(Question("new"), Question("two"))
    assert not fact.exists()
    assert (tmp_path / "thesis.json").exists()
    assert facts.find(Question("new"), Question) == Question("two")


def test_nothing_is_kept_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "facts").symlink_to("elsewhere")
    Facts(tmp_path / "facts").keep(Question("a"), Question("b"))
    assert list((tmp_path / "elsewhere").iterdir()) == []
