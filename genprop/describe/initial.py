"""Initial values: how an array of weights, delays or parameters is first filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop._checks import real
from genprop.describe.draws import (
    Array,
    Bounded,
    Clipped,
    Constant,
    Initialiser,
    Normal,
    Uniform,
    Values,
    frozen,
)
from genprop.errors import DescriptionError, DimensionError
from genprop.units import DIMENSIONLESS, Dimension, Quantity, dimension_name

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "Bounded",
    "Clipped",
    "Constant",
    "Initialiser",
    "Learn",
    "Normal",
    "Number",
    "Uniform",
    "Value",
    "Values",
    "base_number",
    "constant",
    "initialiser",
    "learn",
    "normal",
    "uniform",
    "values",
]

Number: TypeAlias = float | int | Quantity

Value: TypeAlias = Number | Sequence[float] | Sequence[Quantity] | np.ndarray | Initialiser
"""What may stand where a number is declared."""


@dataclass(frozen=True, slots=True)
class Learn:
    """A value that is learned, inside bounds that every update is clipped to."""

    value: Value
    minimum: Number | None = None
    maximum: Number | None = None
    dims: int | None = None
    within: Number | None = None


def learn(
    x: Value | Learn,
    min: Number | None = None,
    max: Number | None = None,
    *,
    dims: int | None = None,
    within: Number | None = None,
) -> Learn:
    """Mark a value as learned, where it is declared: ``tau_mem=learn(20*ms, min=1*ms)``.

    Args:
        x: a number or quantity (one value for a population), an array or initialiser (one per
            neuron or synapse).
        min: the lower bound, held after every update; a number is in the declared unit.
        max: the upper bound; for delays it also sizes the delay lines.
        dims: of positions, and of nothing else: the dimensions of the space they lie in.
        within: of positions too: the largest distance that two of them can have, in units of space.
            Each coordinate is bounded to ± within/(2 √dims): ``within=62`` keeps distances at speed
            1 and dt = 1 ms within the delays of Loihi 2.

    Raises:
        DescriptionError: for ``learn`` inside ``learn``, and bounds that are not finite; whether
            they fit the value is checked where it is declared.
    """
    if isinstance(x, Learn):
        raise DescriptionError(
            "learn() stands inside learn()", remedy="write it once, with its min and max"
        )
    for name, bound in (("min", min), ("max", max), ("within", within)):
        if bound is not None:
            _number(f"learn({name}=…)", bound)
    return Learn(x, min, max, dims, within)


def constant(x: Number) -> Constant:
    """One value for every element: an array of equal elements, where a number is one for all.

    Raises:
        DescriptionError: for a number that is not finite.
    """
    (value,), dimension = _together("constant", x)
    return Constant(value, dimension)


def normal(mean: Number, sd: Number) -> Normal:
    """Independent normal draws, clipped to the bounds of ``learn``.

    Raises:
        DescriptionError: for a negative deviation, or numbers that are not finite.
        DimensionError: where the two have different units.
    """
    (mu, sigma), dimension = _together("normal", mean, sd)
    if sigma < 0:
        raise DescriptionError(f"normal: the standard deviation {sd!r} is negative")
    return Normal(mu, sigma, dimension)


def uniform(low: Number, high: Number) -> Uniform:
    """Independent uniform draws in [low, high].

    Raises:
        DescriptionError: for ends in the wrong order, or numbers that are not finite.
        DimensionError: where the two have different units.
    """
    (a, b), dimension = _together("uniform", low, high)
    if a > b:
        raise DescriptionError(
            f"uniform: low {low!r} is above high {high!r}", remedy="give the smaller one first"
        )
    return Uniform(a, b, dimension)


def values(array: ArrayLike | Sequence[Quantity]) -> Values:
    """The elements of an array (numbers, or quantities of one dimension); it is copied.

    Its shape is ``(n,)`` for a parameter of n neurons, ``(pre, post)`` for a dense projection and
    ``(nnz,)``, in row order, for a sparse one.

    Raises:
        DescriptionError: for elements that are not finite; a wrong shape is reported where it is
            declared.
    """
    try:
        given = np.asarray(array)
    except ValueError as error:
        raise DescriptionError(f"values: this is no array ({error})") from error
    if given.dtype.kind not in "iufO":
        raise DescriptionError(
            f"values: an array of {given.dtype} holds no real numbers", remedy="give numbers"
        )
    if given.dtype != object:
        return frozen(_finite("values", np.array(given, dtype=np.float64)), None)
    elements, dimension = _together("values", *given.ravel().tolist())
    return frozen(np.array(elements, dtype=np.float64).reshape(given.shape), dimension)


def initialiser(x: Value) -> Initialiser:
    """Whatever may stand where a value is declared, as an initialiser."""
    if isinstance(x, (int, float, Quantity, np.number)):
        return constant(x)
    if isinstance(x, (np.ndarray, list, tuple)):
        return values(x)
    if hasattr(x, "sample") and hasattr(x, "scaled") and hasattr(x, "dimension"):
        return x  # pyright: ignore[reportReturnType]
    raise DescriptionError(
        f"{x!r} is no value",
        remedy="give a number, a quantity (20*ms), an array, "
        "or constant, normal, uniform or values",
    )


def base_number(x: Number, dimension: Dimension, scale: float, where: str) -> float:
    """One number in base units: without a unit it is in the declared one (``scale``), else checked.

    Raises:
        DimensionError: for a quantity of another dimension; ``where`` names the parameter.
        DescriptionError: for what is no finite number.
    """
    if isinstance(x, Quantity):
        require(x.dimension, dimension, where)
        return _number(where, x)
    return _number(where, x) * scale


def require(given: Dimension, declared: Dimension, where: str) -> None:
    """Refuse a value whose dimension is not the declared one."""
    if given != declared:
        raise DimensionError(
            f"{where} is declared in {_unit(declared)} but was given in {_unit(given)}",
            where=where,
            remedy=f"give a value in {_unit(declared)}, or a number",
        )


def _unit(dimension: Dimension) -> str:
    name = dimension_name(dimension)
    return "dimensionless numbers" if name == "1" else name


def _number(what: str, x: object) -> float:
    """A finite number, in base units where it has a unit."""
    return real(x.value if isinstance(x, Quantity) else x, what, fault=DescriptionError)


def _finite(what: str, array: Array) -> Array:
    if not np.isfinite(array).all():
        raise DescriptionError(f"{what}: every number must be finite")
    return array


def _together(what: str, *numbers: Number) -> tuple[list[float], Dimension | None]:
    """Base values and the one dimension of several numbers; a 0 fits every unit."""
    values = [_number(what, x) for x in numbers]
    found = {x.dimension for x in numbers if isinstance(x, Quantity)}
    plain = [v for x, v in zip(numbers, values, strict=True) if not isinstance(x, Quantity) and v]
    if plain and found:
        found.add(DIMENSIONLESS)
    if len(found) > 1:
        units = " and ".join(sorted(_unit(d) for d in found))
        raise DimensionError(
            f"{what}: numbers of different units ({units})", remedy="give all in the same unit"
        )
    return values, (found.pop() if found else None)
