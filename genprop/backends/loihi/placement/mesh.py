"""The mesh of cores: which sites populations take, and how far it is between them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from genprop.backends.loihi.chip.limits import CORES, MESH_COLUMNS
from genprop.errors import UnsupportedError

__all__ = ["hops", "sites"]


def sites(cores: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Row and column (k, 2) of the cores of each population, by its name.

    Cores are taken in lines that alternate in direction, on a part of the mesh that is as square as
    can be, so that the cores of a population are neighbours.

    Args:
        cores: how many each population takes.

    Raises:
        UnsupportedError: for more than a chip has.
    """
    total = sum(cores.values())
    if not CORES.holds(max(total, 1)):
        raise UnsupportedError(
            f"{total} cores are more than {CORES}",
            remedy="put more neurons on a core, or divide the network over several chips",
        )
    most, rows = MESH_COLUMNS.highest, CORES.highest // MESH_COLUMNS.highest
    width = min(max(math.ceil(math.sqrt(total)), math.ceil(total / rows)), most)
    row, column = np.divmod(np.arange(total), width)
    line = np.stack([row, np.where(row % 2, width - 1 - column, column)], axis=1)
    ends = np.cumsum([*cores.values()])[:-1]
    return dict(zip(cores, np.split(line, ends), strict=True))


def hops(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """|Δrow| + |Δcolumn| between sites (…, 2): packets go along one and then along the other."""
    return np.abs(one - other).sum(axis=-1)
