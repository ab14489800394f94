"""How much of the chip a network takes, and an estimate of its energy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.limits import (
    AXONS_PER_CORE,
    CORES,
    NEURONS_PER_CORE,
    SYNAPSE_BYTES_PER_CORE,
    Limit,
)

if TYPE_CHECKING:
    from genprop.backends.loihi.activity import Activity
    from genprop.backends.loihi.integers import Cells, IntegerNetwork

__all__ = ["ENERGY_WORDS", "Energy", "Resources", "estimate_energy", "resources_of"]

ENERGY_WORDS = "estimate, Loihi 1 constants"

_SYNAPSE_PJ = 23.6  # per synaptic operation
_UPDATE_PJ = (52.0, 81.0)  # per neuron update, inactive and active
_SPIKE_PJ = (1.7, 4.0)  # per spike within a tile, and with one hop
"""All from Davies et al. (2018), IEEE Micro 38(1):82, table 2, before silicon."""


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


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy per sample [µJ], least and most, and what it follows from, per sample."""

    least: float
    most: float
    synaptic_operations: float
    updates: float
    spikes: float


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
    asked = ((CORES, cores[1]), (AXONS_PER_CORE, axons))
    return Resources(
        sum(c.size for c in network.cells),
        sum(synapses.values()),
        sum(size.values()),
        max((int(n.max(initial=0)) for n in fan_in.values()), default=0),
        (cores[0], cores[1]),
        tuple(_warning(limit, value) for limit, value in asked if not limit.holds(value)),
    )


def estimate_energy(network: IntegerNetwork, activity: Activity) -> Energy | None:
    """The energy of a sample by the activity that was measured; None before any ran."""
    if not activity.samples:
        return None
    sent = {name: count / activity.samples for name, count in activity.spikes.items()}
    operations = sum(
        sent.get(s.pre, 0.0) * np.count_nonzero(s.weight) / len(s.weight) for s in network.synapses
    )
    updates = float(sum(c.size for c in network.cells) * activity.steps)
    spikes = sum(sent.values())
    parts = [
        operations * _SYNAPSE_PJ + updates * update + spikes * spike
        for update, spike in zip(_UPDATE_PJ, _SPIKE_PJ, strict=True)
    ]
    return Energy(parts[0] * 1e-6, parts[1] * 1e-6, float(operations), updates, spikes)


def _cores(cells: Cells, size: int, memory: int) -> int:
    return max(math.ceil(size / memory), math.ceil(cells.size / NEURONS_PER_CORE.highest), 1)


def _warning(limit: Limit, value: int) -> str:
    return f"{value} is beyond {limit}"
