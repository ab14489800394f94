"""Numbers and quantities at the public edge of the room."""

from __future__ import annotations

import math

from genprop.errors import DataError, DimensionError
from genprop.units import Quantity, dimension_name, ms

__all__ = ["Frequency", "Time", "in_unit", "times_in_ms"]

Time = float | Quantity
"""A quantity, or a number of ms."""

Frequency = float | Quantity
"""A quantity, or a number of Hz."""

_LARGEST = 3e38  # what single precision holds, in which times are kept


def times_in_ms(**times: Time) -> tuple[float, ...]:
    """Several times in ms, each named as the user names it.

    Raises:
        DimensionError, DataError: see :func:`in_unit`.
    """
    return tuple(in_unit(value, ms, name) for name, value in times.items())


def in_unit(
    value: float | Quantity, unit: Quantity, what: str, *, least: float = -math.inf
) -> float:
    """A number in ``unit``; a number without a unit is taken to be in it already.

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
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= _LARGEST or number < least:
        raise DataError(
            f"{what} cannot be {value!r:.60}", remedy="give a finite number, not negative"
        )
    return number
