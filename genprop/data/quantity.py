"""Numbers and quantities at the public edge of the room."""

from __future__ import annotations

import math

from genprop.errors import DataError, DimensionError
from genprop.units import Quantity, dimension_name

__all__ = ["in_unit"]


def in_unit(
    value: float | Quantity, unit: Quantity, what: str, *, least: float = -math.inf
) -> float:
    """A plain number in ``unit``; a plain number is taken to be in it already.

    Raises:
        DimensionError: for a quantity of another dimension.
        DataError: for a number that is not finite, or below ``least``.
    """
    if isinstance(value, Quantity):
        if value.dimension != unit.dimension:
            raise DimensionError(
                f"{what} is given in {dimension_name(value.dimension)}",
                remedy=f"give it in {dimension_name(unit.dimension)}",
            )
        value = value.value / unit.value
    if not math.isfinite(value) or value < least:
        raise DataError(f"{what} cannot be {value:g}", remedy="give a finite number, not negative")
    return float(value)
