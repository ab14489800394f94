"""A batch of values as backends take it, with everything checked that they rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.data.graded import GradedBatch
from genprop.errors import DataError
from genprop.numerics.graded import GradedInputs
from genprop.runtime.aims import needs_label, reads_target, refuse_outside

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.lower.graded_program import GradedProgram

__all__ = ["graded_inputs"]


def graded_inputs(program: GradedProgram, batch: SpikeBatch, *, learning: bool) -> GradedInputs:
    """Values, labels and targets.

    Args:
        program: the network.
        batch: its samples.
        learning: whether a gradient is wanted, for which the loss needs labels or targets.

    Raises:
        DataError: for spikes, and values, labels or targets that do not fit the network.
    """
    if not isinstance(batch, GradedBatch):
        raise DataError(
            f"the network's sources send values, and the batch is a {type(batch).__name__}",
            remedy="make one of values: gp.data.GradedBatch.of(x, labels=…)",
        )
    values = {p.name: batch.values_of(p.name) for p in program.populations if p.source}
    for name, given in values.items():
        size = program.population(name).size
        legal = [(len(batch), size), (len(batch), program.steps, size)]
        if given.shape not in legal:
            raise DataError(
                f"values of shape {given.shape} do not fit population {name!r} of {size}",
                remedy=f"give values of shape {legal[0]}, or for every step {legal[1]}",
            )
        if given.ndim == 3 and program.tolerance is not None:
            raise DataError(
                "values that change in steps have no fixed point to settle at",
                where=f"population {name}",
                remedy="compile without tolerance, or give values of shape (batch, n)",
            )
    return GradedInputs(
        values, len(batch), _labels(program, batch, learning), _targets(program, batch)
    )


def _labels(program: GradedProgram, batch: GradedBatch, learning: bool) -> np.ndarray:
    wanting = [x for x in program.losses if needs_label(x, batch)]
    if batch.labels is None:
        if learning and wanting:
            raise DataError(
                f"the batch has neither labels nor targets, and the loss {wanting[0].name} needs "
                "them",
                remedy="give GradedBatch.of(x, labels=…) or targets=…",
            )
        return np.full(len(batch), -1, np.int64)
    refuse_outside(program, wanting, batch.labels)
    return batch.labels


def _targets(program: GradedProgram, batch: GradedBatch) -> np.ndarray | None:
    readers = [x for x in program.losses if reads_target(x)]
    if batch.targets is None or not readers:
        return None
    for loss in readers:
        legal = len(batch), program.population(loss.population).size
        if batch.targets.shape != legal:
            raise DataError(
                f"targets of shape {batch.targets.shape} do not fit population {loss.population!r}",
                where=f"loss {loss.name}",
                remedy=f"give targets of shape {legal}",
            )
    return batch.targets
