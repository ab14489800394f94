"""The chip's arithmetic, bit by bit, for a whole batch at once.

With u and v of 24 bits signed and every trial starting from zero::

    dec(x, d) = sign(x) · ((|x| · (4096 − d)) >> 12)
    u = dec(u, du + 1) + (a << 6)          one wrap by 2²⁴ above 2²³ or at and below −2²³
    v = clip(dec(v, dv) + u + bias)        to ±(2²³ − 1)
    s = v > (vth << 6),  v[s] = 0

u = +2²³ itself stays, a quirk kept on purpose. Sources: lava-nc 0.10.0, lava/proc/lif/models.py
(PyLifModelBitAcc, PyLifResetModelBitAcc) and lava/proc/dense/models.py (PyDenseModelBitAcc,
PyDelayDenseModelBitAcc), with whose traces the tests compare. Sums that reach a neuron in one step
must stay below 2²⁵ in magnitude.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.delivery import Arrivals, Delivery, Spikes
from genprop.backends.loihi.chip.incompatibilities import incompatibilities
from genprop.errors import refuse_if

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork

__all__ = ["CellRun", "Emulator"]

_LIMIT = 1 << 23


class CellRun:
    """One population while a batch runs.

    Attributes:
        u: (batch, n) current.
        v: (batch, n) voltage after the reset.
        before: (batch, n) voltage before it.
        spikes: the spikes of the last step.
        wraps: how often u left its 24 bits.
        saturations: how often v was held at the end of its 24 bits.
    """

    def __init__(self, cells: Cells, batch: int, longest: int) -> None:
        self.cells = cells
        self.shape = (batch, cells.size)
        self.u = np.zeros(self.shape, np.int64)
        self.v = np.zeros(self.shape, np.int64)
        self.before = self.v
        self.arrivals = Arrivals(batch, cells.size, longest)
        self.wraps = self.saturations = 0
        mantissa, exponent = np.asarray(cells.bias), np.asarray(cells.bias_exponent)
        self._bias = np.where(
            exponent >= 0,
            mantissa << np.maximum(exponent, 0),
            mantissa >> np.maximum(-exponent, 0),
        )
        self.spikes = Spikes.of(self.v != 0)

    def step(self, time: int) -> None:
        """From step ``time`` − 1 to ``time`` = 1, 2, … ."""
        cells = self.cells
        if cells.interval and time % cells.interval == cells.offset % cells.interval:
            self.u[:] = 0
            self.v = np.zeros_like(self.v)
        u = _decayed(self.u, cells.du + 1)
        u += self.arrivals.take() << 6
        self._wrap(u)
        v = _decayed(self.v, cells.dv)
        v += u
        v += self._bias
        beyond = np.count_nonzero((v >= _LIMIT) | (v <= -_LIMIT))
        if beyond:
            self.saturations += beyond
            np.clip(v, 1 - _LIMIT, _LIMIT - 1, out=v)
        fired = v > cells.vth << 6
        self.u, self.before = u, v
        self.v = np.where(fired, 0, v)
        self.spikes = Spikes.of(fired)
        self.arrivals.advance()

    def _wrap(self, u: np.ndarray) -> None:
        above, below = u > _LIMIT, u <= -_LIMIT
        wraps = np.count_nonzero(above) + np.count_nonzero(below)
        if wraps:
            self.wraps += wraps
            u[above] -= 2 * _LIMIT
            u[below] += 2 * _LIMIT


class Emulator:
    """A batch of samples on the chip, from cleared states, buffers and counters.

    Raises:
        UnsupportedError: for numbers beyond the chip, all at once.
    """

    def __init__(self, network: IntegerNetwork, batch: int) -> None:
        refuse_if(incompatibilities(network))
        self.cells = {
            c.name: CellRun(c, batch, max((s.longest for s in network.incoming(c.name)), default=0))
            for c in network.cells
        }
        self._deliveries = [Delivery(s) for s in network.synapses]
        self._time = 0

    def step(self, inputs: Mapping[str, Spikes]) -> None:
        """One step; ``inputs`` are the spikes of the sources in it."""
        self._time += 1
        for run in self.cells.values():
            run.step(self._time)
        for delivery in self._deliveries:
            pre, post = delivery.synapses.pre, self.cells[delivery.synapses.post]
            spikes = self.cells[pre].spikes if pre in self.cells else inputs[pre]
            delivery.send(spikes, post.arrivals)


def _decayed(x: np.ndarray, decay: int) -> np.ndarray:
    """Gives x · (4096 − decay) / 4096, rounded towards zero."""
    product = x * (4096 - decay)
    product += (product >> 63) & 4095
    product >>= 12
    return product
