"""Which neurons sparse projections join, as the rendered program takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from genprop.describe.topology import Topology

__all__ = ["connectivity_arrays", "connectivity_pairs"]


def connectivity_pairs(topology: Topology) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(pre, post) indices (synapses,) of every sparse projection, in the order of its weights."""
    return {name: (s.row, s.column) for name, s in topology.items() if not s.dense}


def connectivity_arrays(topology: Topology) -> dict[str, np.ndarray]:
    """The same by ``"<projection>/pre"`` and ``"<projection>/post"``."""
    return {
        f"{name}/{end}": indices
        for name, pair in connectivity_pairs(topology).items()
        for end, indices in zip(("pre", "post"), pair, strict=True)
    }
