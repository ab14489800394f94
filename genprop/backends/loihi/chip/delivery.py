"""Synapses in operation: spikes in, sums of weights out when they are due.

A projection adds up the weights of a step's spikes per delay, shifts each of these sums by the
exponent, and hands them on in step t + 1 + delay. Where the shift loses no bit of any weight it is
done beforehand, which gives the same sums.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.weights import stored_weights

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import Synapses

__all__ = ["Arrivals", "Delivery", "Spikes"]

_AT_ONCE = 1 << 15  # synaptic events handled in one call, so that index arrays stay small


class Spikes:
    """The spikes of one population in one step.

    Attributes:
        sample: (k,) which sample each belongs to.
        neuron: (k,) who sent it.
        count: (k,) how many times; ones where that does not matter.
        shape: (batch, n).
    """

    __slots__ = ("count", "neuron", "sample", "shape")

    def __init__(
        self,
        sample: np.ndarray,
        neuron: np.ndarray,
        shape: tuple[int, int],
        count: np.ndarray | None = None,
    ) -> None:
        self.sample, self.neuron, self.shape = sample, neuron, shape
        self.count = np.ones(len(sample), np.int64) if count is None else count

    @classmethod
    def of(cls, fired: np.ndarray) -> Spikes:
        """The spikes of a truth value per sample and neuron, (batch, n)."""
        sample, neuron = np.nonzero(fired)
        return cls(sample, neuron, (fired.shape[0], fired.shape[1]))


class Arrivals:
    """What is due at a population, (batch, rows, n): row ``now`` in the next step to come."""

    def __init__(self, batch: int, size: int, longest: int) -> None:
        self._slots = longest + 1
        self.sums = np.zeros((batch, 3 * self._slots, size), np.int32)
        self.now = 0

    def take(self) -> np.ndarray:
        """What is due now, (batch, n) int64."""
        return self.sums[:, self.now].astype(np.int64)

    def advance(self) -> None:
        """One step on; rows that were handed on are used again."""
        self.now += 1
        if self.now + self._slots == self.sums.shape[1]:
            pending = self.sums[:, self.now :].copy()
            self.sums[:] = 0
            self.sums[:, : self._slots] = pending
            self.now = 0


class Delivery:
    """One projection while a batch runs."""

    def __init__(self, synapses: Synapses) -> None:
        self.synapses = synapses
        stored = stored_weights(synapses.weight, synapses.bits)
        self._shift = synapses.exponent
        if self._shift >= 0 or not np.any(stored & ((1 << -self._shift) - 1)):
            stored, self._shift = _shifted(stored, self._shift), 0
        self._weight = stored.astype(np.int32)
        most = np.abs(stored).sum(axis=0).max(initial=0)
        exact32 = not synapses.graded and most < 1 << 24
        self._matrix = stored.astype(np.float32 if exact32 else np.float64)
        self._place: np.ndarray | None = None  # row and neuron as one index, (pre, post)
        if synapses.longest > 0:
            size = stored.shape[1]
            self._place = np.asarray(synapses.delay, np.int64) * size + np.arange(size)

    def send(self, spikes: Spikes, arrivals: Arrivals) -> None:
        """The spikes of this step, of every sample, into what is due later."""
        if not len(spikes.sample):
            return
        if self._place is None:
            sums = _shifted(self._sums(spikes), self._shift)
            arrivals.sums[:, arrivals.now] += sums
        elif self._shift == 0:
            self._scatter(spikes, self._place, arrivals.sums, arrivals.now)
        else:
            bins = np.zeros(
                (spikes.shape[0], self.synapses.longest + 1, self._weight.shape[1]), np.int32
            )
            self._scatter(spikes, self._place, bins, 0)
            due = arrivals.now
            arrivals.sums[:, due : due + bins.shape[1]] += _shifted(bins, self._shift)

    def _sums(self, spikes: Spikes) -> np.ndarray:
        """Σ w s per sample and neuron, exact: every partial sum is an integer the type holds."""
        sent = np.zeros(spikes.shape, self._matrix.dtype)
        sent[spikes.sample, spikes.neuron] = spikes.count if self.synapses.graded else 1
        return (sent @ self._matrix).astype(np.int32)

    def _scatter(self, spikes: Spikes, place: np.ndarray, sums: np.ndarray, first: int) -> None:
        """Add w to ``sums`` (batch, rows, n) at row ``first`` + delay, ``place`` below that row."""
        rows, size = sums.shape[1:]
        start = (spikes.sample * rows + first) * size
        flat = sums.reshape(-1)
        chunk = max(1, _AT_ONCE // size)
        for k in range(0, len(start), chunk):
            neuron = spikes.neuron[k : k + chunk]
            weight = self._weight[neuron]
            if self.synapses.graded:
                weight = weight * spikes.count[k : k + chunk, None].astype(np.int32)
            at = place[neuron] + start[k : k + chunk, None]
            np.add.at(flat, at.reshape(-1), weight.reshape(-1))


def _shifted(sums: np.ndarray, exponent: int) -> np.ndarray:
    return sums << exponent if exponent >= 0 else sums >> -exponent
