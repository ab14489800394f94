"""How much of the chip a network takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.limits import (
    AXONS_PER_CORE,
    CORES,
    NEURONS_PER_CORE,
    SYNAPSE_BYTES_PER_CORE,
    Limit,
)

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork

__all__ = ["Resources", "resources_of"]


@dataclass(frozen=True, slots=True)
class Resources:
    """What a network takes.

    Attributes:
        neurons: how many.
        synapses: weights that are not 0.
        synapse_bytes: 8 bits a weight, and 6 more where delays are stored.
        fan_in: the most synapses that end at one neuron.
        cores: the fewest and the most cores that the unconfirmed limits suggest.
        warnings: unconfirmed limits that are passed.
    """

    neurons: int
    synapses: int
    synapse_bytes: int
    fan_in: int
    cores: tuple[int, int]
    warnings: tuple[str, ...]


def resources_of(network: IntegerNetwork) -> Resources:
    """The resources of a network, counting one core group per population."""
    synapses = {c.name: 0 for c in network.cells}
    size = dict.fromkeys(synapses, 0)
    fan_in = {c.name: np.zeros(c.size, np.int64) for c in network.cells}
    for s in network.synapses:
        present = np.count_nonzero(s.weight, axis=0)
        fan_in[s.post] += present
        synapses[s.post] += int(present.sum())
        size[s.post] += math.ceil(present.sum() * (8 + 6 * (s.longest > 0)) / 8)
    low, high = SYNAPSE_BYTES_PER_CORE.lowest, SYNAPSE_BYTES_PER_CORE.highest
    cores = tuple(
        sum(_cores(c, size[c.name], memory) for c in network.cells) for memory in (high, low)
    )
    axons = sum(network.sources.values()) + sum(c.size for c in network.cells)
    needed = ((CORES, cores[1]), (AXONS_PER_CORE, axons))
    return Resources(
        sum(c.size for c in network.cells),
        sum(synapses.values()),
        sum(size.values()),
        max((int(n.max(initial=0)) for n in fan_in.values()), default=0),
        (cores[0], cores[1]),
        tuple(_warning(limit, value) for limit, value in needed if not limit.holds(value)),
    )


def _cores(cells: Cells, size: int, memory: int) -> int:
    return max(math.ceil(size / memory), math.ceil(cells.size / NEURONS_PER_CORE.highest), 1)


def _warning(limit: Limit, value: int) -> str:
    return f"{value} is beyond {limit}"
