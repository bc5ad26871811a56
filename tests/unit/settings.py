"""The settings of a cell that sets nothing, as tests of single layers need them."""

from msgspec import convert

from runner.model.settings import BUILT_IN, STEP_KEYS, Settings
from runner.model.text import Literal, Text

_VALUES = {key: value for key, value in BUILT_IN.values.items() if key not in STEP_KEYS}
_VALUES["package"] = Literal("none")

UNRENDERED: Settings[Text] = convert(_VALUES, Settings[Text])

RENDERED: Settings[str] = convert(
    {key: value.text if isinstance(value, Literal) else value for key, value in _VALUES.items()},
    Settings[str],
)
