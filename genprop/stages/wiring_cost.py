"""The cost of long connections: weights times distances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.derived import Declared
from genprop.describe.objective import Loss
from genprop.describe.position import position_name
from genprop.describe.spec import NetworkSpec, ProjectionSpec
from genprop.errors import DescriptionError, did_you_mean
from genprop.stages.base import Stage
from genprop.stages.lengths import lengths, position_gradients

if TYPE_CHECKING:
    from genprop.describe.projection import Projection
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["DistanceCost", "WiringCost"]


@dataclass(frozen=True)
class WiringCost(Stage):
    """C = λ Σ_ij |w_ij| (d_ij/d̄)^p, d̄ the mean of d over the synapses.

    d_ij is the distance of the two neurons' positions. Always ∂C/∂w_ij = λ sign(w_ij) (d_ij/d̄)^p;
    where the cost moves positions, also

        ∂C/∂d_ij = λ (p/d̄) [ |w_ij| (d_ij/d̄)^(p−1) − (1/N) Σ_kl |w_kl| (d_kl/d̄)^p ]

    with N synapses. C does not change with the scale of space, so that Σ x·∂C/∂x = 0.

    Source: arXiv:2511.01632.
    """

    projection: str
    pre: str = ""
    post: str = ""
    power: float = 1.0
    moves: bool = False
    coefficient: float = 1.0

    @property
    def name(self) -> str:
        """``"distance cost <projection>"``."""
        return f"distance cost {self.projection}"

    def scaled(self, factor: float) -> WiringCost:
        """``factor`` times it."""
        return replace(self, coefficient=factor * self.coefficient)

    def declare(self, spec: NetworkSpec) -> Declared:
        """Nothing; the projection and its positions are looked for.

        Raises:
            DescriptionError: for no projection, or one without positions.
        """
        names = [p.name for p in spec.projections]
        if self.projection not in names:
            raise DescriptionError(
                f"DistanceCost: there is no projection {self.projection!r}",
                remedy=did_you_mean(self.projection, names),
            )
        leaves = {leaf.name for leaf in spec.leaves}
        for population in self._ends:
            if position_name(population) not in leaves:
                raise DescriptionError(
                    f"{population} has no positions, so its connections have no length",
                    where=f"the loss {self.name}",
                    remedy=f"describe it with population({population!r}, …, position=…)",
                )
        return Declared(papers=(("wiring cost", "Delays from neuron positions, arXiv:2511.01632"),))

    def penalty(
        self, values: Mapping[str, np.ndarray], topology: Topology
    ) -> tuple[float, Arrays] | None:
        """The cost, and its gradients."""
        synapses, target = topology[self.projection], f"{self.projection}.weight"
        weight = np.asarray(values[target], np.float64)
        apart = lengths(self._ends, values, synapses)
        mean = float(apart.mean()) if apart.size else 0.0
        if mean == 0.0:
            return 0.0, {}
        ratio = (apart / mean) ** self.power
        size = np.abs(weight)
        total = float((size * ratio).sum())
        slopes = {target: self.coefficient * np.sign(weight) * ratio}
        if self.moves:
            scaled = np.divide(size * ratio, apart, out=np.zeros_like(ratio), where=apart > 0)
            slope = self.coefficient * self.power * (scaled - total / (mean * apart.size))
            slopes |= position_gradients(self._ends, values, apart, slope, synapses)
        return self.coefficient * total, slopes

    def held(self, values: Mapping[str, np.ndarray], topology: Topology) -> Stage:
        """At the distances of now, unless the cost moves positions."""
        if self.moves:
            return self
        names = (position_name(p) for p in self._ends)
        return _AtDistances(self, {name: np.array(values[name]) for name in names})

    @property
    def _ends(self) -> tuple[str, str]:
        return self.pre, self.post


@dataclass(frozen=True)
class _AtDistances(Stage):
    """The cost at positions that do not move."""

    cost: WiringCost
    places: Mapping[str, np.ndarray]

    def penalty(
        self, values: Mapping[str, np.ndarray], topology: Topology
    ) -> tuple[float, Arrays] | None:
        """The cost, and its gradient."""
        return self.cost.penalty({**values, **self.places}, topology)


def DistanceCost(
    projection: Projection, *, power: float = 1.0, move_positions: bool = False
) -> Loss:
    """C = Σ |w| (d/mean d)^power: long connections cost; ``loss + 1e-4 * gp.DistanceCost(rec)``.

    It acts on weights and, with ``move_positions``, on positions too, of which it keeps the scale.

    Args:
        projection: what ``connect`` gave; both its populations have positions.
        power: p; 0 is plain L1.
        move_positions: whether the cost pulls neurons together.

    Raises:
        DescriptionError: for a negative power; and, in ``compile``, without positions.

    Source: arXiv:2511.01632.
    """
    if not (np.isfinite(power) and power >= 0):
        raise DescriptionError(f"DistanceCost: the power {power} is negative", remedy="power=1")
    own = getattr(projection, "spec", None)
    if not isinstance(own, ProjectionSpec):
        raise DescriptionError(
            f"DistanceCost: {projection!r:.60} is no projection",
            remedy="give what net.connect(…) gave",
        )
    cost = WiringCost(own.name, own.pre, own.post, float(power), move_positions)
    return Loss((), (cost,))
