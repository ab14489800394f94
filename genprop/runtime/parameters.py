"""Parameters as named numpy arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._checks import is_one_of, within_memory
from genprop.describe.bounds import clipped
from genprop.errors import DescriptionError, did_you_mean
from genprop.units import dimension_name

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec

__all__ = ["Parameters", "initial_parameters"]


class Parameters(MutableMapping[str, np.ndarray]):
    """Arrays by flat name, in base units.

    Assigning copies, and checks shape, finiteness and the declared bounds; what is written into an
    array in place is checked when the network next runs (:meth:`refuse_unsound`).
    """

    def __init__(self, spec: NetworkSpec, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self._specs = {p.name: p for p in spec.leaf_parameters()}
        self._extents = {name: _extent(self._specs[name], a.dtype) for name, a in arrays.items()}

    def __getitem__(self, name: str) -> np.ndarray:
        self._known(name)
        return self.arrays[name]

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        self._known(name)
        self.arrays[name][...] = self.sound(name, value)

    def __delitem__(self, name: str) -> None:
        raise DescriptionError("parameters cannot be removed", where=f"parameter {name}")

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __repr__(self) -> str:
        rows = [f"  {name}: {a.shape} {a.dtype}" for name, a in self.arrays.items()]
        return "\n".join(["Parameters", *rows])

    def sound(self, name: str, value: npt.ArrayLike) -> np.ndarray:
        """``value`` as an array that the parameter ``name`` can take.

        Raises:
            DescriptionError: for what is no number, of another shape, not finite, or out of bounds.
        """
        old, where = self.arrays[name], f"parameter {name}"
        try:
            new = np.asarray(value, float)
        except (TypeError, ValueError, OverflowError) as error:
            raise DescriptionError(
                f"{value!r:.60} holds no numbers", where=where, remedy="give numbers in base units"
            ) from error
        if new.shape not in ((), old.shape):
            raise DescriptionError(
                f"a value of shape {new.shape} does not fit {old.shape}", where=where
            )
        if not np.all(np.isfinite(new)):
            raise DescriptionError("values must be finite", where=where)
        if not _within(new.astype(old.dtype), self._extents[name]):
            raise self._beyond(name, new)
        return new

    def refuse_unsound(self) -> None:
        """Refuse what was written in place: values that are not finite, or out of bounds.

        Raises:
            DescriptionError: naming the parameter, the value and what was expected.
        """
        for name, array in self.arrays.items():
            if not _within(array, self._extents[name]):
                raise self._beyond(name, array)

    def refuse_misshapen(self, gradients: Mapping[str, np.ndarray]) -> None:
        """Refuse gradients of other shapes than their parameters."""
        for name, gradient in gradients.items():
            if np.shape(gradient) != self[name].shape:
                raise DescriptionError(
                    f"a gradient of shape {np.shape(gradient)} does not fit {self[name].shape}",
                    where=f"step(gradients), {name}",
                    remedy="give what gradients() gave, scaled or clipped",
                )

    def clip(self) -> None:
        """Bring every learned parameter back within its bounds."""
        for name, spec in self._specs.items():
            if spec.learned and (spec.minimum is not None or spec.maximum is not None):
                self.arrays[name][...] = clipped(self.arrays[name], spec)

    def _beyond(self, name: str, values: np.ndarray) -> DescriptionError:
        spec = self._specs[name]
        low, high = self._extents[name]
        found = float(values[~((values >= low) & (values <= high))].flat[0])
        unit = dimension_name(spec.dimension)
        bounds = [
            *([] if spec.minimum is None else [f"not below {spec.minimum:g}"]),
            *([] if spec.maximum is None else [f"not above {spec.maximum:g}"]),
        ]
        return DescriptionError(
            f"a value of {found:g} cannot be: it must be finite"
            + "".join(f", {bound}" for bound in bounds)
            + ("" if unit == "1" else f" (in {unit})"),
            where=f"parameter {name}",
            remedy="bounds are declared with the model, by gp.learn(…, min=…, max=…), "
            "and for delays by max_delay",
        )

    def _known(self, name: str) -> None:
        if not is_one_of(name, self.arrays):
            raise UnknownParameterError(
                f"there is no parameter {name!r:.60}", remedy=did_you_mean(str(name), self.arrays)
            )


class UnknownParameterError(DescriptionError, KeyError):
    """A name that no parameter has; a KeyError too, as ``get`` of any Mapping expects."""

    __str__ = Exception.__str__


Extent = tuple[float, float]


def _extent(spec: ParameterSpec, dtype: np.dtype[np.floating]) -> Extent:
    """The smallest and largest value, as ``dtype`` holds them."""
    largest = float(np.finfo(dtype).max)
    low = -largest if spec.minimum is None else float(dtype.type(spec.minimum))
    high = largest if spec.maximum is None else float(dtype.type(spec.maximum))
    return low, high


def _within(values: np.ndarray, extent: Extent) -> bool:
    """Whether all lie in ``extent``; NaN, which passes through a minimum, does not."""
    low, high = extent
    return not values.size or bool(values.min() >= low and values.max() <= high)


def initial_parameters(spec: NetworkSpec, seed: int, dtype: npt.DTypeLike) -> dict[str, np.ndarray]:
    """Every parameter drawn from its initialiser, each from a stream of its own.

    A parameter's values depend on ``seed`` and its name, not on what else the network holds.
    """
    leaves = list(spec.leaf_parameters())
    count = sum(math.prod(p.shape) for p in leaves)
    within_memory(count, f"{count:.4g} parameters", "smaller populations, or sparse projections")
    return {p.name: _stored(p, _draw(p, seed), dtype) for p in leaves}


def _stored(spec: ParameterSpec, drawn: np.ndarray, dtype: npt.DTypeLike) -> np.ndarray:
    """``drawn`` in the precision that runs, in which all are numbers."""
    with np.errstate(over="ignore"):
        found = np.array(drawn, dtype)
    if not np.isfinite(found).all():
        raise DescriptionError(
            f"a value of {drawn[~np.isfinite(found)].flat[0]:g} is beyond {found.dtype}",
            where=f"parameter {spec.name}",
            remedy="give a smaller one, or compile in double: gp.Native('double')",
        )
    return found


def _draw(parameter: ParameterSpec, seed: int) -> np.ndarray:
    entropy: list[int] = [seed, *parameter.name.encode()]
    rng = np.random.default_rng(entropy)
    values = np.asarray(parameter.initial.sample(rng, parameter.shape), float)
    return clipped(values, parameter).reshape(parameter.shape)
