"""DEEP R: a synapse whose magnitude reaches zero is dormant, a random one takes its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop._checks import real
from genprop.errors import DescriptionError
from genprop.stages.rewiring.rule import RewiringRule

if TYPE_CHECKING:
    import numpy as np

__all__ = ["DeepR"]


@dataclass(frozen=True, kw_only=True)
class DeepR(RewiringRule):
    """Remove synapses with m ≤ 0 after an update, regrow as many random dormant ones at m ≈ 0.

    The weight is sign × magnitude (``gp.dale``, ``gp.signed``), and signs never change. With
    ``noise`` σ every update adds σ ξ, ξ standard normal, to the magnitudes that are above zero:
    σ = √(2 η T) is the temperature of the paper. Its prior on weights is a penalty: ``gp.L1``.

    Source: Bellec, Kappel, Maass & Legenstein (2018), arXiv:1711.05136.
    """

    noise: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        real(self.noise, "DeepR(noise=…)", least=0.0, fault=DescriptionError)

    @property
    def cite(self) -> tuple[str, ...]:
        """Where the rule is from."""
        return (
            "Bellec, Kappel, Maass & Legenstein (2018), Deep rewiring: training very sparse deep "
            "networks, arXiv:1711.05136",
        )

    @property
    def needs_magnitudes(self) -> bool:
        """Signs are fixed, and zero is where a synapse ends."""
        return True

    def before_removal(self, size: np.ndarray, rng: np.random.Generator) -> None:
        """M + σ ξ where m > 0."""
        if self.noise > 0:
            size += (size > 0) * (self.noise * rng.standard_normal(size.shape)).astype(size.dtype)

    def removed(self, size: np.ndarray, updates: int) -> np.ndarray:
        """M ≤ 0."""
        return size <= 0
