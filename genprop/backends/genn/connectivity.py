"""Which neurons sparse projections join, as the rendered program takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec

__all__ = ["connectivity_arrays", "connectivity_pairs"]


def connectivity_pairs(spec: NetworkSpec) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(pre, post) indices (synapses,) of every sparse projection, in the order of its weights."""
    pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for projection in spec.projections:
        pattern = projection.pattern
        if pattern.kind != "dense":
            counts = np.diff(pattern.row_start)
            pairs[projection.name] = (np.repeat(np.arange(counts.size), counts), pattern.column)
    return pairs


def connectivity_arrays(spec: NetworkSpec) -> dict[str, np.ndarray]:
    """The same by ``"<projection>/pre"`` and ``"<projection>/post"``."""
    return {
        f"{name}/{end}": indices
        for name, pair in connectivity_pairs(spec).items()
        for end, indices in zip(("pre", "post"), pair, strict=True)
    }
