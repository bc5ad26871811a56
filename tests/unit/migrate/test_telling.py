"""What people hear of a migration."""

from runner.migrate import Outcome, told


def test_problems_of_several_lines_are_told_as_one() -> None:
    problem = "a is wrong\n    write b\n"
    heard = Outcome(
        source="tox.ini",
        target="runner.toml",
        ids={"a": "a"},
        sessions=1,
        circumstances=(),
        refused=(problem,),
        left=(problem,),
    )
    assert "\n  a is wrong; write b\n" in told(heard)
    assert "\n  - a is wrong; write b\n" in told(heard)
