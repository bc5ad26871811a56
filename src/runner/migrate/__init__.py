"""From the environments of another tool's config to an equivalent `runner.toml`. Pure.

In the order in which a config passes through:

- `platforms` finds where the text asks for the platform, which reading it decides.
- `reading` takes each environment's settings from its session, as plain values.
- `outer` finds what in them came from outside, by reading the config with marks in the place of variables and
  of arguments, and writes `{env:...}` and `{posargs:...}` there; `folders` become `{root}` and the like.
- `grouping` makes sessions with axes of environments whose names share a pattern, `naming` names them.
- `explaining` says for each setting of a session on which axes it depends, with `boxes` of points, and
  `retexting` writes factors in text as substitutions.
- `document` puts it all together, `writing` makes text of it, with `lines` for commands.
- `comparing` proves that the cells of the text are those of the other config, and `telling` says it.
"""

from runner.migrate.comparing import Difference, compare
from runner.migrate.document import Document, Facts, document
from runner.migrate.folders import Folders, folders
from runner.migrate.lines import MARKED
from runner.migrate.outer import NOBODY, Marks, Outer, filled_in
from runner.migrate.platforms import asked_platforms, is_platform
from runner.migrate.reading import Dropped, settings
from runner.migrate.telling import Outcome, told
from runner.migrate.values import Env, Shape, Value, Values
from runner.migrate.writing import written

__all__ = [
    "MARKED",
    "NOBODY",
    "Difference",
    "Document",
    "Dropped",
    "Env",
    "Facts",
    "Folders",
    "Marks",
    "Outcome",
    "Outer",
    "Shape",
    "Value",
    "Values",
    "asked_platforms",
    "compare",
    "document",
    "filled_in",
    "folders",
    "is_platform",
    "settings",
    "told",
    "written",
]
