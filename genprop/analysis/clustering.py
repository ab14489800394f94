"""Clustering: how strongly the neighbours of a neuron are connected to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.connections import connections
from genprop.analysis.graph import strengths
from genprop.analysis.null_model import beside_shuffled_weights

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source
    from genprop.analysis.null_model import Compared

__all__ = ["clustering", "clustering_of_neurons"]


def clustering(source: Source, projection: str = "", *, nulls: int = 0, seed: int = 0) -> Compared:
    """The mean over neurons of :func:`clustering_of_neurons`.

    Args:
        source: a simulator, connections, or weights (n, n).
        projection: of a simulator; a recurrent one.
        nulls: number of networks with shuffled weights beside it; 50 in arXiv:2511.01632.
        seed: of the nulls.

    Raises:
        UnsupportedError: for a projection between two populations.
        DataError: where all weights are 0.
    """
    found = connections(source, projection)
    return beside_shuffled_weights(
        lambda one: float(_coefficients(one).mean()), found, nulls=nulls, seed=seed
    )


def clustering_of_neurons(source: Source, projection: str = "") -> np.ndarray:
    """Onnela's weighted clustering coefficient of a directed graph, (n,), each in [0, 1].

    With W = |w|/max|w| without self-connections, A its pattern, and the cube root taken by element:

        c_i = [(W^⅓ + (Wᵀ)^⅓)³]_ii / (2 [d_i (d_i − 1) − 2 b_i]),

    d_i = Σ_j (A_ij + A_ji) the degree and b_i = Σ_j A_ij A_ji the number of neighbours in both
    directions; 0 where there can be no triangle. A synapse of weight 0 is none.

    Arguments and errors are those of :func:`clustering`.

    Source: Onnela et al. (2005), doi:10.1103/PhysRevE.71.065103; directed: Fagiolo (2007),
    doi:10.1103/PhysRevE.76.026107.
    """
    return _coefficients(connections(source, projection))


def _coefficients(found: Connections) -> np.ndarray:
    size = strengths(found)
    root = np.cbrt(size / size.max())
    both = root + root.T
    triangles = ((both @ both) * both).sum(axis=1) / 2  # both is symmetric
    there = size > 0
    degree = there.sum(axis=0) + there.sum(axis=1)
    mutual = (there & there.T).sum(axis=0)
    possible = degree * (degree - 1) - 2 * mutual
    return np.divide(triangles, possible, out=np.zeros(len(size)), where=possible > 0)
