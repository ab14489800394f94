"""RigL: of the dormant synapses those come that the gradient would let grow most."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from genprop._checks import integer, real
from genprop.errors import DescriptionError
from genprop.stages.rewiring.fraction import checked_fraction, smallest
from genprop.stages.rewiring.rule import RewiringRule

__all__ = ["RigL"]


@dataclass(frozen=True, kw_only=True)
class RigL(RewiringRule):
    """Every ``every`` updates, remove weak synapses and regrow those of the largest gradient.

    Attributes:
        fraction: of the synapses, the smallest magnitudes, is removed; None: those with m ≤ 0 (of
            magnitudes, as arXiv:2407.18917 has it).
        signed: −∂L/∂m counts, which lets a magnitude grow; else |∂L/∂w|. By default signed where
            ``fraction`` is None.
        sampled: so many random dormant synapses are looked at for each that is regrown; None looks
            at all, and costs what a dense projection does.
        decay: updates after which nothing is removed any more, the fraction falling by a cosine;
            None: never.

    Source: Evci et al. (2020), arXiv:1911.11134; on signs and magnitudes arXiv:2407.18917.
    """

    fraction: float | None = None
    signed: bool | None = None
    sampled: float | None = 4.0
    decay: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fraction is not None:
            checked_fraction("RigL", self.fraction)
        if self.decay is not None:
            integer(self.decay, "RigL(decay=…)", least=1, fault=DescriptionError)
        if self.decay is not None and self.fraction is None:
            raise DescriptionError(
                f"RigL(decay={self.decay}) lets a fraction fall",
                remedy="give fraction=0.3 too, or leave decay out",
            )
        if self.sampled is not None:
            real(self.sampled, "RigL(sampled=…)", least=1.0, fault=DescriptionError)

    @property
    def cite(self) -> tuple[str, ...]:
        """Where the rule is from."""
        return (
            "Evci et al. (2020), Rigging the lottery: making all tickets winners, arXiv:1911.11134",
        )

    @property
    def needs_magnitudes(self) -> bool:
        """Only where zero is where a synapse ends, or its gradient has a direction to grow in."""
        return self.fraction is None or bool(self.signed)

    @property
    def sampling(self) -> float | None:
        """As many as are sampled."""
        return self.sampled

    def removed(self, size: np.ndarray, updates: int) -> np.ndarray:
        """M ≤ 0, or the smallest magnitudes."""
        portion = self.portion(updates)
        return size <= 0 if portion is None else smallest(size, portion)

    def portion(self, updates: int) -> float | None:
        """The fraction, as far as it has fallen."""
        if self.fraction is None or self.decay is None:
            return self.fraction
        phase = min(updates / self.decay, 1.0)
        return self.fraction * 0.5 * (1.0 + math.cos(math.pi * phase))

    def regrown(
        self, count: int, log_chance: np.ndarray, slope: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """The largest −∂L/∂m or |∂L/∂w|, of equal ones by chance."""
        signed = self.fraction is None if self.signed is None else self.signed
        growth = -slope if signed else np.abs(slope)
        return np.lexsort((-(log_chance + rng.gumbel(size=slope.size)), -growth))[:count]
