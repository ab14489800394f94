"""Modularity: how much stronger synapses within communities are than chance would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, real
from genprop.analysis.connections import connections
from genprop.analysis.graph import networkx, strengths
from genprop.analysis.null_model import beside_shuffled_weights

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source
    from genprop.analysis.null_model import Compared

__all__ = ["communities", "modularity"]


def modularity(
    source: Source,
    projection: str = "",
    *,
    resolution: float = 1.0,
    runs: int = 1,
    nulls: int = 0,
    seed: int = 0,
) -> Compared:
    """Q of the communities that the Louvain method finds in |w|; self-connections do not count.

        Q = (1/m) Σ_ij [ |w_ij| − γ s_i^out s_j^in / m ] δ(c_i, c_j),   m = Σ_ij |w_ij|

    with the strengths s_i^out = Σ_j |w_ij|, s_j^in = Σ_i |w_ij| and c_i the community of neuron i.

    Args:
        source: a simulator, connections, or weights (n, n).
        projection: of a simulator; a recurrent one.
        resolution: γ; larger gives smaller communities.
        runs: Louvain begins so often in another order; the largest Q counts.
        nulls: number of networks with shuffled weights beside it, searched in the same way.
        seed: of the orders and of the nulls.

    Raises:
        ConfigurationError: where networkx is not installed.
        UnsupportedError: for a projection between two populations.
        DataError: where all weights are 0.

    Source: Blondel et al. (2008), doi:10.1088/1742-5468/2008/10/P10008; directed: Leicht & Newman
    (2008), doi:10.1103/PhysRevLett.100.118703.
    """
    real(resolution, "resolution", above=0.0)
    found = connections(source, projection)
    return beside_shuffled_weights(
        lambda one: _search(one, resolution, runs, seed)[0], found, nulls=nulls, seed=seed
    )


def communities(
    source: Source,
    projection: str = "",
    *,
    resolution: float = 1.0,
    runs: int = 1,
    seed: int = 0,
) -> np.ndarray:
    """(n,) int64: the community of every neuron that :func:`modularity` is of, the largest first.

    Arguments and errors are those of :func:`modularity`.
    """
    return _search(connections(source, projection), resolution, runs, seed)[1]


def _search(
    found: Connections, resolution: float, runs: int, seed: int
) -> tuple[float, np.ndarray]:
    """The largest Q of ``runs`` searches, and its communities."""
    nx = networkx()
    graph = nx.from_numpy_array(strengths(found), create_using=nx.DiGraph)
    search, value = nx.community.louvain_communities, nx.community.modularity
    tried = [
        search(graph, resolution=resolution, seed=integer(seed, "seed") + k)
        for k in range(integer(runs, "runs", least=1))
    ]
    values = [value(graph, parts, resolution=resolution) for parts in tried]
    best = int(np.argmax(values))
    label = np.zeros(found.sizes[0], np.int64)
    for k, members in enumerate(sorted(tried[best], key=lambda part: (-len(part), min(part)))):
        label[list(members)] = k
    return float(values[best]), label
