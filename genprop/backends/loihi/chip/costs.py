"""What a sample may cost on the chip, in energy and time: estimates, from counted activity.

Numbers of single operations are of Loihi 1, by simulation of its circuits before silicon; nothing
comparable is published of Loihi 2. So each result is a range, and says :data:`ESTIMATE`. Two things
widen it: Loihi 2 is up to ten times as fast, and beside its cores' work it takes power (leakage,
input and output, processors) that is calibrated by the one published network of which both follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.published import REFERENCE

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.activity import Activity
    from genprop.backends.loihi.chip.integers import IntegerNetwork

__all__ = [
    "CONSTANTS",
    "ESTIMATE",
    "Constant",
    "Energy",
    "Latency",
    "energy_of",
    "estimate_energy",
    "estimate_latency",
    "of_reference",
]

ESTIMATE = "estimate, Loihi 1 constants"

Counts = tuple[float, float, float]
"""Synaptic operations, neuron updates and spikes of a sample."""

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
        least, most = f"{self.least:.3g}", f"{self.most:.3g}"
        return least if least == most else f"{least} … {most}"


_OPERATION = Constant("synaptic operation", 23.6, 23.6, "pJ", f"{_TABLE}: at least")
_UPDATE = Constant("neuron update", 52.0, 81.0, "pJ", f"{_TABLE}: inactive, active")
_SPIKE = Constant("spike", 1.7, 1.7 + 4.0, "pJ", f"{_TABLE}: within a tile, and one hop further")
_OPERATION_TIME = Constant("synaptic operation", 3.5, 3.5, "ns", f"{_TABLE}: at most")
_UPDATE_TIME = Constant("neuron update", 5.3, 8.4, "ns", f"{_TABLE}: inactive, active")
_SPIKE_TIME = Constant(
    "spike", 2.1, 2.1 + 6.5, "ns", f"{_TABLE}: within a tile, and one hop further"
)
_BARRIER_TIME = Constant("end of a step", 113.0, 465.0, "ns", f"{_TABLE}: barrier of 1, 32 tiles")

_FASTER = Constant(
    "speed of Loihi 2 against these times",
    1.0,
    10.0,
    "×",
    "Intel Labs (2021), technology brief on Loihi 2: outperforms Loihi by up to 10 ×",
)
_BESIDE = Constant(
    "power beside the cores' work",
    0.0,
    (
        1e-3 * REFERENCE.energy
        - 1e-12 * (REFERENCE.operations * _OPERATION.least + REFERENCE.updates * _UPDATE.least)
    )
    / (1e-3 * REFERENCE.time[0]),
    "W",
    f"calibrated, not read: what {REFERENCE.energy:g} mJ of an SHD sample leaves to the cores' "
    f"work, within {REFERENCE.time[0]:g} ms; both follow from published ratios",
)

CONSTANTS = (
    _OPERATION,
    _UPDATE,
    _SPIKE,
    _OPERATION_TIME,
    _UPDATE_TIME,
    _SPIKE_TIME,
    _BARRIER_TIME,
    _FASTER,
    _BESIDE,
)
"""All numbers that estimates use."""


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy per sample [µJ], least and most, and what it follows from, per sample.

    Least: the work of the cores alone (``cores``, least and most). Most: with the calibrated power
    for leakage, input and output and processors, for as long as a sample takes at most.
    """

    least: float
    most: float
    cores: tuple[float, float]
    synaptic_operations: float
    updates: float
    spikes: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Time per sample [ms], least and most, and how many ``cores`` work at most.

    Least: the work is spread evenly over ``cores``, and ten times as fast as on Loihi 1. Most: one
    core of Loihi 1 does all of it, one thing after the other. A step ends at a barrier for all.
    Input and output are not counted.
    """

    least: float
    most: float
    cores: int


def estimate_energy(network: IntegerNetwork, activity: Activity) -> Energy | None:
    """The energy of a sample by the activity that was measured; None before any ran.

    E = operations · E_operation + neurons · steps · E_update + spikes · E_spike + P_beside · T
    """
    if not activity.samples:
        return None
    return energy_of(_counts(network, activity), activity.steps)


def energy_of(counts: Counts, steps: float) -> Energy:
    """The energy of so many operations, updates and spikes within ``steps``."""
    weights = (_OPERATION, _UPDATE, _SPIKE)
    least = 1e-6 * sum(n * c.least for n, c in zip(counts, weights, strict=True))
    most = 1e-6 * sum(n * c.most for n, c in zip(counts, weights, strict=True))
    longest = latency_of(counts, steps, 1).most
    beside = 1e3 * _BESIDE.most * longest  # W · ms = 1000 µJ
    return Energy(least, most + beside, (least, most), *counts)


def estimate_latency(network: IntegerNetwork, activity: Activity, cores: int) -> Latency | None:
    """The time of a sample by the activity that was measured; None before any ran.

    T = (operations · T_operation + neurons · steps · T_update + spikes · T_spike) / cores
    + steps · T_barrier; the least is divided by the speed of Loihi 2 against Loihi 1

    Args:
        network: the integers.
        activity: what was measured.
        cores: how many work at most.
    """
    if not activity.samples:
        return None
    return latency_of(_counts(network, activity), activity.steps, cores)


def latency_of(counts: Counts, steps: float, cores: int) -> Latency:
    """The time of so many operations, updates and spikes within ``steps``."""
    weights = (_OPERATION_TIME, _UPDATE_TIME, _SPIKE_TIME)
    least = sum(n * c.least for n, c in zip(counts, weights, strict=True)) / cores
    most = sum(n * c.most for n, c in zip(counts, weights, strict=True))
    least += steps * _BARRIER_TIME.least
    most += steps * _BARRIER_TIME.most
    return Latency(1e-6 * least / _FASTER.most, 1e-6 * most, cores)


def of_reference() -> tuple[Energy, Latency]:
    """What the same formulas give for the published network, whose figures lie within them."""
    counts = (REFERENCE.operations, REFERENCE.updates, REFERENCE.spikes)
    return energy_of(counts, REFERENCE.steps), latency_of(counts, REFERENCE.steps, REFERENCE.cores)


def _counts(network: IntegerNetwork, activity: Activity) -> Counts:
    """Synaptic operations, neuron updates and spikes of a sample, on average."""
    sent = {name: count / activity.samples for name, count in activity.spikes.items()}
    operations = sum(
        sent.get(s.pre, 0.0) * np.count_nonzero(s.weight) / len(s.weight) for s in network.synapses
    )
    updates = sum(c.size for c in network.cells) * activity.steps
    return float(operations), float(updates), float(sum(sent.values()))
