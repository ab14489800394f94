"""Graded networks in numbers: what they are given, their constants, and their losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop.numerics.evaluate import evaluate
from genprop.numerics.losses import loss_of, one_hot

if TYPE_CHECKING:
    from genprop.lower.graded_program import GradedPopulation, GradedProgram, Slope

__all__ = ["GradedInputs", "Losses", "constants_of", "losses_of", "slopes_at"]

Array = np.ndarray
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class GradedInputs:
    """One batch of values as a backend takes it.

    Attributes:
        values: by source (batch, n), the same in every step, or (batch, steps, n).
        batch: number of samples.
        labels: (batch,) int64, −1 where a sample has none.
        targets: None, or float (batch, n).
    """

    values: Arrays
    batch: int
    labels: npt.NDArray[np.int64]
    targets: npt.NDArray[np.floating] | None = None

    @property
    def whole(self) -> int:
        """Samples of the whole batch."""
        return self.batch


@dataclass(frozen=True, slots=True)
class Losses:
    """What the losses of a batch are: ``values`` (batch,) by term, ``scores`` (batch, n) or None.

    ``slopes`` is ∂L/∂ of every state or value that is read, (batch, n) by ``(population, name)``, L
    being the mean over the batch.
    """

    values: dict[str, Array]
    scores: Array | None
    slopes: dict[tuple[str, str], Array]


def constants_of(population: GradedPopulation, parameters: Arrays, dt: float) -> dict[str, Array]:
    """Every number that is the same in all steps, of shape () or (n,), in float64."""
    found = {q.local: np.asarray(parameters[q.name], np.float64) for q in population.parameters}
    found["dt"] = np.asarray(dt)
    for constant in population.constants:
        found[constant.name] = np.asarray(evaluate(constant.value, found))
    return found


def slopes_at(slopes: tuple[Slope, ...], numbers: Arrays) -> dict[tuple[str, str], Array]:
    """The slopes at a point, by ``(of, by)``."""
    return {(s.of, s.by): np.asarray(evaluate(s.value, numbers)) for s in slopes}


def losses_of(
    program: GradedProgram, found: Mapping[tuple[str, str], Array], inputs: GradedInputs
) -> Losses:
    """The losses of states and values at the end, by ``(population, name)``."""
    values: dict[str, Array] = {}
    slopes: dict[tuple[str, str], Array] = {}
    scores = None
    for loss, read in zip(program.losses, program.readouts, strict=True):
        y = np.asarray(found[loss.population, read], np.float64)
        hot = one_hot(inputs.labels, y.shape[1])
        target = hot if inputs.targets is None else inputs.targets
        result = loss_of(loss, y, hot, target)
        values[loss.name] = result.value
        own = result.gradient / max(inputs.whole, 1)
        key = loss.population, read
        slopes[key] = slopes[key] + own if key in slopes else own
        if scores is None and result.score is not None:
            scores = np.asarray(result.score)
    return Losses(values, scores, slopes)
