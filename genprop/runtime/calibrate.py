"""What a network does on calibration data: how far its states go, and who spikes when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.backends.loihi.mapping.scaling import Range
from genprop.data.partial import PartialBatch
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.backends.base import Inputs, Outcome, Recorded
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.data.spikes import SpikeBatch
    from genprop.data.steps import StepEvents
    from genprop.lower.program import Program

__all__ = ["Seen", "look"]

_AT_ONCE = 32  # samples whose states are recorded together
_RECORDED = 64  # samples whose spikes are recorded


class _Network(Protocol):
    batch: int
    program: Program

    def inputs(self, batch: SpikeBatch, learning: bool = False) -> Inputs:
        """The batch as backends take it."""
        ...

    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> Outcome:
        """Forward only."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What calibration saw; empty without data.

    Attributes:
        ranges: the largest |V| and |I'| by population.
        trains: of up to 64 samples, spikes as (k, 2) [step, neuron] by population.
    """

    ranges: Mapping[str, Range] = field(default_factory=dict[str, Range])
    trains: Sequence[Mapping[str, np.ndarray]] = ()


def look(sim: _Network, cells: Mapping[str, Cell], options: Quantise) -> Seen:
    """Show the calibration data to ``sim``, where the options make use of them.

    A current is recorded at the end of its step; it was larger by 1/β when it drove the voltage.
    Samples whose spikes are recorded are drawn from all by ``options.seed``.
    """
    ranged, trained = options.rule == "calibrated", options.rounds == "calibrated"
    if options.calibrate is None or not (ranged or trained):
        return Seen()
    states = [f"{c.name}.{x}" for c in cells.values() for x in (c.voltage, c.current) if x]
    spiking = [c.name for c in cells.values() if c.threshold is not None]
    largest = dict.fromkeys(states, 0.0)
    names = [*states, *(f"{name}.spikes" for name in spiking)]
    trains: list[Mapping[str, np.ndarray]] = []
    rng, shown = np.random.default_rng(options.seed), 0
    for batch in options.calibrate.batches(min(sim.batch, _AT_ONCE), seed=None):
        recorded = sim.run(batch, record=names).recorded
        for name in states:
            largest[name] = max(largest[name], float(np.max(np.abs(recorded[name]), initial=0)))
        if not trained:
            continue
        if isinstance(batch, PartialBatch):
            raise UnsupportedError(
                "rounding by data takes the spikes of whole samples, which ranks have divided",
                where="Quantise(rounding='calibrated')",
                remedy="retarget the trained run in one process: genprop retarget RUN",
            )
        events = sim.inputs(batch).on(sim.program.grid)
        for sample in range(len(batch)):
            place = shown if shown < _RECORDED else int(rng.integers(0, shown + 1))
            shown += 1
            if place < _RECORDED:
                train = _train(events, recorded, spiking, sample)
                trains[place : place + 1] = [train]
    ranges = {
        c.name: Range(
            largest[f"{c.name}.{c.voltage}"],
            largest[f"{c.name}.{c.current}"] / c.beta if c.current and c.beta else 0.0,
        )
        for c in cells.values()
    }
    return Seen(ranges if ranged else {}, trains)


def _train(
    events: Mapping[str, StepEvents],
    recorded: Mapping[str, Recorded],
    spiking: Sequence[str],
    sample: int,
) -> dict[str, np.ndarray]:
    """The spikes of one sample of a batch."""
    train = {name: np.asarray(recorded[f"{name}.spikes"][sample]) for name in spiking}
    for name, found in events.items():
        own = slice(int(found.start[sample]), int(found.start[sample + 1]))
        train[name] = np.stack([found.step[own], found.channel[own]], axis=1)
    return train
