"""Initial values: how an array of weights, delays or parameters is first filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from genprop.errors import DescriptionError, DimensionError
from genprop.units import DIMENSIONLESS, Dimension, Quantity, dimension_name

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
Array: TypeAlias = NDArray[np.float64]


class Initialiser(Protocol):
    """Fills an array: ``sample(rng, shape)`` gives float64 of that shape, in base units.

    ``dimension`` is None where plain numbers were given: they are taken in the declared unit.
    """

    @property
    def dimension(self) -> Dimension | None:
        """The dimension that was given, if any."""
        ...

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """An array of ``shape``, in base units."""
        ...

    def scaled(self, factor: float) -> Initialiser:
        """The same, every number times ``factor``."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """An initialiser that knows its smallest and largest value, and a typical one."""

    def extent(self) -> tuple[float, float]:
        """Smallest and largest value, infinite where open."""
        ...

    def typical(self) -> float:
        """A representative value."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """x everywhere."""

    value: float
    dimension: Dimension | None = field(default=None, compare=False)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """The value in every place."""
        return np.full(shape, self.value, dtype=np.float64)

    def scaled(self, factor: float) -> Constant:
        """``factor`` · x."""
        return Constant(self.value * factor, self.dimension)

    def extent(self) -> tuple[float, float]:
        """(x, x)."""
        return self.value, self.value

    def typical(self) -> float:
        """The value x."""
        return self.value


@dataclass(frozen=True, slots=True)
class Normal:
    """Independent draws of mean μ and standard deviation σ."""

    mean: float
    sd: float
    dimension: Dimension | None = field(default=None, compare=False)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """μ + σ ξ, ξ standard normal."""
        return np.asarray(rng.normal(self.mean, self.sd, size=shape), dtype=np.float64)

    def scaled(self, factor: float) -> Normal:
        """Mean and deviation times ``factor``."""
        return Normal(self.mean * factor, self.sd * factor, self.dimension)

    def extent(self) -> tuple[float, float]:
        """Everything, unless σ = 0."""
        return (-np.inf, np.inf) if self.sd else (self.mean, self.mean)

    def typical(self) -> float:
        """The mean."""
        return self.mean


@dataclass(frozen=True, slots=True)
class Uniform:
    """Independent draws between ``low`` and ``high``."""

    low: float
    high: float
    dimension: Dimension | None = field(default=None, compare=False)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Draws of [low, high)."""
        return np.asarray(rng.uniform(self.low, self.high, size=shape), dtype=np.float64)

    def scaled(self, factor: float) -> Uniform:
        """Both ends times ``factor``."""
        return Uniform(self.low * factor, self.high * factor, self.dimension)

    def extent(self) -> tuple[float, float]:
        """The two ends."""
        return self.low, self.high

    def typical(self) -> float:
        """The middle."""
        return 0.5 * (self.low + self.high)


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """An array given element by element; equal and hashed by content."""

    array: Array
    dimension: Dimension | None = field(default=None, compare=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Values) and np.array_equal(self.array, other.array)

    def __hash__(self) -> int:
        return hash((self.array.shape, self.array.tobytes()))

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """A copy of the array, whose shape must be ``shape``."""
        if self.array.shape != shape:
            raise DescriptionError(
                f"an array of shape {self.array.shape} was given where {shape} is needed"
            )
        return self.array.copy()

    def scaled(self, factor: float) -> Values:
        """Every element times ``factor``."""
        return _frozen(self.array * factor, self.dimension)

    def extent(self) -> tuple[float, float]:
        """Smallest and largest element (0, 0 of an empty array)."""
        if not self.array.size:
            return 0.0, 0.0
        return float(self.array.min()), float(self.array.max())

    def typical(self) -> float:
        """The mean."""
        return float(self.array.mean()) if self.array.size else 0.0


@dataclass(frozen=True, slots=True)
class Clipped:
    """Draws of another initialiser, clipped to bounds (None: open)."""

    inner: Initialiser
    minimum: float | None
    maximum: float | None

    @property
    def dimension(self) -> Dimension | None:
        """That of the inner one."""
        return self.inner.dimension

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """min(max(draw, minimum), maximum)."""
        low, high = self.extent()
        return np.clip(self.inner.sample(rng, shape), low, high)

    def scaled(self, factor: float) -> Clipped:
        """Draws and bounds times ``factor`` (> 0)."""
        ends = [None if b is None else b * factor for b in (self.minimum, self.maximum)]
        return Clipped(self.inner.scaled(factor), ends[0], ends[1])

    def extent(self) -> tuple[float, float]:
        """The bounds."""
        low = -np.inf if self.minimum is None else self.minimum
        return low, np.inf if self.maximum is None else self.maximum

    def typical(self) -> float:
        """The typical value of the inner one, clipped."""
        inner = self.inner.typical() if isinstance(self.inner, Bounded) else 0.0
        low, high = self.extent()
        return float(np.clip(inner, low, high))


