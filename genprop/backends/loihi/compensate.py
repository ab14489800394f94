"""Rounding by data: what one weight loses, the others of its neuron make good.

With x_k(t) the voltage that synapse k alone gives per unit of weight, delay and decays included,
the rounded weights ŵ of a neuron shall minimise the mean over data of::

    (Σ_k (ŵ_k − w_k) x_k(t))²  =  (ŵ − w)ᵀ H (ŵ − w),     H = mean x xᵀ

One weight after another is rounded, the busiest first, and those to come are moved to where they
make up for it best: with Uᵀ U = H⁻¹, e = (w_k − ŵ_k)/U_kk and w_l ← w_l − e U_kl for l > k.

Source: Hassibi & Stork (1993), NeurIPS 5 (optimal brain surgeon); in this form Frantar et al.
(2023), arXiv:2210.17323.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.loihi.cell import Cell
    from genprop.backends.loihi.wires import Wires

__all__ = ["Responses", "Trains", "compensated"]

Trains = Sequence[Mapping[str, np.ndarray]]
"""Per sample and population, (k, 2) int: [step, neuron] of every spike."""

_MOMENTS = 2048  # pairs of sample and step that H is the mean of
_DAMPING = 0.01  # of H's mean diagonal, added to it: data are few
_SILENT = 1e-3  # synapses with less than this share of the mean power are rounded to the nearest


class Responses:
    """The voltages that a population's spikes, each on its own, would give its receiver.

    Args:
        trains: of all samples.
        pre: the sending population.
        size: how many senders.
        cell: the receiver.
        steps: of a trial.
        seed: of the moments that are looked at.
    """

    def __init__(
        self, trains: Trains, pre: str, size: int, cell: Cell, steps: int, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        self._sample = rng.integers(0, len(trains), _MOMENTS)
        self._step = rng.integers(0, steps, _MOMENTS)
        self._voltage = np.zeros((len(trains), steps, size), np.float32)
        for sample, spikes in enumerate(trains):
            np.add.at(self._voltage[sample], (spikes[pre][:, 0], spikes[pre][:, 1]), 1)
        current = np.zeros((len(trains), size), np.float32)
        voltage = np.zeros_like(current)
        for step in range(steps):
            current = cell.beta * current + self._voltage[:, step]
            voltage = cell.alpha * voltage + current
            self._voltage[:, step] = voltage

    def moments(self, pre: np.ndarray, delay: np.ndarray) -> np.ndarray:
        """H (k, k) of synapses from ``pre`` (k,) with ``delay`` (k,) in steps."""
        step = self._step[:, None] - delay
        x = self._voltage[self._sample[:, None], np.maximum(step, 0), pre]
        x[step < 0] = 0
        return (x.T @ x).astype(np.float64) / len(x)


def compensated(
    exact: np.ndarray, wires: Wires, responses: Responses, lowest: int, highest: int
) -> np.ndarray:
    """The weights ``exact`` (k,) of a projection, rounded to ``lowest`` … ``highest``."""
    whole = np.clip(np.rint(exact), lowest, highest)
    delay = np.zeros(exact.shape, np.int64) if wires.steps is None else wires.steps
    order = np.argsort(wires.post, kind="stable")
    known: tuple[bytes, bytes] | None = None
    chosen, factor = np.zeros(0, np.int64), np.zeros((0, 0))
    for own in np.split(order, np.flatnonzero(np.diff(wires.post[order])) + 1):
        pre, late = wires.pre[own], delay[own]
        if known != (pre.tobytes(), late.tobytes()):
            known = pre.tobytes(), late.tobytes()
            chosen, factor = _factor(responses.moments(pre, late))
        here = own[chosen]
        whole[here] = _rounded(exact[here], factor, lowest, highest)
    return whole


def _factor(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The synapses that data reach, the busiest first, and U of them."""
    power = np.diag(moments)
    order = np.argsort(-power, kind="stable")
    chosen = order[power[order] > _SILENT * power.mean()]
    damped = moments[np.ix_(chosen, chosen)]
    damped = damped + np.eye(len(chosen)) * (_DAMPING * power.mean())
    return chosen, np.linalg.cholesky(np.linalg.inv(damped)).T


def _rounded(exact: np.ndarray, factor: np.ndarray, lowest: int, highest: int) -> np.ndarray:
    moved, whole = exact.astype(np.float64), np.zeros(len(exact))
    for k in range(len(exact)):
        whole[k] = min(max(round(moved[k]), lowest), highest)
        moved[k + 1 :] -= (moved[k] - whole[k]) / factor[k, k] * factor[k, k + 1 :]
    return whole
