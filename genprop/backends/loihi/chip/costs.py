"""What a sample may cost on the chip, in energy and time: estimates, from counted activity.

Every number is of Loihi 1, by simulation of its circuits before silicon; nothing comparable is
published of Loihi 2. So each result is a range, and says :data:`ESTIMATE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.activity import Activity
    from genprop.backends.loihi.chip.integers import IntegerNetwork

__all__ = [
    "CONSTANTS",
    "ESTIMATE",
    "Constant",
    "Energy",
    "Latency",
    "estimate_energy",
    "estimate_latency",
]

ESTIMATE = "estimate, Loihi 1 constants"

_TABLE = "Davies et al. (2018), IEEE Micro 38(1):82, table 2, before silicon"


@dataclass(frozen=True, slots=True)
class Constant:
    """What one ``what`` takes, ``least`` to ``most`` of ``unit``, as ``source`` says."""

    what: str
    least: float
    most: float
    unit: str
    source: str

    def __str__(self) -> str:
        return f"{self.least:g}" if self.least == self.most else f"{self.least:g} … {self.most:g}"


_OPERATION = Constant("synaptic operation", 23.6, 23.6, "pJ", f"{_TABLE}: at least")
_UPDATE = Constant("neuron update", 52.0, 81.0, "pJ", f"{_TABLE}: inactive, active")
_SPIKE = Constant("spike", 1.7, 1.7 + 4.0, "pJ", f"{_TABLE}: within a tile, and one hop further")
_OPERATION_TIME = Constant("synaptic operation", 3.5, 3.5, "ns", f"{_TABLE}: at most")
_UPDATE_TIME = Constant("neuron update", 5.3, 8.4, "ns", f"{_TABLE}: inactive, active")
_SPIKE_TIME = Constant(
    "spike", 2.1, 2.1 + 6.5, "ns", f"{_TABLE}: within a tile, and one hop further"
)
_BARRIER_TIME = Constant("end of a step", 113.0, 465.0, "ns", f"{_TABLE}: barrier of 1, 32 tiles")

CONSTANTS = (
    _OPERATION,
    _UPDATE,
    _SPIKE,
    _OPERATION_TIME,
    _UPDATE_TIME,
    _SPIKE_TIME,
    _BARRIER_TIME,
)
"""All numbers that estimates use."""


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy per sample [µJ], least and most, and what it follows from, per sample.

    Dynamic energy of the cores alone: no leakage, no input and output, no processors beside them.
    """

    least: float
    most: float
    synaptic_operations: float
    updates: float
    spikes: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Time per sample [ms], least and most, and how many ``cores`` work at most.

    Least: the work is spread evenly over ``cores``. Most: one core does all of it, one thing after
    the other. A step ends at a barrier for all. Input and output are not counted.
    """

    least: float
    most: float
    cores: int


def estimate_energy(network: IntegerNetwork, activity: Activity) -> Energy | None:
    """The energy of a sample by the activity that was measured; None before any ran.

    E = operations · E_operation + neurons · steps · E_update + spikes · E_spike
    """
    if not activity.samples:
        return None
    counts = _counts(network, activity)
    weights = (_OPERATION, _UPDATE, _SPIKE)
    least = sum(n * c.least for n, c in zip(counts, weights, strict=True))
    most = sum(n * c.most for n, c in zip(counts, weights, strict=True))
    return Energy(1e-6 * least, 1e-6 * most, *counts)


def estimate_latency(network: IntegerNetwork, activity: Activity, cores: int) -> Latency | None:
    """The time of a sample by the activity that was measured; None before any ran.

    T = (operations · T_operation + neurons · steps · T_update + spikes · T_spike) / cores
    + steps · T_barrier

    Args:
        network: the integers.
        activity: what was measured.
        cores: how many work at most.
    """
    if not activity.samples:
        return None
    counts = _counts(network, activity)
    weights = (_OPERATION_TIME, _UPDATE_TIME, _SPIKE_TIME)
    least = sum(n * c.least for n, c in zip(counts, weights, strict=True)) / cores
    most = sum(n * c.most for n, c in zip(counts, weights, strict=True))
    least += activity.steps * _BARRIER_TIME.least
    most += activity.steps * _BARRIER_TIME.most
    return Latency(1e-6 * least, 1e-6 * most, cores)


def _counts(network: IntegerNetwork, activity: Activity) -> tuple[float, float, float]:
    """Synaptic operations, neuron updates and spikes of a sample, on average."""
    sent = {name: count / activity.samples for name, count in activity.spikes.items()}
    operations = sum(
        sent.get(s.pre, 0.0) * np.count_nonzero(s.weight) / len(s.weight) for s in network.synapses
    )
    updates = sum(c.size for c in network.cells) * activity.steps
    return float(operations), float(updates), float(sum(sent.values()))
