"""Parameters as named numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop.describe.topology import Synapses
from genprop.errors import DescriptionError, did_you_mean

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec

__all__ = ["Parameters", "initial_parameters", "topology_of"]


class Parameters(MutableMapping[str, np.ndarray]):
    """Arrays by flat name, in base units; assigning copies, and checks shape and finiteness."""

    def __init__(self, spec: NetworkSpec, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self._specs = {p.name: p for p in spec.leaf_parameters()}

    def __getitem__(self, name: str) -> np.ndarray:
        self._known(name)
        return self.arrays[name]

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        self._known(name)
        new, old = np.asarray(value, float), self.arrays[name]
        if new.shape not in ((), old.shape):
            raise DescriptionError(
                f"a value of shape {new.shape} does not fit {old.shape}", where=f"parameter {name}"
            )
        if not np.all(np.isfinite(new)):
            raise DescriptionError("values must be finite", where=f"parameter {name}")
        old[...] = new

    def __delitem__(self, name: str) -> None:
        raise DescriptionError("parameters cannot be removed", where=f"parameter {name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __repr__(self) -> str:
        rows = [f"  {name}: {a.shape} {a.dtype}" for name, a in self.arrays.items()]
        return "\n".join(["Parameters", *rows])

    def clip(self) -> None:
        """Bring every learned parameter back within its bounds."""
        for name, spec in self._specs.items():
            if spec.learned and (spec.minimum is not None or spec.maximum is not None):
                array = self.arrays[name]
                np.clip(array, spec.minimum, spec.maximum, out=array)

    def _known(self, name: str) -> None:
        if name not in self.arrays:
            raise DescriptionError(
                f"there is no parameter {name!r}", remedy=did_you_mean(name, self.arrays)
            )


def initial_parameters(spec: NetworkSpec, seed: int, dtype: npt.DTypeLike) -> dict[str, np.ndarray]:
    """Every parameter drawn from its initialiser, each from a stream of its own.

    A parameter's values depend on ``seed`` and its name, not on what else the network holds.
    """
    return {p.name: np.array(_draw(p, seed), dtype) for p in spec.leaf_parameters()}


def topology_of(spec: NetworkSpec) -> dict[str, Synapses]:
    """The synapses of every projection, as its pattern gives them."""
    found: dict[str, Synapses] = {}
    for p in spec.projections:
        pre, post = spec.population(p.pre).size, spec.population(p.post).size
        if p.pattern.kind == "dense":
            found[p.name] = Synapses(pre, post)
        else:
            found[p.name] = Synapses(pre, post, p.pattern.row_start, p.pattern.column, False)
    return found


def _draw(parameter: ParameterSpec, seed: int) -> np.ndarray:
    entropy: list[int] = [seed, *parameter.name.encode()]
    rng = np.random.default_rng(entropy)
    values = np.asarray(parameter.initial.sample(rng, parameter.shape), float)
    return np.clip(values, parameter.minimum, parameter.maximum).reshape(parameter.shape)
