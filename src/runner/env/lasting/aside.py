"""Keeping a lasting environment until another is made in its place: somebody works in it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runner.env.folders import is_ours
from runner.env.lasting.record import aside_of, read_record
from runner.env.trash import Trash
from runner.model.errors import CellError


@contextmanager
def set_aside(folder: Path) -> Iterator[None]:
    """Move the finished environment in `folder` aside; back again when what is done meanwhile fails.

    Raises CellError. What a runner that is killed leaves aside, `put_back` takes care of.
    """
    if read_record(folder) is None:  # nothing that anybody could work in
        yield
        return
    try:
        folder.rename(aside_of(folder))
    except OSError as error:
        raise CellError("create", f"{folder} cannot be moved aside: {error.strerror}") from error
    try:
        yield
    finally:
        put_back(folder)


def put_back(folder: Path) -> None:
    """Put what was set aside back, unless an environment was finished in its place: then it goes.

    Raises CellError.
    """
    aside = aside_of(folder)
    try:
        if not is_ours(aside):
            return
        with closing(Trash(folder.parents[1])) as trash:
            if read_record(folder) is not None:
                trash.discard(aside)
                return
            trash.discard(folder)
            aside.rename(folder)
    except OSError as error:
        raise CellError("create", f"{aside} cannot be put back or removed: {error.strerror}") from error
