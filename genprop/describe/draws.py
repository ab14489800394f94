"""What fills an array: the kinds of initial values, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from genprop.units import Dimension

__all__ = [
    "Absolute",
    "Array",
    "Bounded",
    "Clipped",
    "Constant",
    "Initialiser",
    "Normal",
    "Signs",
    "Uniform",
    "Values",
    "frozen",
]

Array: TypeAlias = NDArray[np.float64]


class Initialiser(Protocol):
    """Fills an array: ``sample(rng, shape)`` gives float64 of that shape, in base units.

    ``dimension`` is None for numbers without a unit: they are taken in the declared one.
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
        return frozen(self.array * factor, self.dimension)

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


@dataclass(frozen=True, slots=True)
class Absolute:
    """Absolute values of the draws of another initialiser."""

    inner: Initialiser

    @property
    def dimension(self) -> Dimension | None:
        """That of the inner one."""
        return self.inner.dimension

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """|draw|."""
        return np.abs(self.inner.sample(rng, shape))

    def scaled(self, factor: float) -> Absolute:
        """Draws times ``factor``."""
        return Absolute(self.inner.scaled(factor))


@dataclass(frozen=True, slots=True)
class Signs:
    """Independent draws of +1, with probability ``positive``, and −1."""

    positive: float = 0.5
    dimension: Dimension | None = field(default=None, compare=False)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """±1."""
        return np.where(rng.random(shape) < self.positive, 1.0, -1.0)

    def scaled(self, factor: float) -> Signs:
        """Signs have no scale."""
        return self

    def extent(self) -> tuple[float, float]:
        """(−1, 1), or the only one there is."""
        return (1.0 if self.positive >= 1 else -1.0), (-1.0 if self.positive <= 0 else 1.0)

    def typical(self) -> float:
        """The likelier sign."""
        return 1.0 if self.positive >= 0.5 else -1.0


def frozen(array: Array, dimension: Dimension | None) -> Values:
    """An array, made read-only, as values."""
    array = np.ascontiguousarray(array, dtype=np.float64)
    array.setflags(write=False)
    return Values(array, dimension)
