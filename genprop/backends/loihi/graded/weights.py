"""Weights on the chip: 8 bits or fewer and an exponent, rounded to the nearest.

Positive and negative weights of a projection are synapses of their own, excitatory and inhibitory:
their sign takes no bit, and both together are as many as before. So rounding errors are half of
what mixed signs would have, and objectives are missed by a quarter.

Rounding to the nearest keeps a symmetric matrix symmetric, and what a network settles at a minimum
of something near. Error-compensating rounding loses that: measured on the codes of 20 samples of
``lca`` with mixed signs, their gap to the least objective was 1.3e-4 with it and 1.0e-4 without.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.weights import weight_step
from genprop.backends.loihi.graded.integers import GradedSynapses

if TYPE_CHECKING:
    from genprop.lower.graded_program import GradedProjection

__all__ = ["RoundedWeights", "full_scale", "parts_of", "round_synapses", "rounded"]


@dataclass(frozen=True, slots=True)
class RoundedWeights:
    """What rounding did to a projection.

    Attributes:
        name: of the projection, and its sign where the projection has both.
        exponent: of its weights.
        synapses: how many there are.
        zeroed: how many weights became 0.
        error: rms error of the weights over their rms.
    """

    name: str
    exponent: int
    synapses: int
    zeroed: int
    error: float


def parts_of(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The weights of each sign, by "excitatory" and "inhibitory", of signs that there are."""
    each = {"excitatory": np.maximum(matrix, 0.0), "inhibitory": np.minimum(matrix, 0.0)}
    return {sign: part for sign, part in each.items() if part.any()} or {"excitatory": matrix}


def full_scale(matrix: np.ndarray, bits: int) -> float:
    """The c in (1/2, 1] that makes the largest weight the largest integer."""
    largest = float(np.abs(matrix).max(initial=0.0)) / (256 - weight_step(bits))
    return 2.0 ** (math.floor(math.log2(largest)) - math.log2(largest)) if largest > 0 else 1.0


def rounded(exact: np.ndarray, bits: int) -> tuple[np.ndarray, int]:
    """Integers up to 255 of one sign, in steps of the bits, and the exponent of finest steps."""
    step = weight_step(bits)
    highest = 256 // step - 1
    largest = float(np.abs(exact).max(initial=0.0)) / (highest * step)
    exponent = math.ceil(math.log2(largest) - 1e-12) if largest > 0 else 0
    wanted = exact / (step * 2.0**exponent)
    return np.clip(np.rint(wanted), -highest, highest) * step, exponent


def round_synapses(
    q: GradedProjection, matrix: np.ndarray, shift: int, bits: int
) -> Iterator[tuple[GradedSynapses, RoundedWeights]]:
    """A projection ``matrix`` (pre, post) as synapses of one sign each, and what was lost of them.

    Args:
        q: which one.
        matrix: weights with the gain of the input.
        shift: fraction of the input less that of the message.
        bits: of a weight.
    """
    parts = parts_of(matrix)
    for sign, part in parts.items():
        name = f"{q.name} ({sign})" if len(parts) > 1 else q.name
        exact = part * 2.0**shift
        weight, exponent = rounded(exact, bits)
        present = exact != 0
        error = weight * 2.0**exponent - exact
        rms = float(np.sqrt(np.mean(exact[present] ** 2))) if present.any() else 1.0
        lost = RoundedWeights(
            name,
            exponent,
            int(np.count_nonzero(present)),
            int(np.count_nonzero(present & (weight == 0))),
            float(np.sqrt(np.sum(error**2) / max(np.count_nonzero(present), 1))) / rms,
        )
        whole = weight.astype(np.int64)
        yield GradedSynapses(name, q.pre, q.value, q.post, q.input, whole, exponent), lost
