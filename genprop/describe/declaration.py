"""What stands where a value is declared, checked against the declared unit and bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genprop.describe.initial import (
    Bounded,
    Clipped,
    Initialiser,
    Learn,
    Number,
    Value,
    Values,
    base_number,
    initialiser,
    require,
)
from genprop.describe.spec import ParameterSpec, QuantitySpec
from genprop.errors import DescriptionError, GenpropError, refuse_if
from genprop.units import Quantity

__all__ = ["Declaration", "declare", "repr_of"]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declared value: its initialiser in base units, bounds, and whether it is learned.

    ``shared`` is one value for a whole population, else one per neuron (or per synapse).
    """

    initial: Initialiser
    shared: bool
    learned: bool
    minimum: float | None
    maximum: float | None

    def typical(self) -> float:
        """A representative number, in base units."""
        if isinstance(self.initial, Bounded):
            return float(self.initial.typical())
        return float(self.initial.sample(np.random.default_rng(0), (1,))[0])

    def extent(self) -> tuple[float, float]:
        """Smallest and largest initial value, infinite where unknown."""
        return self.initial.extent() if isinstance(self.initial, Bounded) else (-np.inf, np.inf)

    def quantity(self, like: QuantitySpec) -> QuantitySpec:
        """The declared quantity with this value as its default."""
        return QuantitySpec(
            like.name, self.typical(), like.dimension, like.minimum, like.maximum, like.doc
        )

    def parameter(
        self, name: str, role: str, count: int | tuple[int, ...], like: QuantitySpec
    ) -> ParameterSpec:
        """The network's parameter: ``count`` neurons (or the shape of the synapses) of ``like``."""
        shape = (count,) if isinstance(count, int) else count
        if self.shared:
            shape = ()
        if isinstance(self.initial, Values) and self.initial.array.shape != shape:
            raise DescriptionError(
                f"{name} was given an array of shape {self.initial.array.shape}, "
                f"but its shape is {shape}",
                where=name,
                remedy="give one value per neuron (or per synapse), or an initialiser",
            )
        return ParameterSpec(
            name=name,
            key=like.name,
            role=role,
            shape=shape,
            initial=self._clipped(),
            dimension=like.dimension,
            learned=self.learned,
            minimum=self.minimum,
            maximum=self.maximum,
            doc=like.doc,
        )

    def _clipped(self) -> Initialiser:
        """Draws that could leave the bounds are clipped to them."""
        low, high = self.extent()
        inside = (self.minimum is None or low >= self.minimum) and (
            self.maximum is None or high <= self.maximum
        )
        return self.initial if inside else Clipped(self.initial, self.minimum, self.maximum)


def declare(
    given: Value | Learn, like: QuantitySpec, scale: float, where: str, *, shared: bool = True
) -> Declaration:
    """Check a value against the quantity it is given for.

    Args:
        given: a number or quantity, an array or initialiser, each optionally inside ``learn``.
        like: the declared dimension and bounds.
        scale: base units per declared unit; numbers are multiplied by it.
        where: the name of the parameter, for errors.
        shared: whether a single number stays one value (else it fills the array).

    Raises:
        DimensionError: for a quantity of another dimension.
        DescriptionError: for values outside the bounds, or what is no value.
    """
    inner, learned = (given.value, True) if isinstance(given, Learn) else (given, False)
    if isinstance(given, Learn) and (given.dims is not None or given.within is not None):
        raise DescriptionError(
            f"{where}: only positions have dims and lie within a distance",
            where=where,
            remedy="leave both out, or give population(…, position=gp.learn(…, dims=2))",
        )
    if isinstance(inner, np.ndarray) and inner.ndim == 0:
        inner = float(inner)
    one = isinstance(inner, (int, float, Quantity, np.number))
    try:
        initial = initialiser(inner)
    except GenpropError as fault:
        raise type(fault)(f"{where}: {fault.what}", where=where, remedy=fault.remedy) from None
    if initial.dimension is None:
        initial = initial.scaled(scale) if scale != 1.0 else initial
    else:
        require(initial.dimension, like.dimension, where)

    def bound(x: Number | None, default: float | None) -> float | None:
        return default if x is None else base_number(x, like.dimension, scale, where)

    low, high = like.minimum, like.maximum
    if isinstance(given, Learn):
        low, high = bound(given.minimum, low), bound(given.maximum, high)
    found = Declaration(initial, shared and one, learned, low, high)
    refuse_if(_outside(found, like, where))
    return found


def _outside(found: Declaration, like: QuantitySpec, where: str) -> Iterator[DescriptionError]:
    """Bounds that contradict each other, and known values outside them."""
    low, high = found.minimum, found.maximum
    if low is not None and high is not None and low > high:
        yield DescriptionError(f"{where}: its minimum {low:g} is above its maximum {high:g}")
        return
    model_low, model_high = like.minimum, like.maximum
    if low is not None and model_low is not None and low < model_low:
        yield DescriptionError(
            f"{where}: learn(min={low:g}) is below the model's own minimum {model_low:g}"
        )
    if high is not None and model_high is not None and high > model_high:
        yield DescriptionError(
            f"{where}: learn(max={high:g}) is above the model's own maximum {model_high:g}"
        )
    smallest, largest = found.extent()
    if low is not None and np.isfinite(smallest) and smallest < low:
        yield DescriptionError(
            f"{where}: the value {smallest:g} is below its minimum {low:g}", where=where
        )
    if high is not None and np.isfinite(largest) and largest > high:
        yield DescriptionError(
            f"{where}: the value {largest:g} is above its maximum {high:g}", where=where
        )


def repr_of(named: tuple[str, Declaration]) -> str:
    """``"tau_mem = 20, learned"``: a name and a representative number in base units."""
    name, declared = named
    return f"{name} = {declared.typical():g}" + ", learned" * declared.learned
