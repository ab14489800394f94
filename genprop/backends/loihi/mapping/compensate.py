"""Error-compensating rounding (GPTQ): weights absorb the rounding errors of others by data.

With x_k(t) the voltage that synapse k alone gives per unit of weight, delay and decays included,
the rounded weights ŵ of a neuron shall keep small the mean over data of::

    (Σ_k e_k x_k(t))²  =  eᵀ H e  =  Σ_k (Σ_{l≥k} L_lk e_l)²,     e = w − ŵ,   H = mean x xᵀ = L Lᵀ

Synapses are ordered from the quietest to the busiest. From the last to the first, each is rounded
such that its own term of the sum is the smallest: ŵ_k = round(w_k + Σ_{l>k} L_lk e_l / L_kk).

Source: Frantar et al. (2023), arXiv:2210.17323, after Hassibi & Stork (1993), NeurIPS 5; in this
form, which inverts nothing, Chen et al. (2025), arXiv:2507.18553.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.connectivity import Connectivity

__all__ = ["OnRounded", "Responses", "Trains", "compensated"]

Trains = Sequence[Mapping[str, np.ndarray]]
"""Per sample and population, (k, 2) int: [step, neuron] of every spike."""

OnRounded = Callable[[str, int, int], None]
"""Is called with a projection, how many of its neurons are rounded, and how many there are."""

_MOMENTS = 2048  # pairs of sample and step that H is the mean of
_DAMPING = 0.01  # of H's mean diagonal, added to it: data are few
_SILENT = 1e-3  # synapses with less than this fraction of the mean power are rounded to the nearest


class Responses:
    """The voltages that a population's spikes, each on its own, would give its receiver.

    Args:
        trains: of all samples.
        pre: the sending population.
        size: how many senders.
        cell: the receiver.
        steps: of a trial.
        longest: delay that is needed [steps].
        seed: of the moments that are looked at.
    """

    def __init__(
        self,
        trains: Trains,
        pre: str,
        size: int,
        cell: Cell,
        steps: int,
        longest: int,
        seed: int,
    ) -> None:
        rng = np.random.default_rng(seed)
        sample = rng.integers(0, len(trains), _MOMENTS)
        step = rng.integers(0, steps, _MOMENTS)
        voltage = _voltages(trains, pre, size, cell, steps)
        silence = np.zeros((size, len(trains), longest), np.float32)  # before each trial
        rows = np.concatenate([silence, voltage.transpose(2, 0, 1)], axis=2)
        self._length = len(trains) * (longest + steps)
        self._voltage = rows.ravel()
        self._moment = np.sort(sample * (longest + steps) + longest + step)

    def moments(self, pre: np.ndarray, delay: np.ndarray) -> np.ndarray:
        """H (k, k) of synapses from ``pre`` (k,) with ``delay`` (k,) in steps."""
        x = self._voltage.take(self._moment + (pre * self._length - delay)[:, None])
        return (x @ x.T).astype(np.float64) / _MOMENTS


def compensated(
    exact: np.ndarray,
    connectivity: Connectivity,
    responses: Responses,
    lowest: int,
    highest: int,
    on_rounded: OnRounded | None = None,
) -> np.ndarray:
    """The weights ``exact`` (k,) of a projection, rounded to ``lowest`` … ``highest``.

    ``on_rounded`` is called after each neuron.
    """
    whole = np.clip(np.rint(exact), lowest, highest)
    delay = np.zeros(exact.shape, np.int64) if connectivity.steps is None else connectivity.steps
    order = np.argsort(connectivity.post, kind="stable")
    known: tuple[bytes, bytes] | None = None
    chosen, factors = np.zeros(0, np.int64), np.zeros((0, 0))
    neurons = np.split(order, np.flatnonzero(np.diff(connectivity.post[order])) + 1)
    for done, own in enumerate(neurons, 1):
        pre, late = connectivity.pre[own], delay[own]
        if known != (pre.tobytes(), late.tobytes()):
            known = pre.tobytes(), late.tobytes()
            chosen, factors = _factors(responses.moments(pre, late))
        here = own[chosen]
        whole[here] = _rounded(exact[here], factors, lowest, highest)
        if on_rounded is not None:
            on_rounded(connectivity.name, done, len(neurons))
    return whole


def _voltages(trains: Trains, pre: str, size: int, cell: Cell, steps: int) -> np.ndarray:
    """(samples, steps, size) with every sender's voltage."""
    found = np.zeros((len(trains), steps, size), np.float32)
    for sample, spikes in enumerate(trains):
        np.add.at(found[sample], (spikes[pre][:, 0], spikes[pre][:, 1]), 1)
    current = np.zeros((len(trains), size), np.float32)
    voltage = np.zeros_like(current)
    for step in range(steps):
        current = cell.beta * current + found[:, step]
        voltage = cell.alpha * voltage + current
        found[:, step] = voltage
    return found


def _factors(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The synapses that data reach, the quietest first, and L_lk/L_kk of them as (k, l)."""
    power = np.diag(moments)
    order = np.argsort(power, kind="stable")
    chosen = order[power[order] > _SILENT * power.mean()]
    damped = moments[np.ix_(chosen, chosen)]
    damped[np.diag_indices(len(chosen))] += _DAMPING * power.mean()
    lower = np.linalg.cholesky(damped)
    return chosen, (lower / np.diag(lower)).T.copy()


def _rounded(exact: np.ndarray, factors: np.ndarray, lowest: int, highest: int) -> np.ndarray:
    whole, error = np.zeros(len(exact)), np.zeros(len(exact))
    for k in reversed(range(len(exact))):
        moved = exact[k] + factors[k, k + 1 :] @ error[k + 1 :]
        whole[k] = min(max(round(moved), lowest), highest)
        error[k] = exact[k] - whole[k]
    return whole
