"""Global efficiency: how short the ways between neurons are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.connections import connections
from genprop.analysis.graph import networkx, strengths
from genprop.analysis.null_model import beside_shuffled_weights

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source
    from genprop.analysis.null_model import Compared

__all__ = ["global_efficiency"]


def global_efficiency(
    source: Source, projection: str = "", *, nulls: int = 0, seed: int = 0
) -> Compared:
    """The mean over pairs of neurons of one over the length of the shortest way, in [0, 1].

        E = 1/(n (n − 1)) Σ_{i≠j} 1/ℓ_ij,   ℓ_ij = min over ways from i to j of Σ max|w|/|w|

    A strong synapse is a short step, the strongest has length 1; where no way leads 1/ℓ is 0.
    Self-connections do not count, nor does the scale of weights.

    Args:
        source: a simulator, connections, or weights (n, n).
        projection: of a simulator; a recurrent one.
        nulls: number of networks with shuffled weights beside it.
        seed: of the nulls.

    Raises:
        ConfigurationError: where networkx is not installed.
        UnsupportedError: for a projection between two populations.
        DataError: where all weights are 0.

    Source: Latora & Marchiori (2001), doi:10.1103/PhysRevLett.87.198701; weighted as in Rubinov &
    Sporns (2010), doi:10.1016/j.neuroimage.2009.10.003.
    """
    found = connections(source, projection)
    return beside_shuffled_weights(_efficiency, found, nulls=nulls, seed=seed)


def _efficiency(found: Connections) -> float:
    nx = networkx()
    size = strengths(found)
    step = np.divide(size.max(), size, out=np.zeros_like(size), where=size > 0)
    graph = nx.from_numpy_array(step, create_using=nx.DiGraph)
    apart = np.asarray(nx.floyd_warshall_numpy(graph, nodelist=range(len(size))))
    np.fill_diagonal(apart, np.inf)
    return float((1 / apart).sum() / (len(size) * (len(size) - 1)))
