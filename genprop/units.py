"""Units of time, voltage and current, and quantities that carry them.

``20 * ms`` is a :class:`Quantity`. Inside genprop every number is in the base units (ms, mV, nA and
their products); equations with numbers alone are dimensionless. A dimension is the tuple of
exponents of (time, voltage, current).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from genprop.errors import DescriptionError, DimensionError, did_you_mean

__all__ = ["DIMENSIONLESS", "Dimension", "Quantity", "dimension_name", "in_ms", "parse_unit"]

Dimension = tuple[int, int, int]
DIMENSIONLESS: Dimension = (0, 0, 0)
_BASE = ("ms", "mV", "nA")
_HIGHEST_POWER = 100


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a dimension: ``value`` is in base units (ms, mV, nA).

    Multiplying and dividing combine dimensions; adding requires them equal, else
    :class:`~genprop.errors.DimensionError`.
    """

    value: float
    dimension: Dimension = DIMENSIONLESS

    def __mul__(self, other: Quantity | float) -> Quantity:
        if not _is_number(other):
            return NotImplemented
        value, dim = _split(other)
        return Quantity(self.value * value, _combine(self.dimension, dim, 1))

    __rmul__ = __mul__

    def __truediv__(self, other: Quantity | float) -> Quantity:
        if not _is_number(other):
            return NotImplemented
        value, dim = _split(other)
        return Quantity(_divided(self.value, value), _combine(self.dimension, dim, -1))

    def __rtruediv__(self, other: float) -> Quantity:
        if not _is_number(other):
            return NotImplemented
        value, dim = _split(other)
        return Quantity(_divided(value, self.value), _combine(dim, self.dimension, -1))

    def __pow__(self, exponent: int) -> Quantity:
        t, v, i = self.dimension
        whole = int(exponent) if abs(exponent) <= _HIGHEST_POWER else 0
        try:
            if whole != exponent:
                raise OverflowError
            return Quantity(self.value**whole, (t * whole, v * whole, i * whole))
        except (OverflowError, ZeroDivisionError) as error:
            raise DimensionError(
                f"{self!r} has no power {exponent!r:.40}",
                remedy="powers of quantities are integers",
            ) from error

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.dimension)

    def __add__(self, other: Quantity | float) -> Quantity:
        if not _is_number(other):
            return NotImplemented
        value, dimension = _split(other)
        if self.dimension != dimension:
            raise DimensionError(
                f"{_named(self.dimension)} and {_named(dimension)} cannot be added",
                remedy="give both in the same unit: 3*ms + 1*ms",
            )
        return Quantity(self.value + value, self.dimension)

    __radd__ = __add__

    def __sub__(self, other: Quantity | float) -> Quantity:
        return self + -other

    def __rsub__(self, other: float) -> Quantity:
        return -self + other

    def __repr__(self) -> str:
        unit = dimension_name(self.dimension)
        return f"{self.value:g}" if unit == "1" else f"{self.value:g}*{unit}"


def _is_number(x: object) -> bool:
    """Whether it is one number or quantity; arrays and others know what to do with a quantity."""
    return isinstance(x, Quantity) or (hasattr(x, "__float__") and not getattr(x, "ndim", 0))


def _divided(above: float, below: float) -> float:
    if below == 0:
        raise DescriptionError("a quantity is divided by 0", remedy="give another divisor")
    return above / below


def _named(dimension: Dimension) -> str:
    name = dimension_name(dimension)
    return "a number without a unit" if name == "1" else name


def _split(x: Quantity | float) -> tuple[float, Dimension]:
    return (x.value, x.dimension) if isinstance(x, Quantity) else (float(x), DIMENSIONLESS)


def _combine(a: Dimension, b: Dimension, sign: int) -> Dimension:
    return (a[0] + sign * b[0], a[1] + sign * b[1], a[2] + sign * b[2])


_TIME, _VOLTAGE, _CURRENT = (1, 0, 0), (0, 1, 0), (0, 0, 1)
UNITS: dict[str, Quantity] = {
    "1": Quantity(1.0),
    "ms": Quantity(1.0, _TIME),
    "s": Quantity(1e3, _TIME),
    "us": Quantity(1e-3, _TIME),
    "Hz": Quantity(1e-3, (-1, 0, 0)),
    "kHz": Quantity(1.0, (-1, 0, 0)),
    "mV": Quantity(1.0, _VOLTAGE),
    "V": Quantity(1e3, _VOLTAGE),
    "nA": Quantity(1.0, _CURRENT),
    "pA": Quantity(1e-3, _CURRENT),
}
"""Every unit by name; the public names below are the same objects."""

ms, s, us = UNITS["ms"], UNITS["s"], UNITS["us"]
Hz, kHz = UNITS["Hz"], UNITS["kHz"]
mV, V = UNITS["mV"], UNITS["V"]
nA, pA = UNITS["nA"], UNITS["pA"]


_UNIT = r"[A-Za-z1]+(\*\*-?\d)?"


def parse_unit(text: str) -> Quantity:
    """The unit a string such as ``"ms"``, ``"1/ms"`` or ``"mV/ms**2"`` names.

    Raises:
        DimensionError: for a name that is no unit.
    """
    compact = text.replace(" ", "") if isinstance(text, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]
    if re.fullmatch(rf"{_UNIT}([*/]{_UNIT})*", compact) is None:
        raise DimensionError(
            f"{text!r:.60} is no unit", remedy="write it as 'ms', '1/ms' or 'mV/ms**2'"
        )
    result, sign = Quantity(1.0), 1
    for token in re.findall(r"[A-Za-z1]+(?:\*\*-?\d+)?|[*/]", compact):
        if token in "*/":
            sign = -1 if token == "/" else 1
            continue
        name, _, power = token.partition("**")
        if name not in UNITS:
            raise DimensionError(
                f"{name!r} is no unit", where=f"unit {text!r}", remedy=did_you_mean(name, UNITS)
            )
        result = result * UNITS[name] ** (sign * int(power or 1))
    return result


def dimension_name(dimension: Dimension) -> str:
    """The base unit of a dimension: ``"ms"``, ``"1/ms"``, ``"mV/ms"``; ``"1"`` for none."""

    def side(sign: int) -> list[str]:
        return [
            name if abs(power) == 1 else f"{name}**{abs(power)}"
            for name, power in zip(_BASE, dimension, strict=True)
            if power * sign > 0
        ]

    above, below = side(1), side(-1)
    return "/".join(["*".join(above) or "1", *below])


def in_ms(time: Quantity | float) -> float:
    """A time in ms; numbers are taken as ms.

    Raises:
        DimensionError: for a quantity that is no time.
        DescriptionError: for what is no finite number.
    """
    if not isinstance(time, Quantity):
        return _number(time)
    if time.dimension != _TIME:
        raise DimensionError(
            f"a time was expected, not {dimension_name(time.dimension)}",
            remedy="write e.g. 1*gp.ms",
        )
    return _number(time.value)


def _number(value: float) -> float:
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise DescriptionError(
            f"a time cannot be {value!r:.60}", remedy="give a finite number of ms, or 1*gp.ms"
        )
    return number
