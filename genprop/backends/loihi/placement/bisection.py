"""Neurons and cores divided together, half by half: near neurons come onto near cores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["bisected", "by_cut", "by_position"]

_PASSES = 8
"""Of improvements of a cut, at most."""
_CANDIDATES = 16
"""Neurons of each half among which the best pair is looked for."""

Order = Callable[[np.ndarray, int], np.ndarray]
"""Puts neurons (m,) into an order whose first ones, so many, are one half."""


def bisected(count: int, sites: np.ndarray, order: Order) -> np.ndarray:
    """The site of each of ``count`` neurons, (count,) numbers of ``sites``.

    Sites are halved across their longer extent, neurons by ``order`` in the same proportion, and so
    on until one site is left: every core has ⌊n/k⌋ or ⌈n/k⌉ neurons.

    Args:
        count: neurons.
        sites: (k, 2) row and column.
        order: of the neurons of a part.
    """
    found = np.zeros(count, np.int64)
    sizes = np.full(len(sites), count // len(sites))
    sizes[: count % len(sites)] += 1
    parts = [(np.arange(count), np.arange(len(sites)))]
    while parts:
        neurons, own = parts.pop()
        if len(own) == 1:
            found[neurons] = own[0]
            continue
        place = sites[own]
        axis = int(np.argmax(np.ptp(place, axis=0)))
        own = own[np.lexsort((place[:, 1 - axis], place[:, axis]))]
        half = len(own) // 2
        first = int(sizes[own[:half]].sum())
        turned = order(neurons, first)
        parts += [(turned[:first], own[:half]), (turned[first:], own[half:])]
    return found


def by_position(positions: np.ndarray) -> Order:
    """Along the direction in which ``positions`` (n, dims) of a part extend the most.

    It is the first principal axis, whose largest component is positive.
    """

    def order(neurons: np.ndarray, first: int) -> np.ndarray:
        centred = positions[neurons] - positions[neurons].mean(axis=0)
        axis = np.linalg.svd(centred, full_matrices=False)[2][0]
        axis = axis * np.sign(axis[np.argmax(np.abs(axis))])
        return neurons[np.argsort(centred @ axis, kind="stable")]

    return order


def by_cut(traffic: np.ndarray) -> Order:
    """So that little traffic (n, n) crosses: exchanges of pairs, as long as they gain.

    Begins with the order of numbers. In a pass every neuron is exchanged once, each time the pair
    that gains the most (or loses the least) among those that gain the most alone; what stays is the
    best point of the pass.

    Source: Kernighan & Lin (1970), doi:10.1002/j.1538-7305.1970.tb01770.x.
    """
    both = traffic + traffic.T
    np.fill_diagonal(both, 0.0)

    def order(neurons: np.ndarray, first: int) -> np.ndarray:
        own = both[np.ix_(neurons, neurons)]
        side = np.where(np.arange(len(neurons)) < first, 1.0, -1.0)
        for _ in range(_PASSES):
            swaps, gain = _pass(own, side)
            if gain <= 1e-9 * own.sum():
                break
            side[swaps] *= -1
        return neurons[np.argsort(-side, kind="stable")]

    return order


def _pass(traffic: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, float]:
    """The neurons to be exchanged, (2 m,), and what the cut loses by it."""
    outer = -side * (traffic @ side)  # traffic across the cut minus traffic within, by neuron
    free = np.ones(len(side), bool)
    swaps: list[tuple[int, int]] = []
    gains: list[float] = []
    for _ in range(int(min((side > 0).sum(), (side < 0).sum()))):
        left, right = (_foremost(outer, np.flatnonzero(free & (side == s))) for s in (1, -1))
        saved = outer[left][:, None] + outer[right][None] - 2 * traffic[np.ix_(left, right)]
        i, j = np.unravel_index(int(np.argmax(saved)), saved.shape)
        a, b = int(left[i]), int(right[j])
        swaps.append((a, b))
        gains.append(float(saved[i, j]))
        free[[a, b]] = False
        outer += 2 * side * side[a] * (traffic[:, a] - traffic[:, b])
    best = int(np.argmax(np.cumsum(gains))) if gains else -1
    total = float(np.sum(gains[: best + 1]))
    return np.array(swaps[: best + 1], np.int64).ravel(), total


def _foremost(outer: np.ndarray, neurons: np.ndarray) -> np.ndarray:
    """Those with the most traffic across the cut, and equal ones in the order of numbers."""
    if len(neurons) <= _CANDIDATES:
        return neurons
    return neurons[np.argsort(-outer[neurons], kind="stable")[:_CANDIDATES]]
