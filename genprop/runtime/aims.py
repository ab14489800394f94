"""What losses read of a batch beside what the network gave: its labels and targets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import DataError
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.lower.graded_program import GradedProgram
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import Program

__all__ = ["needs_label", "reads_target", "refuse_outside"]


def needs_label(loss: LossProgram, batch: SpikeBatch) -> bool:
    """Whether a loss reads the labels, or targets that the batch lacks."""
    names = _names(loss)
    return "is_label" in names or ("target" in names and batch.targets is None)


def reads_target(loss: LossProgram) -> bool:
    """Whether a loss reads targets."""
    return "target" in _names(loss)


def refuse_outside(
    program: Program | GradedProgram, losses: Iterable[LossProgram], labels: np.ndarray
) -> None:
    """Refuse labels for which the population of a loss has no neuron.

    Raises:
        DataError: naming the first sample.
    """
    for loss in losses:
        size = program.population(loss.population).size
        outside = np.flatnonzero(labels >= size)
        if outside.size:
            raise DataError(
                f"label {labels[outside[0]]} is out of range: there are {size} outputs",
                where=f"sample {outside[0]} of the batch",
                remedy="give the output population as many neurons as there are classes",
            )


def _names(loss: LossProgram) -> set[str]:
    parts = [loss.total, loss.gradient, *(r.each for r in (*loss.reductions, *loss.backward))]
    return {name for part in parts for name in names_in(part)}
