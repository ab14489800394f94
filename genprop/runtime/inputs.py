"""A batch as backends take it, with everything checked that they rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop._warn import warn
from genprop.backends.base import Inputs, Part
from genprop.data.graded import GradedBatch
from genprop.data.partial import PartialBatch
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError
from genprop.runtime.aims import needs_label, reads_target, refuse_outside

if TYPE_CHECKING:
    from genprop.lower.program import Program

__all__ = ["inputs_of"]


def inputs_of(
    program: Program, batch: SpikeBatch, events: str, *, learning: bool, distributed: bool = False
) -> Inputs:
    """Spikes in real time, labels and targets.

    Args:
        program: the network.
        batch: its samples; events may not come after the trial.
        events: ``"merge"`` or ``"sum"``.
        learning: whether a gradient is wanted, for which the loss needs labels or targets.
        distributed: whether the engine runs parts of batches, together with other ranks.

    Raises:
        DataError: for events, labels or targets that do not fit the network.
    """
    if not isinstance(batch, SpikeBatch):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DataError(
            f"a batch of spikes was expected, not a {type(batch).__name__}",
            remedy="make one: gp.data.SpikeBatch.from_events(…), or dataset.batches(…)",
        )
    if isinstance(batch, GradedBatch):
        raise DataError(
            "a batch of spikes was expected, not one of values",
            remedy="values drive networks with sources gp.graded(); images become spikes by "
            "gp.data.latency_code(…)",
        )
    _refuse_other_sources(program, batch)
    if batch.duration > program.duration * (1 + 1e-6):
        warn(
            f"the samples last {batch.duration:g} ms, and the trial ends after "
            f"{program.duration:g} ms: what the network does later is not seen. Give compile "
            f"duration={batch.duration:g}, or crop the data: dataset.crop({program.duration:g})",
        )
        batch = batch.crop(program.duration)
    part = None
    if isinstance(batch, PartialBatch):
        if not distributed:
            raise DataError(
                f"the batch holds {len(batch)} of {batch.samples} samples, the others are on other "
                "ranks",
                remedy="run it on all ranks: sim = gp.distributed(sim)",
            )
        part = Part(batch.samples, *batch.groups)
    sources = [p.name for p in program.populations if p.source]
    return Inputs(
        {name: batch.source(name) for name in sources},
        len(batch),
        _labels(program, batch, learning=learning),
        _targets(program, batch),
        events,
        part,
    )


def _refuse_other_sources(program: Program, batch: SpikeBatch) -> None:
    """Refuse channels that the network lacks, and events after the trial."""
    for source in (p for p in program.populations if p.source):
        given = batch.source(source.name)
        if given.channels_total > source.size:
            raise DataError(
                f"the data has {given.channels_total} channels, "
                f"population {source.name!r} only {source.size}",
                remedy=f"net.population({source.name!r}, {given.channels_total}, gp.spikes())",
            )
        late = int(np.count_nonzero(given.times >= program.duration))
        if late:
            raise DataError(
                f"{late} events come after the trial of {program.duration:g} ms",
                where=f"population {source.name}",
                remedy="compile(…, duration=…) as long as the data, or crop it: "
                f"dataset.crop({program.duration:g})",
            )


def _labels(program: Program, batch: SpikeBatch, *, learning: bool) -> np.ndarray:
    """(batch,) int64, −1 where there is no label."""
    if batch.labels is None or not program.losses:
        wanting = [x.name for x in program.losses if needs_label(x, batch)]
        if learning and wanting:
            raise DataError(
                f"the batch has neither labels nor targets, and the loss {wanting[0]} needs them",
                remedy="give SpikeBatch labels=… or targets=…",
            )
        return np.full(len(batch), -1)
    classed = (x for x in program.losses if x.score is not None or needs_label(x, batch))
    refuse_outside(program, classed, batch.labels)
    return batch.labels


def _targets(program: Program, batch: SpikeBatch) -> np.ndarray | None:
    """The targets, of a shape that every loss which reads them can take; None where none does."""
    targets = batch.targets
    readers = [x for x in program.losses if reads_target(x)]
    if targets is None or not readers:
        return None
    for loss in readers:
        size = program.population(loss.population).size
        legal: list[tuple[int, ...]] = [(len(batch), size)]
        if loss.readout.stepwise:
            legal.append((len(batch), program.steps, size))
        if targets.shape not in legal:
            raise DataError(
                f"targets of shape {targets.shape} do not fit population {loss.population!r}",
                where=f"loss {loss.name}",
                remedy=f"give targets of shape {' or '.join(map(str, legal))}: "
                "(batch, neurons), for a trace also (batch, steps, neurons)",
            )
    return targets
