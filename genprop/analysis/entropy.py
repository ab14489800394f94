"""Entropies of a projection: how evenly its weights, or its ways, are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.connections import connections
from genprop.analysis.graph import strengths
from genprop.analysis.null_model import beside_shuffled_weights
from genprop.errors import DataError
from genprop.numerics.matrix import expm

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source
    from genprop.analysis.null_model import Compared

__all__ = ["communicability_entropy", "row_entropy", "row_entropy_of_neurons"]


def row_entropy(source: Source, projection: str = "", *, nulls: int = 0, seed: int = 0) -> Compared:
    """The mean of :func:`row_entropy_of_neurons` over senders with a synapse, in bit.

    Args:
        source: a simulator, connections, or weights (pre, post).
        projection: of a simulator.
        nulls: number of networks with shuffled weights beside it.
        seed: of the nulls.

    Raises:
        DataError: where all weights are 0.
    """
    found = connections(source, projection)
    return beside_shuffled_weights(
        lambda one: float(np.nanmean(_of_rows(one))), found, nulls=nulls, seed=seed
    )


def row_entropy_of_neurons(source: Source, projection: str = "") -> np.ndarray:
    """The entropy of every sender's weights, (pre,) in bit; NaN for one without any.

        H_i = −Σ_j p_ij log₂ p_ij,   p_ij = |w_ij| / Σ_j |w_ij|

    0 for one synapse, log₂ k for k equal ones. Self-connections count.

    Arguments and errors are those of :func:`row_entropy`.

    Source: Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x; of rows of weights as in
    arXiv:2511.01632.
    """
    return _of_rows(connections(source, projection))


def communicability_entropy(
    source: Source, projection: str = "", *, nulls: int = 0, seed: int = 0
) -> Compared:
    """The entropy of the communicability between all pairs of different neurons, in bit.

        C = exp(S^−½ |W| S^−½),   S = diag(½ Σ_j (|w_ij| + |w_ji|)),
        H = −Σ_{i≠j} q_ij log₂ q_ij,   q_ij = C_ij / Σ_{i≠j} C_ij

    C_ij counts all ways from i to j, longer ones less. log₂(n (n − 1)) where all pairs reach each
    other equally. Self-connections do not count, nor does the scale of weights. A neuron without
    any synapse has S = 0, and takes no part.

    Args:
        source: a simulator, connections, or weights (n, n).
        projection: of a simulator; a recurrent one.
        nulls: number of networks with shuffled weights beside it.
        seed: of the nulls.

    Raises:
        UnsupportedError: for a projection between two populations.
        DataError: where all weights are 0.

    Source: weighted communicability is Crofts & Higham (2009), doi:10.1098/rsif.2008.0484; the
    strength of a directed neuron is taken as the mean of both directions.
    """
    found = connections(source, projection)
    return beside_shuffled_weights(_of_ways, found, nulls=nulls, seed=seed)


def _of_rows(found: Connections) -> np.ndarray:
    size = np.abs(found.weight)
    total = np.bincount(found.pre, size, found.sizes[0])
    if not total.any():
        raise DataError(
            f"all weights of {found.name} are 0", remedy="give weights of which some are not"
        )
    part = np.divide(size, total[found.pre], out=np.zeros_like(size), where=size > 0)
    entropy = np.bincount(found.pre, _information(part), found.sizes[0])
    return np.where(total > 0, entropy, np.nan)


def _of_ways(found: Connections) -> float:
    size = strengths(found)
    strength = (size.sum(axis=0) + size.sum(axis=1)) / 2
    root = np.divide(1.0, np.sqrt(strength), out=np.zeros(len(size)), where=strength > 0)
    ways = expm(root[:, None] * size * root[None])
    np.fill_diagonal(ways, 0.0)
    return float(_information(ways / ways.sum()).sum())


def _information(part: np.ndarray) -> np.ndarray:
    """−p log₂ p, 0 at 0."""
    return -part * np.log2(part, out=np.zeros_like(part), where=part > 0)
