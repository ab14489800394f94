"""What became of a graded network on the chip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.costs import ESTIMATE, energy_of

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.costs import Energy
    from genprop.backends.loihi.graded.integers import GradedIntegers
    from genprop.backends.loihi.graded.weights import RoundedWeights

__all__ = ["GradedReport"]


@dataclass(frozen=True, slots=True, eq=False)
class GradedReport:
    """The integers, what was lost, and what was seen while running; ``print`` it.

    Attributes:
        name: of the network.
        bits: weight bits.
        network: the integers.
        weights: by projection, what rounding did.
        stretched: by state, how much slower than described it is.
        peaks: the largest magnitude of every state, input and message so far.
        samples: how many ran.
        steps: how many steps these made together.
        messages: by population and value, those that were not 0 and went somewhere, of all samples.
    """

    name: str
    bits: int
    network: GradedIntegers
    weights: tuple[RoundedWeights, ...]
    stretched: Mapping[str, float]
    peaks: Mapping[tuple[str, str], int]
    samples: int
    steps: int
    messages: Mapping[tuple[str, str], int]

    @property
    def energy(self) -> Energy | None:
        """Of a sample, as of networks of spikes, a message being counted as one; None before any.

        Nothing is published of the energy of messages of 24 bits and of neurons in microcode, which
        need more than spikes and leaky neurons do.
        """
        if not self.samples:
            return None
        sent = {place: count / self.samples for place, count in self.messages.items()}
        operations = sum(
            sent.get((s.pre, s.value), 0.0) * np.count_nonzero(s.weight) / len(s.weight)
            for s in self.network.synapses
        )
        steps = self.steps / self.samples
        updates = steps * sum(c.size for c in self.network.cells)
        return energy_of((float(operations), updates, sum(sent.values())), steps)

    def __repr__(self) -> str:
        return f"GradedReport({self.name!r} on Loihi 2, {self.bits} weight bits; print it for more)"

    def __str__(self) -> str:
        lines = [f"{self.name} on Loihi 2: {self.bits} weight bits"]
        for c in self.network.cells:
            for x in (*c.states, *c.values):
                peak = self.peaks.get((c.name, x), 0)
                used = f", {math.ceil(math.log2(peak + 1)) + 1} of 24 bits used" if peak else ""
                slower = self.stretched.get(f"{c.name}.{x}", 1.0)
                words = f", {slower:.3g} times slower than described" if slower != 1 else ""
                lines.append(f"{c.name}.{x}: in units of 2^{-c.fraction[x]}{used}{words}")
        lines += [
            f"{w.name}: exponent {w.exponent}, {w.zeroed} of {w.synapses} weights zeroed, "
            f"rms error {w.error:.2%}"
            for w in self.weights
        ]
        energy = self.energy
        if energy is None:
            lines.append(f"messages and energy per sample: run data first ({ESTIMATE})")
        else:
            each = ", ".join(
                f"{count / self.samples:.4g} of {population}.{value}"
                for (population, value), count in sorted(self.messages.items())
            )
            lines += [
                f"{self.samples} samples, {self.steps / self.samples:.4g} steps and these messages "
                f"each: {each}",
                f"energy per sample: {energy.least:.3g} to {energy.most:.3g} µJ ({ESTIMATE}, a "
                f"message as a spike), from {energy.synaptic_operations:.4g} synaptic operations, "
                f"{energy.updates:.4g} neuron updates and {energy.spikes:.4g} messages",
            ]
        return "\n".join(lines)
