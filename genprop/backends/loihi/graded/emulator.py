"""The chip's arithmetic for neurons that send values, bit by bit, a whole batch at once.

Step n of every population, from states and arrivals of 0 but for the initial ones::

    arrived = (Σ w message_{n−1}) << exponent  +  what the host wrote
    message_n = send(states, arrived)
    states    = advance(states, arrived)

Sums are exact. Source: the fixed-point models of doi:10.1145/3589737.3605973 (LCA on Loihi 2) and
of lava-nc 0.10.0, lava/proc/dense/models.py. A state, an arrival or a message beyond 24 bits has no
meaning as a code, so it is refused instead of held or wrapped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.graded.integers import LARGEST
from genprop.errors import DivergenceError
from genprop.numerics.evaluate import execute

if TYPE_CHECKING:
    from genprop.backends.loihi.graded.integers import GradedIntegers, GradedSynapses

__all__ = ["GradedEmulator"]

Array = np.ndarray
Place = tuple[str, str]


class GradedEmulator:
    """A batch of samples.

    Attributes:
        states: (batch, n) int64 by ``(population, state)``.
        sent: (batch, n) by ``(population, value)``, the messages of the last step.
        peaks: the largest magnitude so far of every state, input and message.
        messages: (batch,) how many that are not 0 every sample sent in the last step, by
            ``(population, value)`` of values that are sent somewhere.
    """

    def __init__(
        self, network: GradedIntegers, batch: int, constants: Mapping[Place, Array]
    ) -> None:
        self.network, self._constants, self._step = network, constants, 0
        self.states: dict[Place, Array] = {}
        self.sent: dict[Place, Array] = {}
        self._arriving: dict[Place, Array] = {}
        for c in network.cells:
            for x, start in zip(c.states, c.initial, strict=True):
                self.states[c.name, x] = np.full((batch, c.size), start, np.int64)
            for v in c.values:
                self.sent[c.name, v] = np.zeros((batch, c.size), np.int64)
            for i in c.inputs:
                self._arriving[c.name, i] = np.zeros((batch, c.size), np.int64)
        self.peaks: dict[Place, int] = {}
        self.messages: dict[Place, Array] = {}
        self._matrices = [s.weight.astype(np.float64) for s in network.synapses]

    def step(self) -> dict[Place, Array]:
        """One step of all populations; gives the states before it.

        Raises:
            DivergenceError: for a number beyond 24 bits, with its sample and what to do.
        """
        before, self._step = dict(self.states), self._step + 1
        for c in self.network.cells:
            values: dict[str, Array] = dict(c.numbers)
            values |= {x: before[c.name, x] for x in c.states}
            for i in c.inputs:
                arrived = self._arriving[c.name, i] + self._constants.get((c.name, i), 0)
                values[i] = self._within(c.name, i, arrived)
            shape = next(iter(self.states[c.name, x].shape for x in c.states))
            execute((*c.send, *c.advance), values)
            for v in c.values:
                message = self._within(c.name, v, np.broadcast_to(values[v], shape))
                self.sent[c.name, v] = message
            for x in c.states:
                after = np.broadcast_to(values[f"{x}_next"], shape)
                self.states[c.name, x] = self._within(c.name, x, after)
        self._deliver()
        return before

    def _deliver(self) -> None:
        places = {(s.pre, s.value) for s in self.network.synapses}
        self.messages = {p: np.count_nonzero(self.sent[p], axis=1) for p in places}
        for place, x in self._arriving.items():
            self._arriving[place] = np.zeros_like(x)
        for s, matrix in zip(self.network.synapses, self._matrices, strict=True):
            sums = _product(self.sent[s.pre, s.value], matrix)
            self._arriving[s.post, s.input] += _shifted(sums, s)

    def _within(self, population: str, name: str, x: Array) -> Array:
        worst = int(np.abs(x).max(initial=0))
        self.peaks[population, name] = max(self.peaks.get((population, name), 0), worst)
        if worst > LARGEST:
            sample = int(np.argmax(np.abs(x).max(axis=1) > LARGEST))
            raise DivergenceError(
                f"{population}.{name} leaves the chip's 24 bits in step {self._step}: "
                f"{worst / LARGEST:.3g} times what they hold",
                where=f"sample {sample} of the batch",
                remedy="calibrate with samples that go as far, or take more room: "
                "gp.Quantise(calibrate=…, headroom=2); where the network swings, a shorter dt",
            )
        return x


def _product(message: Array, weight: Array) -> Array:
    """Σ w m per sample and neuron, exact: 24 bits times 8, summed over fewer than 2²² senders."""
    return (message.astype(np.float64) @ weight).astype(np.int64)


def _shifted(sums: Array, s: GradedSynapses) -> Array:
    return sums << s.exponent if s.exponent >= 0 else sums >> -s.exponent
