"""Everything that figures show of a network on a chip, gathered once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.report.figures.chip import ChipData, ChipSample, ChipWeights
from genprop.report.figures.samples import choose

if TYPE_CHECKING:
    from genprop.backends.base import Outcome
    from genprop.runtime.retarget import Chip
    from genprop.runtime.simulator import Simulator
    from genprop.train.recorder import Recorder
    from genprop.train.surface import Dataset

__all__ = ["collect_chip"]

_UNIT = 64.0  # of v, by weight


def collect_chip(
    recorders: tuple[Recorder, Recorder],
    sim: Simulator,
    chip: Chip,
    data: Dataset,
    split: str,
    wanted: Sequence[int] = (),
) -> ChipData:
    """Gather what figures show of a network and its chip; chosen samples are run again.

    Args:
        recorders: both, after they saw every sample.
        sim: the float network.
        chip: the integers.
        data: the samples.
        split: what they are called.
        wanted: which of them are drawn, by number from 0.

    Raises:
        ConfigurationError: for samples that are not there.
    """
    one, other = (side.predictions() for side in recorders)
    predictions = None if one is None or other is None else (one, other)
    chosen = _chosen(data, min(sim.batch, chip.batch), predictions, wanted)
    first, second = (side.rates() for side in recorders)
    return ChipData(
        dt=sim.dt,
        duration=sim.duration,
        split=split,
        sizes={p.name: p.size for p in sim.spec.populations},
        classes=tuple(getattr(data, "label_names", ())),
        predictions=predictions,
        rates={name: (first[name], second[name]) for name in first if name in second},
        weights=tuple(_weights(sim, chip)),
        samples=tuple(_samples(sim, chip, data, chosen)),
    )


def _chosen(
    data: Dataset,
    size: int,
    predictions: tuple[np.ndarray, np.ndarray] | None,
    wanted: Sequence[int],
) -> list[int]:
    chosen = choose(data, size, None, wanted)
    if wanted or predictions is None:
        return chosen
    differing = np.flatnonzero(predictions[0] != predictions[1])
    return chosen + [int(k) for k in differing[:1] if k not in chosen]


def _weights(sim: Simulator, chip: Chip) -> Iterator[ChipWeights]:
    """Each projection's weights in the unit of the model, and those of the chip brought back."""
    reports = chip.report().synapses
    for report, made, p in zip(reports, chip.network.synapses, sim.spec.projections, strict=True):
        factor = 2.0 ** (made.exponent - report.exponent) / report.scale
        rounded = (np.asarray(made.weight) * factor)[sim.topology[p.name].all_pairs()]
        exact = np.asarray(sim.arrays()[p.weight.name], np.float64)
        yield ChipWeights(p.name, exact.ravel(), rounded.ravel())


def _samples(
    sim: Simulator, chip: Chip, data: Dataset, chosen: Sequence[int]
) -> Iterator[ChipSample]:
    """Both networks on the chosen samples."""
    spiking = [p.name for p in sim.spec.populations if p.neuron is not None and p.neuron.spike]
    states = _read_out(sim, chip)
    names = [f"{name}.spikes" for name in spiking]
    found: dict[int, ChipSample] = {}
    first = 0
    for batch in data.batches(min(sim.batch, chip.batch), seed=None):
        inside = [k for k in chosen if first <= k < first + len(batch)]
        if inside:
            part = batch.select([k - first for k in inside])
            exact = sim.run(part, record=[*names, *states])
            ours = chip.run(part, record=[*names, *(f"{n}.v" for n in states.values())])
            readouts = {
                state: (exact.recorded[state], _in_model_units(ours, n, chip))
                for state, n in states.items()
            }
            for place, k in enumerate(inside):
                found[k] = ChipSample(
                    k,
                    None if part.labels is None else int(part.labels[place]),
                    _both_predictions((exact.scores, ours.scores), place),
                    {
                        n: (
                            sim.program.clock.spike_train(np.asarray(exact.recorded[s][place])),
                            chip.program.clock.spike_train(np.asarray(ours.recorded[s][place])),
                        )
                        for n, s in zip(spiking, names, strict=True)
                    },
                    {s: (np.asarray(a[place]), b[place]) for s, (a, b) in readouts.items()},
                )
        first += len(batch)
    yield from (found[k] for k in chosen)


def _in_model_units(outcome: Outcome, name: str, chip: Chip) -> np.ndarray:
    """A population's voltage, (batch, steps, n)."""
    scale = next(c.scale for c in chip.report().cells if c.name == name)
    return np.asarray(outcome.recorded[f"{name}.v"]) / (_UNIT * scale)


def _read_out(sim: Simulator, chip: Chip) -> Mapping[str, str]:
    """``"population.state"`` that the loss reads, and its population, where it is the voltage."""
    voltage = chip.voltages
    seen = [(t.readout.population, t.readout.state) for t in sim.spec.loss]
    return {f"{n}.{x}": n for n, x in dict.fromkeys(seen) if voltage.get(n) == x}


def _both_predictions(
    scores: tuple[np.ndarray | None, np.ndarray | None], place: int
) -> tuple[int, int] | None:
    one, other = scores
    if one is None or other is None:
        return None
    return int(one[place].argmax()), int(other[place].argmax())
