"""Wiring: how much of the length that weights could save they do save."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.connections import connections
from genprop.analysis.null_model import beside_shuffled_weights
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source
    from genprop.analysis.null_model import Compared

__all__ = ["wiring_efficiency"]


def wiring_efficiency(
    source: Source, projection: str = "", *, nulls: int = 0, seed: int = 0
) -> Compared:
    """1 where the strongest synapses are the shortest, 0 where they are the longest.

        η = 1 − (C − C_min)/(C_max − C_min),   C = Σ_k |w_k| d_k

    over the synapses of a projection, C_min and C_max the least and the largest that the same |w|
    and d can give: sorted against and with each other. Self-connections do not count.

    Args:
        source: a simulator, or connections with positions or delays.
        projection: of a simulator.
        nulls: number of networks with shuffled weights beside it, about 1/2 each.
        seed: of the nulls.

    d is the distance of positions where there are any, else the delay: in units of space or ms,
    which do not count.

    Raises:
        UnsupportedError: without positions and delays.
        DataError: where all lengths, or all |w|, are the same.

    Source: arXiv:2511.01632.
    """
    found = connections(source, projection)
    return beside_shuffled_weights(_efficiency, found, nulls=nulls, seed=seed)


def _efficiency(found: Connections) -> float:
    counted = found.pre != found.post if found.recurrent else np.ones(len(found.pre), bool)
    size, length = np.abs(found.weight[counted]), found.length[counted]
    cost = float(size @ length)
    ascending, by_length = np.sort(size), np.sort(length)
    least, most = float(ascending[::-1] @ by_length), float(ascending @ by_length)
    if not most - least > 1e-12 * most:
        raise DataError(
            f"all synapses of {found.name} are equally long or equally strong: none is saved",
            remedy="give connections of different lengths and weights",
        )
    return 1.0 - (cost - least) / (most - least)
