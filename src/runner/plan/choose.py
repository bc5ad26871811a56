"""From a selection to the cells that run: `-e`, `-t`, `-p`, needs, `--skip`. Pure."""

from runner.model.config import Config
from runner.model.errors import MOST_PROBLEMS, ConfigError, NothingSelected, Problem
from runner.model.nearest import enumerated
from runner.model.plan import Selection
from runner.model.python import PythonSpec
from runner.plan.nearest import near, no_match
from runner.plan.points import same_python
from runner.plan.select import Index, Positions


def default_cells(config: Config, index: Index) -> Positions:
    """Return the cells that `default` selects, or, without it, those of sessions that are default ones.

    Raises ConfigError when a selector of `default` matches nothing.
    """
    if config.default is None:
        wanted = {session.name for session in config.sessions if session.default}
        return frozenset(at for at, cell in enumerate(index.cells) if cell.session in wanted)
    found: set[int] = set()
    problems: list[Problem] = []
    for selector in config.default:
        hits = index.find(selector, index.everything)
        found |= hits
        if not hits and len(problems) <= MOST_PROBLEMS:
            missed = no_match(selector, index, "the selector")
            problems.append(Problem(missed.message, config.default_origin, missed.hint))
    if problems:
        raise ConfigError(*problems)
    return frozenset(found)


def of_same_sessions(index: Index, cells: Positions) -> Positions:
    """Return all cells of the sessions that have one of these."""
    names = {index.cells[at].session for at in cells}
    return frozenset().union(*(index.sessions[name] for name in names))


def with_needs(cells: Positions, index: Index, without: Positions = frozenset()) -> Positions:
    """Return the cells and all that they need, and so on, less those in `without`."""
    found = set(cells - without)
    waiting = list(found)
    seen: set[int] = set()  # cells share their tuples of needs
    while waiting:
        needs = index.cells[waiting.pop()].needs
        if id(needs) in seen:
            continue
        seen.add(id(needs))
        new = {index.by_id[need] for need in needs} - found - without
        found |= new
        waiting.extend(new)
    return frozenset(found)


def choose(
    selection: Selection, index: Index, defaults: Positions, pythons: tuple[PythonSpec, ...]
) -> Positions:
    """Return the cells that run, needs included. Raises NothingSelected.

    `defaults` are the cells that a bare run selects; `pythons` are what `-p` asks for.
    """
    problems: list[Problem] = []
    around = of_same_sessions(index, defaults)
    chosen = _selected(selection, index, defaults, around, problems)
    chosen &= _tagged(selection, index, problems)
    chosen &= _on_pythons(pythons, index, problems)
    skipped: set[int] = set()
    for selector in selection.skip:
        hits = index.find(selector, index.everything)
        skipped |= hits
        if not hits and len(problems) <= MOST_PROBLEMS:
            problems.append(no_match(selector, index, "--skip"))
    if problems:
        raise NothingSelected(*problems)
    if not chosen - skipped:
        raise NothingSelected(_nothing_left(selection, index, skipped=bool(chosen)))
    if selection.no_needs:
        return chosen - skipped
    return with_needs(chosen, index, frozenset(skipped))


def _selected(
    selection: Selection, index: Index, defaults: Positions, around: Positions, problems: list[Problem]
) -> Positions:
    if selection.select is None:
        return index.everything if selection.tags else defaults
    found: set[int] = set()
    for selector in selection.select:
        hits = index.find(selector, around)
        found |= hits
        if not hits and len(problems) <= MOST_PROBLEMS:
            problems.append(no_match(selector, index, "-e"))
    return frozenset(found)


def _tagged(selection: Selection, index: Index, problems: list[Problem]) -> Positions:
    if not selection.tags:
        return index.everything
    found: set[int] = set()
    for tag in selection.tags:
        hits = {at for at, cell in enumerate(index.cells) if tag in cell.tags}
        found |= hits
        if not hits:
            known = list(dict.fromkeys(name for cell in index.cells for name in cell.tags))
            close = near(tag, known) or known
            hint = f"the tags: {enumerated(close)}" if close else "no session has tags"
            problems.append(Problem(f"-t {tag!r} matches no cell", hint=hint))
    return frozenset(found)


def _on_pythons(pythons: tuple[PythonSpec, ...], index: Index, problems: list[Problem]) -> Positions:
    if not pythons:
        return index.everything
    found: set[int] = set()
    for python in pythons:
        hits = {at for at, cell in enumerate(index.cells) if same_python(cell.python, python)}
        found |= hits
        if not hits:
            hint = "`exclude` removes its cells, or no session has a Python axis: python = [...]"
            problems.append(Problem(f"-p {python.text}: no cell has it", hint=hint))
    return frozenset(found)


def _nothing_left(selection: Selection, index: Index, *, skipped: bool) -> Problem:
    if skipped:
        return Problem("nothing is left to run: --skip takes all that was selected")
    asked = [
        *(f"-e {selector}" for selector in selection.select or ()),
        *(f"-t {tag}" for tag in selection.tags),
        *(f"-p {python}" for python in selection.pythons),
    ]
    if len(asked) > 1 or selection.pythons:
        return Problem(f"no cell is selected by all of: {' '.join(asked)}", hint=_sessions(index))
    return Problem(
        "nothing is selected: there is no default session", hint=f"choose with -e; {_sessions(index)}"
    )


def _sessions(index: Index) -> str:
    names = list(index.sessions)
    return f"the sessions: {enumerated(names)}" if names else "the config has no sessions"
