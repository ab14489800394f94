"""SET: the smallest magnitudes go, random synapses come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.stages.rewiring.fraction import checked_fraction, smallest
from genprop.stages.rewiring.rule import RewiringRule

if TYPE_CHECKING:
    import numpy as np

__all__ = ["SET"]


@dataclass(frozen=True, kw_only=True)
class SET(RewiringRule):
    """Every ``every`` updates, remove the ``fraction`` of smallest |w| and regrow random ones.

    Regrown weights begin at zero (sparse evolutionary training draws them).

    Source: Mocanu et al. (2018), doi:10.1038/s41467-018-04316-3.
    """

    every: int = 100
    fraction: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_fraction("SET", self.fraction)

    @property
    def cite(self) -> tuple[str, ...]:
        """Where the rule is from."""
        return (
            "Mocanu et al. (2018), Scalable training of artificial neural networks with adaptive "
            "sparse connectivity inspired by network science, doi:10.1038/s41467-018-04316-3",
        )

    def portion(self, updates: int) -> float | None:
        """The fraction."""
        return self.fraction

    def removed(self, size: np.ndarray, updates: int) -> np.ndarray:
        """The smallest magnitudes."""
        return smallest(size, self.fraction)