Value: TypeAlias = Number | Sequence[float] | np.ndarray | Initialiser
"""What may stand where a number is declared."""


@dataclass(frozen=True, slots=True)
class Learn:
    """A value that is learned, inside bounds that every update is clipped to."""

    value: Value
    minimum: Number | None = None
    maximum: Number | None = None


def learn(x: Value | Learn, min: Number | None = None, max: Number | None = None) -> Learn:
    """Mark a value as learned, where it is declared: ``tau_mem=learn(20*ms, min=1*ms)``."""
    if isinstance(x, Learn):
        raise DescriptionError(
            "learn() stands inside learn()", remedy="write it once, with its min and max"
        )
    return Learn(x, min, max)


def constant(x: Number) -> Constant:
    """One value for every element (an array of equal elements, where a plain number is shared)."""
    (value,), dimension = _together("constant", x)
    return Constant(value, dimension)


def normal(mean: Number, sd: Number) -> Normal:
    """Independent normal draws."""
    (mu, sigma), dimension = _together("normal", mean, sd)
    if sigma < 0:
        raise DescriptionError(f"normal: the standard deviation {sd!r} is negative")
    return Normal(mu, sigma, dimension)


def uniform(low: Number, high: Number) -> Uniform:
    """Independent draws between two ends."""
    (a, b), dimension = _together("uniform", low, high)
    if a > b:
        raise DescriptionError(
            f"uniform: low {low!r} is above high {high!r}", remedy="give the smaller one first"
        )
    return Uniform(a, b, dimension)


def values(array: Sequence[float] | np.ndarray) -> Values:
    """The elements of an array (numbers, or quantities of one dimension); it is copied."""
    given = np.asarray(array)
    if given.dtype != object:
        return _frozen(_finite("values", np.array(given, dtype=np.float64)), None)
    elements, dimension = _together("values", *given.ravel().tolist())
    return _frozen(np.array(elements, dtype=np.float64).reshape(given.shape), dimension)


def initialiser(x: Value) -> Initialiser:
    """Whatever may stand where a value is declared, as an initialiser."""
    if isinstance(x, (int, float, Quantity, np.number)):
        return constant(x if isinstance(x, Quantity) else float(x))
    if isinstance(x, (np.ndarray, list, tuple)):
        return values(np.asarray(x))
    if hasattr(x, "sample") and hasattr(x, "scaled") and hasattr(x, "dimension"):
        return x  # pyright: ignore[reportReturnType]
    raise DescriptionError(
        f"{x!r} is no value",
        remedy="give a number, a quantity (20*ms), an array, "
        "or constant, normal, uniform or values",
    )


def base_number(x: Number, dimension: Dimension, scale: float, where: str) -> float:
    """One number in base units: plain ones are in the declared unit (``scale``), others checked.

    Raises:
        DimensionError: for a quantity of another dimension; ``where`` names the parameter.
    """
    if isinstance(x, Quantity):
        require(x.dimension, dimension, where)
        return float(x.value)
    return float(x) * scale


def require(given: Dimension, declared: Dimension, where: str) -> None:
    """Refuse a value whose dimension is not the declared one."""
    if given != declared:
        raise DimensionError(
            f"{where} is declared in {_unit(declared)} but was given in {_unit(given)}",
            where=where,
            remedy=f"give a value in {_unit(declared)}, or a plain number",
        )


def _unit(dimension: Dimension) -> str:
    name = dimension_name(dimension)
    return "plain numbers" if name == "1" else name


def _frozen(array: Array, dimension: Dimension | None) -> Values:
    array = np.ascontiguousarray(array, dtype=np.float64)
    array.setflags(write=False)
    return Values(array, dimension)


def _finite(what: str, array: Array) -> Array:
    if not np.isfinite(array).all():
        raise DescriptionError(f"{what}: every number must be finite")
    return array


def _together(what: str, *numbers: Number) -> tuple[list[float], Dimension | None]:
    """Base values and the one dimension of several numbers; a plain 0 fits every unit."""
    found = {x.dimension for x in numbers if isinstance(x, Quantity)}
    plain = [x for x in numbers if not isinstance(x, Quantity) and float(x) != 0.0]
    if plain and found:
        found.add(DIMENSIONLESS)
    if len(found) > 1:
        units = " and ".join(sorted(_unit(d) for d in found))
        raise DimensionError(
            f"{what}: numbers of different units ({units})", remedy="give all in the same unit"
        )
    values = [float(x.value) if isinstance(x, Quantity) else float(x) for x in numbers]
    _finite(what, np.array(values))
    return values, (found.pop() if found else None)
