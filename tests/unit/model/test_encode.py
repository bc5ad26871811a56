"""Values of JSON, made by several threads at once."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
from msgspec import Struct
from runner.model.encode import converted, decoded

sys.setswitchinterval(1e-7)

def check(make):
    class Inner(Struct, frozen=True):
        a: int
        b: dict[str, str] = {}

    class Outer(Struct, frozen=True):
        x: tuple[Inner, ...]
        y: dict[str, int] = {}
        z: str = ""

    made, together = [], threading.Barrier(3)

    def work():
        together.wait()
        made.append(make(Outer))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [Outer((Inner(1),), z="q")] * 3, made

make = {
    "decoded": lambda kind: decoded(b'{"x": [{"a": 1}], "z": "q"}', kind),
    "converted": lambda kind: converted({"x": [{"a": 1}], "z": "q"}, kind),
}[sys.argv[1]]
for _ in range(150):
    check(make)
"""


@pytest.mark.parametrize("make", ["decoded", "converted"])
def test_threads_that_make_the_first_value_of_a_type_at_once_do_not_crash(make: str) -> None:
    # As msgspec 0.22 does, within the first ten of these.
    done = subprocess.run(
        (sys.executable, "-c", PROGRAM, make), capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
