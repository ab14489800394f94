"""Pairs of neurons without a synapse, sampled without a matrix of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genprop.describe.topology import Synapses

__all__ = ["POOL", "among", "distances", "dormant_pairs", "sampled_near", "sampled_pairs"]

POOL = 8
"""So many times what chance regrows is drawn for it to choose from."""
_LISTED = 4
"""Where all pairs are at most so many times the synapses, they are listed."""


def dormant_pairs(synapses: Synapses) -> NDArray[np.int64]:
    """All of them, as sender · post + receiver, ascending; as much memory as a dense projection."""
    there = np.ones(synapses.pre * synapses.post, bool)
    there[synapses.numbers] = False
    return np.flatnonzero(there)


def sampled_pairs(synapses: Synapses, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``count`` random different ones (all, where there are fewer), ascending."""
    total, active = synapses.pre * synapses.post, synapses.numbers
    count = min(count, total - active.size)
    if total <= _LISTED * max(active.size, count):
        found = dormant_pairs(synapses)
        return np.sort(rng.choice(found, count, replace=False))
    found = np.zeros(0, np.int64)
    while found.size < count:
        drawn = rng.integers(0, total, 2 * (count - found.size) + 16)
        new = np.unique(drawn[~among(drawn, active)])
        found = np.concatenate([found, rng.permutation(new[~among(new, np.sort(found))])])
    return np.sort(found[:count])


def sampled_near(
    synapses: Synapses,
    count: int,
    places: tuple[np.ndarray, np.ndarray],
    reach: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """``count`` of eight times as many random ones, each with a chance ∝ e^{−distance/reach}."""
    pairs = sampled_pairs(synapses, POOL * count, rng)
    chance = rng.gumbel(size=pairs.size) - distances(pairs, synapses.post, places) / reach
    return np.sort(pairs[np.argsort(-chance)[:count]])


def distances(
    pairs: np.ndarray, post: int, places: tuple[np.ndarray, np.ndarray]
) -> NDArray[np.float64]:
    """Between the positions of both neurons of every pair."""
    x, y = places
    return np.linalg.norm(x[pairs // post] - y[pairs % post], axis=1)


def among(numbers: np.ndarray, ascending: np.ndarray) -> NDArray[np.bool_]:
    """Which of ``numbers`` are among those that stand in ascending order."""
    place = np.searchsorted(ascending, numbers)
    there = place < ascending.size
    there[there] = ascending[place[there]] == numbers[there]
    return there
