"""Distances of positions at every synapse, and the way back from their gradients.

Dense projections are worked on in blocks of rows that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.position import position_name

if TYPE_CHECKING:
    from genprop.describe.topology import Synapses
    from genprop.stages.base import Arrays

__all__ = ["lengths", "position_gradients"]

_BLOCK = 16_384
"""Elements of a block."""


def lengths(
    ends: tuple[str, str], values: Mapping[str, np.ndarray], synapses: Synapses
) -> np.ndarray:
    """R = ‖x_i − y_j‖₂ at every synapse, in float64.

    Args:
        ends: the populations with the positions x and y, whose leaves are in ``values``.
        values: arrays by flat name.
        synapses: from the first to the second.
    """
    x, y = _positions(ends, values)
    if not synapses.dense:
        return _length(x[synapses.row], y[synapses.column])
    found = np.empty(synapses.shape)
    for rows in _blocks(synapses):
        _length(x[rows, None], y[None], found[rows])
    return found


def position_gradients(
    ends: tuple[str, str],
    values: Mapping[str, np.ndarray],
    apart: np.ndarray,
    slope: np.ndarray,
    synapses: Synapses,
) -> Arrays:
    """The gradients of both populations' positions from ``slope`` = ∂L/∂r at every synapse.

    With p = ∂L/∂r / r, 0 where r is: ∂L/∂x_i = Σ_j p_ij (x_i − y_j), and likewise for y.
    """
    x, y = _positions(ends, values)
    at_pre, at_post = np.zeros(x.shape), np.zeros(y.shape)
    if synapses.dense:
        for rows in _blocks(synapses):
            pull = _pull(slope[rows], apart[rows])
            at_pre[rows] = x[rows] * pull.sum(axis=1)[:, None]
            at_post += y * pull.sum(axis=0)[:, None]
            for k in range(x.shape[1]):
                at_pre[rows, k] -= np.einsum("ij,j->i", pull, y[:, k])
                at_post[:, k] -= np.einsum("ij,i->j", pull, x[rows, k])
    else:
        pull = _pull(slope, apart)
        for k in range(x.shape[1]):
            along = pull * (x[synapses.row, k] - y[synapses.column, k])
            at_pre[:, k] = synapses.sum_pre(along)
            at_post[:, k] = -synapses.sum_post(along)
    senders, receivers = (position_name(p) for p in ends)
    if senders == receivers:
        return {senders: at_pre + at_post}
    return {senders: at_pre, receivers: at_post}


def _positions(
    ends: tuple[str, str], values: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Both in float64, about a common centre: their sums then lose no digits to it."""
    x, y = (np.asarray(values[position_name(p)], np.float64) for p in ends)
    centre = x.mean(axis=0)
    return x - centre, y - centre


def _length(x: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """√Σ_k (x_k − y_k)², k the last axis."""
    total = np.subtract(x[..., 0], y[..., 0], out=out)
    total *= total
    for k in range(1, x.shape[-1]):
        offset = x[..., k] - y[..., k]
        offset *= offset
        total += offset
    return np.sqrt(total, out=total)


def _pull(slope: np.ndarray, apart: np.ndarray) -> np.ndarray:
    return np.divide(slope, apart, out=np.zeros(apart.shape), where=apart > 0)


def _blocks(synapses: Synapses) -> Iterator[slice]:
    """Rows of a dense projection, some at a time."""
    rows = max(1, _BLOCK // max(1, synapses.post))
    for first in range(0, synapses.pre, rows):
        yield slice(first, min(first + rows, synapses.pre))
