from tests.unit.env.interpreters.asking import asks
from runner.env.interpreters.find import Interpreters
from runner.process import StopSwitch
def test_x(interpreters, fake, tmp_path):
    fake("a/python3", "3.5.10")
    i = interpreters(path=str(tmp_path / "a"))
    print(i._discovery().describe(str(tmp_path / "a/python3")))
    fake("b/python3", "3.8.10")
    print(i._discovery().describe(str(tmp_path / "b/python3")))
    assert 0
