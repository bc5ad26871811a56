"""Finding the interpreter that a cell asks for; each is asked about itself once, until something changes."""

import os
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from runner.env.interpreters.answers import Answers, Looked, Question, Sight, State, host
from runner.env.interpreters.candidates import (
    SYSTEM_ROOTS,
    Candidate,
    Install,
    all_installed,
    installed,
    is_python_name,
    manager_roots,
    on_path,
    path_folders,
)
from runner.env.interpreters.matching import is_what_was_asked_for, suits
from runner.env.interpreters.words import NotInstalled, not_installed, too_old
from runner.env.once import Once
from runner.model.errors import CellError, first_line
from runner.model.ports import Processes, Stop
from runner.model.python import OLDEST, Interpreter, Missing, Offer, PythonSpec, alternatives, dotted

if TYPE_CHECKING:
    from runner.env.interpreters.discovery import Described, Discovery


class _Installs(NamedTuple):
    """The folders of all installed Pythons, and what was looked at for them."""

    installs: tuple[Install, ...]
    looked: Looked


class Downloads(Protocol):
    """Brings Pythons to where they are found."""

    def install(self, spec: PythonSpec, stop: Stop) -> None:
        """Install the Python that a request for a version asks for. Raises CellError and Cancelled."""
        ...


class Interpreters:
    """The Pythons of this machine, as one run sees them.

    `cache` is the folder in which virtualenv keeps what it knows of interpreters, `remember` the one below
    which we keep what requests led to; without it an answer lasts as long as the run. `missing` says whether
    a cell without its Python is skipped; before that `downloads`, if given, are asked for it. `offers` are
    what plugins have for requests without `others`: then nothing else is looked for.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        root: Path,
        cache: Path,
        processes: Processes,
        missing: Missing,
        downloads: Downloads | None = None,
        remember: Path | None = None,
        system_roots: tuple[str, ...] = SYSTEM_ROOTS,
        offers: Mapping[PythonSpec, Offer] = MappingProxyType({}),
    ) -> None:
        self._environ = environ
        self._root = root
        self._cache = cache
        self._processes = processes
        self._missing = missing
        self._downloads = downloads
        self._system_roots = system_roots
        self._offers = offers
        self._host = host()
        self._remembered = Answers(None if remember is None else remember / "answers")
        self._answers: Once[PythonSpec, Interpreter] = Once()
        self._places: Once[PythonSpec, Interpreter] = Once()
        self._asked: Once[tuple[str, State | None], Described | None] = Once()
        self._identities: Once[Sight, Interpreter] = Once()
        self._made: Discovery | None = None
        self._making = threading.Lock()

    def find(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        """Return the interpreter for a request, or for the first of its `others` that has one.

        Raises CellError when there is none.
        """
        return self._answers.get(spec, lambda: self._had(spec, stop), stop)

    def describe(self, program: Sight, looked: Looked, stop: Stop) -> "Described | None":
        """Return what a program says of itself, asked once a run; None when it does not answer as a Python.

        `looked` notes what makes the answer doubtful.
        """
        # A program of many names acts by the one that it is called by.
        executable = program.real if is_python_name(program.real) else program.path
        key = executable, program.state
        found = self._asked.get(key, lambda: self._discovery().describe(executable, stop), stop)
        if found is None or found.executable != program.real:
            # What is broken may be mended elsewhere, and a script may start another Python next time.
            looked.doubtful = True
        return found

    def close(self) -> None:
        """Drop what was kept for this run only."""
        if self._made is not None:
            self._made.close()

    @cached_property
    def _installed(self) -> _Installs:
        return self._all_installed()

    def _all_installed(self) -> _Installs:
        looked = Looked()
        return _Installs(all_installed(self._environ, self._system_roots, looked), looked)

    def _had(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        """Return the interpreter that is there for a request, or was not and is now."""
        try:
            if spec.others:
                return self._first(spec, stop)
            return self._place(spec, stop)
        except NotInstalled as missing:
            if self._downloads is None or spec.missing is not None:
                raise
            return self._downloaded(missing, self._downloads, stop)

    def _downloaded(self, missing: NotInstalled, downloads: Downloads, stop: Stop) -> Interpreter:
        """Return the first of what is missing that can be downloaded; no other request takes it in this run.

        So it does not matter who asks first.
        """
        errors: list[str] = []
        for spec in missing.asked:
            try:
                downloads.install(spec, stop)
            except CellError as error:
                errors.append(error.message)
                continue
            looked = Looked()
            found = self._search(spec, looked, self._all_installed(), stop)
            if found is not None:
                return self._identified(found, looked, stop)
            errors.append(f"Python {spec.text} was downloaded, but what is there now does not answer as one")
        raise CellError("python", "\n".join(errors))

    def _first(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        asked = alternatives(spec)
        errors: list[CellError] = []
        for each in asked:
            try:
                return self._place(each, stop)
            except CellError as error:
                if each in self._offers:  # a wrong answer is nobody's choice, so it is not passed over
                    raise
                errors.append(error)
        first, *where = errors[0].message.splitlines()
        lines = (
            f"none of these Pythons is there: {', '.join(each.text for each in asked)}",
            *(first, *where, *(first_line(error.message) for error in errors[1:])),
        )
        skip = all(error.skip for error in errors)
        asked = tuple(each for error in errors if isinstance(error, NotInstalled) for each in error.asked)
        if asked:
            raise NotInstalled("\n".join(lines), asked, skip=skip)
        raise CellError("python", "\n".join(lines), skip=skip)

    def _place(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        return self._places.get(spec, lambda: self._find(spec, stop), stop)

    def _find(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        offer = self._offers.get(spec)
        if offer is not None:
            return self._offered(offer, spec, stop)
        if spec.path is not None:
            return self._at_path(self._root / Path(spec.path).expanduser(), spec, stop)
        return self._of_version(spec, stop)

    def _skips(self, spec: PythonSpec) -> bool:
        return (spec.missing or self._missing) == "skip"

    def _at_path(self, file: Path, spec: PythonSpec, stop: Stop) -> Interpreter:
        if not os.path.exists(file):  # noqa: PTH110 - Path.exists raises in a locked folder
            raise CellError("python", f"there is no Python at {file}", skip=self._skips(spec))
        question = Question(self._host, path=str(file))
        answer = self._remembered.find(question)
        if answer is not None and answer.interpreter is not None:
            return answer.interpreter
        looked = Looked()
        found = self.describe(looked.program(str(file)), looked, stop)
        if found is None:
            hint = f"it must be a working Python {dotted(OLDEST)} or newer"
            raise CellError("python", f"{file} does not answer as a Python: {hint}")
        interpreter = self._identified(found, looked, stop)
        self._remembered.keep(question, interpreter, looked)
        return interpreter

    def _offered(self, offer: Offer, spec: PythonSpec, stop: Stop) -> Interpreter:
        said = f"plugin {offer.plugin} gives {offer.path or 'an empty path'} for Python {spec.text}"
        try:
            found = self._at_path(self._root / Path(offer.path), spec, stop)
        except CellError as error:
            raise CellError("python", f"{said}, but {error.message}") from error
        if not is_what_was_asked_for(found, spec):
            threads = " with free threading" if found.free_threaded else ""
            raise CellError("python", f"{said}, but that is {found.implementation} {found.version}{threads}")
        return found

    def _of_version(self, spec: PythonSpec, stop: Stop) -> Interpreter:
        if spec.version[:2] < OLDEST[: len(spec.version)]:
            raise self._too_old(spec)
        question = self._question(spec)
        answer = self._remembered.find(question)
        if answer is not None:
            interpreter = answer.interpreter
        else:
            looked = Looked()
            found = self._search(spec, looked, self._installed, stop)
            interpreter = None if found is None else self._identified(found, looked, stop)
            self._remembered.keep(question, interpreter, looked)
        if interpreter is None:
            raise not_installed(spec, self._environ, self._installed.installs, skip=self._skips(spec))
        return interpreter

    def _too_old(self, spec: PythonSpec) -> CellError:
        there = installed(spec, self._installed.installs, Looked())
        path = there[0].program.path if there else ""
        return too_old(spec.text, path, skip=spec.missing == "skip")

    def _question(self, spec: PythonSpec) -> Question:
        return Question(
            self._host,
            implementation=spec.implementation,
            version=spec.version,
            free_threaded=spec.free_threaded,
            folders=path_folders(self._environ),
            roots=tuple(map(str, manager_roots(self._environ).values())),
            globs=self._system_roots,
        )

    def _search(
        self, spec: PythonSpec, looked: Looked, installs: _Installs, stop: Stop
    ) -> "Described | None":
        before = None
        for candidate in on_path(spec, self._environ, looked):
            found = self.describe(candidate.program, looked, stop)
            if found is not None and suits(found, spec):
                if found.final:
                    return found
                before = before or found
        newest = self._newest(spec, looked, installs, stop)
        return newest if newest is not None and (newest.final or before is None) else before

    def _newest(
        self, spec: PythonSpec, looked: Looked, installs: _Installs, stop: Stop
    ) -> "Described | None":
        """The newest that is installed, a final release first; only those are asked that could be it."""
        best: Described | None = None
        looked.include(installs.looked)
        candidates = installed(spec, installs.installs, looked)
        for candidate in sorted(candidates, key=_promise, reverse=True):
            if best is None or _promise(candidate) > (best.final, best.version):
                found = self.describe(candidate.program, looked, stop)
                if found is not None and suits(found, spec):
                    best = max(best or found, found, key=lambda each: (each.final, each.version))
        return best

    def _identified(self, found: "Described", looked: Looked, stop: Stop) -> Interpreter:
        program = looked.program(found.executable)
        return self._identities.get(program, lambda: self._discovery().identify(found, program, stop), stop)

    def _discovery(self) -> "Discovery":
        with self._making:
            if self._made is None:
                from runner.env.interpreters.discovery import Discovery  # noqa: PLC0415 - start-up

                self._made = Discovery(
                    environ=self._environ, root=self._root, cache=self._cache, processes=self._processes
                )
            return self._made


def _promise(candidate: Candidate) -> tuple[bool, tuple[int, ...]]:
    """The best that a candidate may turn out to be: one of unknown version may be anything."""
    known = len(candidate.version) == 3  # noqa: PLR2004 - X.Y.Z
    return (not candidate.pre, candidate.version if known else (99, 99, 99))
