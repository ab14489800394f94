"""Positions of neurons: leaves of populations, of which delays are made."""

from __future__ import annotations

import math
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from genprop.describe.derived import leaf
from genprop.describe.draws import Values
from genprop.describe.initial import Learn, base_number
from genprop.errors import DescriptionError
from genprop.units import DIMENSIONLESS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from genprop.describe.initial import Value
    from genprop.describe.spec import ParameterSpec

__all__ = ["dims_of", "position_leaf", "position_name"]


def position_name(population: str) -> str:
    """``"hidden.position"``."""
    return f"{population}.position"


def dims_of(leaf: ParameterSpec) -> int:
    """The dimensions of the space that positions lie in."""
    return leaf.shape[1]


def position_leaf(
    population: str, size: int, given: Value | Learn, dims: int | None
) -> ParameterSpec:
    """Positions (size, dims) of a population, in units of space: at speed 1, ms.

    Raises:
        DescriptionError: for dims that contradict each other, and arrays of another shape.
    """
    where = position_name(population)
    inner = given.value if isinstance(given, Learn) else given
    found_dims = [dims] if dims is not None else []
    if isinstance(given, Learn) and given.dims is not None:
        found_dims.append(given.dims)
    array = inner.array if isinstance(inner, Values) else inner
    if isinstance(array, (np.ndarray, list, tuple)):
        given_shape = np.shape(cast("ArrayLike", array))
        found_dims += [given_shape[1]] if len(given_shape) == 2 else []
    if len(set(found_dims)) > 1:
        raise DescriptionError(
            f"{where} is given {' and '.join(map(str, found_dims))} dimensions",
            where=where,
            remedy="give dims once",
        )
    count = _count(found_dims[0] if found_dims else 2, where)
    plain = _boxed(given, count, where) if isinstance(given, Learn) else given
    shape = (size, count)
    return leaf(where, shape, plain, role="position", doc="where the neurons are")


def _boxed(given: Learn, dims: int, where: str) -> Learn:
    """Its bounds, with those that ``within`` gives: a box whose diagonal is that long."""
    bare = replace(given, dims=None, within=None)
    if given.within is None:
        return bare
    side = base_number(given.within, DIMENSIONLESS, 1.0, f"{where}, learn(within=…)")
    if side <= 0 or given.minimum is not None or given.maximum is not None:
        raise DescriptionError(
            f"positions cannot lie within {side:g}" if side <= 0 else "positions are bounded twice",
            where=where,
            remedy="give within, above 0, or min and max of coordinates",
        )
    half = side / (2 * math.sqrt(dims))
    return replace(bare, minimum=-half, maximum=half)


def _count(given: int, where: str) -> int:
    try:
        count = operator.index(given)
    except TypeError:
        count = 0
    if count < 1 or isinstance(given, bool):
        raise DescriptionError(
            f"{given!r} is no number of dimensions", where=where, remedy="give dims=2"
        )
    return count
