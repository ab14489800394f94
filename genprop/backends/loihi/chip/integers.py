"""The network as the chip holds it: integers only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Cells", "IntegerNetwork", "Synapses"]

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A population of CUBA LIF neurons.

    Attributes:
        name: of the population.
        size: how many.
        du: current decay minus one, −1 … 4095 in 4096ths.
        dv: voltage decay, 0 … 4096 in 4096ths.
        vth: threshold mantissa, 1 … 131071; one unit is 64 in u and v.
        bias: (n,) or () mantissa, 13 bits signed.
        bias_exponent: (n,) or (), −8 … 7; negative ones shift to the right.
        interval: steps between resets of u and v; 0 resets never.
        offset: u and v are cleared at the steps t = 1, 2, … with t % interval = offset % interval.
    """

    name: str
    size: int
    du: int
    dv: int
    vth: int
    bias: Integers | int = 0
    bias_exponent: Integers | int = 0
    interval: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Synapses:
    """Dense synapses from ``pre`` to ``post``; a spike of step t arrives in step t + 1 + delay.

    Attributes:
        pre: the sending population.
        post: the receiving population.
        weight: (pre, post) integers before clipping and truncation, see :mod:`.weights`.
        delay: (pre, post) steps, or None where all are 0.
        exponent: sums are shifted left by it, or right where it is negative.
        bits: 2 … 8 weight bits.
        graded: whether the number of spikes in a step multiplies the weight.
    """

    pre: str
    post: str
    weight: Integers
    delay: Integers | None = None
    exponent: int = 0
    bits: int = 8
    graded: bool = False

    @property
    def longest(self) -> int:
        """The largest delay in steps."""
        return 0 if self.delay is None else int(self.delay.max(initial=0))


@dataclass(frozen=True, slots=True, eq=False)
class IntegerNetwork:
    """Everything the chip is given: sizes of the spike sources, cells and synapses."""

    sources: dict[str, int]
    cells: tuple[Cells, ...]
    synapses: tuple[Synapses, ...]

    def incoming(self, name: str) -> tuple[Synapses, ...]:
        """The synapses on population ``name``."""
        return tuple(s for s in self.synapses if s.post == name)
