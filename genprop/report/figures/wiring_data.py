"""What figures show of a network's connections: weights, delays, places, and what was rewired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.position import position_name
from genprop.describe.topology import initial_topology
from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    from genprop.train.surface import Trainable

__all__ = ["Connections", "connections"]


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """One projection at the epoch that is shown.

    Attributes:
        name: of the projection.
        pre: (k,) the sender of every synapse.
        post: (k,) its receiver.
        sizes: of the two populations.
        weight: (k,) in base units.
        delay: (k,) [ms]; empty where the projection has none.
        places: positions of senders (pre, dims) and receivers (post, dims); None without them.
        unmoved: the part of the first synapses that is still there; None where it is not rewired.
    """

    name: str
    pre: np.ndarray
    post: np.ndarray
    sizes: tuple[int, int]
    weight: np.ndarray
    delay: np.ndarray
    places: tuple[np.ndarray, np.ndarray] | None
    unmoved: float | None


def connections(sim: Trainable) -> tuple[Connections, ...]:
    """Those of every projection; none of a simulator without a description."""
    return tuple(_connections(sim)) if isinstance(sim, Simulator) else ()


def _connections(sim: Simulator) -> Iterator[Connections]:
    used, first = sim.arrays(), initial_topology(sim.spec)
    for p in sim.spec.projections:
        synapses = sim.topology[p.name]
        pre, post = synapses.all_pairs()
        ends = [sim.parameters.get(position_name(end)) for end in (p.pre, p.post)]
        places = [np.asarray(end, float) for end in ends if end is not None]
        rewired = p.name in sim.spec.rewired
        there = synapses.places_in(first[p.name]) >= 0 if rewired else None
        yield Connections(
            p.name,
            pre,
            post,
            (synapses.pre, synapses.post),
            np.ravel(used[p.weight.name]).astype(np.float64),
            np.zeros(0) if p.delay is None else np.ravel(used[p.delay.name]).astype(np.float64),
            (places[0], places[1]) if len(places) == 2 else None,
            None if there is None else float(there.mean()),
        )
