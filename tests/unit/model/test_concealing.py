"""Events and results lose their secrets, and keep what holds them together."""

from runner.model.concealing import concealed
from runner.model.events import CellFinished, StepStarted
from runner.model.results import Attempt, CellResult, NotStarted, StepResult, TestResult
from runner.model.secrets import NO_SECRETS, Concealer


def test_a_result_loses_its_secrets_and_keeps_what_holds_it_together() -> None:
    step = StepResult(
        phase="command",
        attempt=1,
        argv=("curl", "postgres"),
        exit=NotStarted("postgres was not found"),
        ok=False,
        duration=1.0,
        reason="`postgres`",
    )
    test = TestResult(id="test[postgres]", outcome="failed", duration=0.1, message="no postgres")
    attempt = Attempt(number=1, outcome="failed", duration=1.0, steps=(step,), tests=(test,))
    result = CellResult(
        id="tests-postgres",
        session="tests",
        axes={"db": "postgres"},
        outcome="failed",
        attempts=(attempt,),
        log="/logs/tests-postgres.log",
        artifacts=("artifacts/tests-postgres/postgres.txt",),
        warnings=("postgres",),
    )
    shown = concealed(CellFinished(result=result), Concealer(("postgres", "failed"))).result
    assert (shown.id, shown.axes, shown.outcome) == ("tests-postgres", {"db": "postgres"}, "failed")
    assert shown.log == "/logs/tests-postgres.log"
    assert shown.artifacts == ("artifacts/tests-***/***.txt",)
    assert shown.warnings == ("***",)
    assert shown.attempts[0].tests[0] == TestResult(
        id="test[***]", outcome="failed", duration=0.1, message="no ***"
    )
    told = shown.attempts[0].steps[0]
    assert (told.argv, told.exit, told.reason) == (("curl", "***"), NotStarted("*** was not found"), "`***`")


def test_a_secret_in_the_quotes_of_a_shell_is_found_in_a_result_too() -> None:
    said = """`curl 'it'"'"'s "me"'` exited"""
    event = StepStarted(cell="tests", attempt=1, phase="command", detail=said)
    assert concealed(event, Concealer(('it\'s "me"',))).detail == "`curl '***'` exited"


def test_what_holds_no_secret_is_returned_as_it_is() -> None:
    event = StepStarted(cell="tests", attempt=1, phase="command", argv=("pytest",))
    assert concealed(event, Concealer(("secret-one",))) is event
    assert concealed(event, NO_SECRETS) is event
