"""Numbers with units.

>>> 3 * metre + 20 * metre
Quantity(amount=23, unit='m')
"""

import os

import attrs

PRECISION = int(os.environ.get("QUANTITIES_PRECISION", "9"))
STRICT = os.environ.get("QUANTITIES_STRICT") == "1"


class UnitError(TypeError):
    """Quantities of different units do not add up."""


@attrs.frozen
class Quantity:
    """An amount of a unit.

    >>> Quantity(1, "m") + Quantity(1, "s")
    Traceback (most recent call last):
    quantities.UnitError: m and s
    """

    amount: float
    unit: str

    def __add__(self, other):
        if self.unit != other.unit:
            raise UnitError(f"{self.unit} and {other.unit}")
        return attrs.evolve(self, amount=round(self.amount + other.amount, PRECISION))

    def __rmul__(self, factor):
        return attrs.evolve(self, amount=factor * self.amount)


metre = Quantity(1, "m")
second = Quantity(1, "s")
