"""What became of a graded network on the chip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        messages: by population, messages that were not 0, of all samples.
    """

    name: str
    bits: int
    network: GradedIntegers
    weights: tuple[RoundedWeights, ...]
    stretched: Mapping[str, float]
    peaks: Mapping[tuple[str, str], int]
    samples: int
    steps: int
    messages: Mapping[str, int]

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
        if self.samples:
            each = ", ".join(
                f"{count / self.samples:.4g} of {name}" for name, count in self.messages.items()
            )
            lines.append(
                f"{self.samples} samples, {self.steps / self.samples:.4g} steps and these messages "
                f"each: {each}"
            )
        return "\n".join(lines)
