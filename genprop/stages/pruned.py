"""Synapses that are removed from what runs, while their parameters stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.stages.base import Stage

if TYPE_CHECKING:
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["Pruned"]


@dataclass(frozen=True)
class Pruned(Stage):
    """u = w, but 0 at the ``removed`` synapses of ``weight``, where ∂L/∂w is 0 too.

    Attributes:
        weight: the flat name of the weights.
        removed: numbers of synapses in row order, ascending.
    """

    weight: str
    removed: tuple[int, ...]

    @property
    def name(self) -> str:
        """``"pruned <weight>"``."""
        return f"pruned {self.weight}"

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The weights that are left."""
        return {self.weight: self._zeroed(values[self.weight])}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """The gradients of those that are left."""
        return {name: self._zeroed(slope) for name, slope in gradients.items()}

    def _zeroed(self, values: np.ndarray) -> np.ndarray:
        left = np.array(values)
        left.reshape(-1)[list(self.removed)] = 0.0
        return left
