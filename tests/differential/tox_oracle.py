"""tox, asked many times by one process: run by the Python of an environment that has tox, never imported.

Reads a JSON object a line, `{"folder", "environ", "argv"}`; answers one, `{"code", "said", "shown"}`.
`said` is what the call printed, `shown` what it wrote to the file that is `{output}` in argv, or null.
`code` is null when tox itself broke; `said` then is the exception.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path


def main() -> None:
    """Answer requests until there are no more."""
    setattr(import_module("tox.provision"), "_get_missing", _nothing_is_missing)  # noqa: B010 - no stubs of it
    _read_runners_of_tox_uv_as_tox_does_its_own()
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    for line in sys.stdin:
        request = json.loads(line)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environ"])
        json.dump(_answer(request["argv"]), channel)
        channel.write("\n")
        channel.flush()


def _answer(argv: list[str]) -> dict[str, object]:
    streams = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        words = [word.replace("{output}", str(output)) for word in argv]
        with contextlib.redirect_stdout(streams), contextlib.redirect_stderr(streams):
            code, broken = _run(words)
        streams.flush()
        said = streams.buffer.getvalue().decode("utf-8", errors="replace")
        shown = output.read_text("utf-8") if output.exists() else None
    return {"code": code, "said": broken or said, "shown": shown}


def _run(argv: list[str]) -> tuple[int | None, str]:
    try:
        import_module("tox.run").run(argv)
    except SystemExit as end:
        return int(end.code or 0), ""
    except Exception as error:  # noqa: BLE001 - whatever tox breaks on is an answer, too
        return None, repr(error)
    return 0, ""


def _read_runners_of_tox_uv_as_tox_does_its_own() -> None:
    """Make envs that name them known: without the plugin tox shows nothing of them."""
    own = import_module("tox.tox_env.python.virtual_env.runner").VirtualEnvRunner
    register = import_module("tox.tox_env.register").REGISTER
    register.add_run_env(own)  # the first is the default
    for name in ("uv-venv-runner", "uv-venv-lock-runner"):
        register.add_run_env(type(own.__name__, (own,), {"id": staticmethod(partial(str, name))}))


def _nothing_is_missing(_requires: object) -> list[object]:
    """Take the place of the check of `requires`: a config is shown by the tox that is here."""
    return []


if __name__ == "__main__":
    main()
