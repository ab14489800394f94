"""Who hears a spike, with which weight and after which exact delay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.reference.exact.senders import BoundSender, SenderModel
    from genprop.describe.spec import NetworkSpec, ProjectionSpec
    from genprop.describe.topology import Synapses, Topology

__all__ = ["ExactWiring", "Route"]


@dataclass(frozen=True, slots=True)
class Route:
    """One projection with its numbers; synapses are numbered as its weight array is laid out, flat.

    ``start`` (pre + 1,) and ``column`` (synapses,) hold the targets of each presynaptic neuron;
    ``weight`` and ``delay`` [ms] are (synapses,).
    """

    projection: int
    post: str
    receptor: str
    start: Sequence[int]
    column: Sequence[int]
    weight: Sequence[float]
    delay: Sequence[float]

    def fan_out(self, neuron: int) -> Iterator[tuple[int, int, float, float]]:
        """Synapse, target neuron, weight and delay of every synapse that leaves ``neuron``."""
        for k in range(self.start[neuron], self.start[neuron + 1]):
            yield k, self.column[k], self.weight[k], self.delay[k]


@dataclass(frozen=True, slots=True)
class ExactWiring:
    """Every projection, by the population it leaves; ``senders`` by number of their projection."""

    by_source: Mapping[str, Sequence[Route]]
    senders: Mapping[int, BoundSender]

    def routes(self, population: str) -> Sequence[Route]:
        """The projections that leave ``population``."""
        return self.by_source.get(population, ())

    @classmethod
    def bind(
        cls,
        spec: NetworkSpec,
        topology: Topology,
        parameters: Mapping[str, np.ndarray],
        senders: Mapping[str, SenderModel],
    ) -> ExactWiring:
        """The wiring with weights, delays and the senders' parameters filled in."""
        found: dict[str, list[Route]] = {}
        for k, projection in enumerate(spec.projections):
            route = _route(topology[projection.name], k, projection, parameters)
            found.setdefault(projection.pre, []).append(route)
        names = [p.name for p in spec.projections]
        bound = {names.index(name): model.bind(parameters) for name, model in senders.items()}
        return cls(found, bound)


def _route(
    synapses: Synapses, index: int, projection: ProjectionSpec, parameters: Mapping[str, np.ndarray]
) -> Route:
    start, column = synapses.compressed()
    shape = synapses.shape
    delay = 0.0 if projection.delay is None else parameters[projection.delay.name]
    return Route(
        projection=index,
        post=projection.post,
        receptor=projection.receptor,
        start=start.tolist(),
        column=column.tolist(),
        weight=np.broadcast_to(parameters[projection.weight.name], shape).ravel().tolist(),
        delay=np.broadcast_to(delay, shape).ravel().tolist(),
    )
