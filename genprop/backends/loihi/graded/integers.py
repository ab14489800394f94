"""A network whose neurons send values as the chip holds it: integers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from genprop.lower.nodes import Assign

__all__ = ["LARGEST", "GradedCells", "GradedIntegers", "GradedSynapses"]

LARGEST = 2**23 - 1
"""Of states, inputs and messages, which have 24 bits with a sign."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class GradedCells:
    """A population: integers x, each standing for x · 2^−fraction.

    In a step it sends ``send`` of its states and of what arrived, and then moves its states by
    ``advance``, as the published LCA neuron does. Both are statements of integers alone, in which
    ``shift`` is an arithmetic shift to the right.

    Attributes:
        name: of the population.
        size: how many neurons.
        states: names.
        initial: of the states.
        inputs: names of what arrives.
        values: names of what is sent.
        fraction: bits after the binary point, by state, input and value.
        numbers: () or (n,) constants, by the names that the statements call them.
        send: assigns the values.
        advance: assigns ``<state>_next``.
    """

    name: str
    size: int
    states: tuple[str, ...]
    initial: tuple[int, ...]
    inputs: tuple[str, ...]
    values: tuple[str, ...]
    fraction: Mapping[str, int]
    numbers: Mapping[str, Integers]
    send: tuple[Assign, ...]
    advance: tuple[Assign, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GradedSynapses:
    """The message ``value`` of ``pre`` times an 8-bit weight, summed up, shifted left by exponent.

    A negative exponent shifts the sum to the right. It arrives at ``input`` of ``post`` one step
    after it was sent.

    Attributes:
        weight: (pre, post), 0 … 255 where they excite, −255 … 0 where they inhibit.
    """

    name: str
    pre: str
    value: str
    post: str
    input: str
    weight: Integers
    exponent: int


@dataclass(frozen=True, slots=True, eq=False)
class GradedIntegers:
    """Everything the chip is given but the samples."""

    cells: tuple[GradedCells, ...]
    synapses: tuple[GradedSynapses, ...]

    def cell(self, name: str) -> GradedCells:
        """The population called ``name``."""
        return next(c for c in self.cells if c.name == name)
