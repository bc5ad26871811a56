import sysconfig

from packaging import tags

from runner.env.interpreters.tags import wheel_tags
from runner.model.python import Interpreter


def test_for_our_own_python_they_are_what_packaging_says(interpreter: Interpreter) -> None:
    assert set(interpreter.tags) == {str(tag) for tag in tags.sys_tags()}
    assert interpreter.tags[0] == str(next(tags.sys_tags()))


def of(soabi: str, version: tuple[int, int], implementation: str = "cpython") -> tuple[str, ...]:
    return wheel_tags(implementation, version, soabi, sysconfig.get_platform())


def ending() -> str:
    return "-".join(str(sysconfig.get_config_var("SOABI")).split("-")[2:])


def test_the_abi_is_that_of_the_other_python() -> None:
    assert of(f"cpython-36m-{ending()}", (3, 6))[0].startswith("cp36-cp36m-")
    free = of(f"cpython-313t-{ending()}", (3, 13))
    assert free[0].startswith("cp313-cp313t-")
    assert not any("-abi3-" in tag for tag in free)
    plain = of(f"cpython-313-{ending()}", (3, 13))
    assert any(tag.startswith("cp310-abi3-") for tag in plain)
    assert "py3-none-any" in plain
    pypy = of(f"pypy310-pp73-{ending()}", (3, 10), "pypy")
    assert pypy[0].startswith("pp310-pypy310_pp73-")


def test_a_debug_build_takes_release_wheels_after_its_own() -> None:
    debug = of(f"cpython-312d-{ending()}", (3, 12))
    assert debug[0].startswith("cp312-cp312d-")
    assert any(tag.startswith("cp312-cp312-") for tag in debug)


def test_one_for_another_libc_takes_no_wheels_of_ours() -> None:
    musl = of("cpython-312-x86_64-linux-nolibc", (3, 12))
    assert not any("manylinux" in tag or "macosx" in tag for tag in musl)
    assert "py3-none-any" in musl
