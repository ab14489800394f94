"""Chosen samples, and what the network did with them: input spikes, hidden spikes, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import ConfigurationError
from genprop.lower.clocks.grid import TimeGrid
from genprop.runtime.simulator import Simulator
from genprop.units import DIMENSIONLESS, dimension_name

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.clocks.base import Clock
    from genprop.train.surface import Dataset, Trainable

__all__ = ["Raster", "SampleView", "Trace", "choose", "record"]

_CLASSES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Spikes of a population of ``size``: ``times`` (n,) [ms] of ``neurons`` (n,).

    ``source`` says whether they came from outside.
    """

    population: str
    size: int
    times: np.ndarray
    neurons: np.ndarray
    source: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """``values`` (steps, n) of a ``state`` of a population, in ``unit``, after each step."""

    population: str
    state: str
    unit: str
    values: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class SampleView:
    """What one sample looks like, outside and inside the network.

    Attributes:
        index: its number in the dataset.
        label: its class, or None.
        prediction: the predicted class, or None.
        duration: of the trial [ms].
        dt: length of a step [ms].
        inputs: the spikes that went in.
        hidden: the spikes of the populations.
        outputs: what the loss looks at.
    """

    index: int
    label: int | None
    prediction: int | None
    duration: float
    dt: float
    inputs: tuple[Raster, ...]
    hidden: tuple[Raster, ...]
    outputs: tuple[Trace, ...]


def choose(
    data: Dataset, size: int, predictions: np.ndarray | None, wanted: Sequence[int]
) -> list[int]:
    """The samples to draw: those wanted, else the first of three classes and the first mistake.

    Args:
        data: the samples.
        size: how many are read at once.
        predictions: (samples,) the predicted classes, or None.
        wanted: numbers of samples, from 0.

    Raises:
        ConfigurationError: for a number that the dataset does not have.
    """
    for k in wanted:
        if not 0 <= k < len(data):
            raise ConfigurationError(
                f"there is no sample {k}", remedy=f"choose from 0 to {len(data) - 1}"
            )
    if wanted:
        return list(dict.fromkeys(wanted))
    parts = [b.labels for b in data.batches(size, seed=None) if b.labels is not None]
    if not parts:
        return list(range(min(_CLASSES, len(data))))
    labels = np.concatenate(parts)
    _, first = np.unique(labels, return_index=True)
    chosen = sorted(int(k) for k in first[:_CLASSES])
    if predictions is not None:
        wrong = np.flatnonzero(predictions != labels)
        chosen += [int(k) for k in wrong[:1] if k not in chosen]
    return chosen


def record(sim: Trainable, data: Dataset, chosen: Sequence[int]) -> Iterator[SampleView]:
    """Run the chosen samples and keep what the network did.

    Args:
        sim: the network.
        data: the samples.
        chosen: their numbers.
    """
    rasters, traces = _recordable(sim.spec)
    names = [f"{population}.spikes" for population in rasters]
    names += [f"{population}.{state}" for population, state in traces]
    first = 0
    found: dict[int, SampleView] = {}
    for batch in data.batches(sim.batch, seed=None):
        inside = [k for k in chosen if first <= k < first + len(batch)]
        if inside:
            part = batch.select([k - first for k in inside])
            outcome = sim.run(part, record=names)
            recorded: Mapping[str, Sequence[np.ndarray]] = getattr(outcome, "recorded", {})
            predictions = None if outcome.scores is None else np.argmax(outcome.scores, axis=1)
            for place, k in enumerate(inside):
                found[k] = _view(sim, part, place, k, predictions, recorded)
        first += len(batch)
    yield from (found[k] for k in chosen)


def _clock(sim: Trainable) -> Clock:
    """What says when recorded spikes happened; simulators of others are taken to run in steps."""
    if isinstance(sim, Simulator):
        return sim.program.clock
    return TimeGrid.of(sim.dt, sim.duration)


def _view(
    sim: Trainable,
    batch: SpikeBatch,
    place: int,
    index: int,
    predictions: np.ndarray | None,
    recorded: Mapping[str, Sequence[np.ndarray]],
) -> SampleView:
    rasters, traces = _recordable(sim.spec)
    inputs: list[Raster] = []
    for population in sim.spec.populations:
        if population.neuron is None:
            times, channels = batch.source(population.name).sample(place)
            inside = times < sim.duration
            inputs.append(
                Raster(population.name, population.size, times[inside], channels[inside], True)
            )
    hidden: list[Raster] = []
    for name in rasters:
        if f"{name}.spikes" in recorded:
            spikes = np.asarray(recorded[f"{name}.spikes"][place])
            times, neurons = _clock(sim).spike_train(spikes)
            size = sim.spec.population(name).size
            hidden.append(Raster(name, size, times, neurons))
    outputs = [
        Trace(
            name,
            state,
            _unit(sim.spec, name, state),
            np.asarray(recorded[f"{name}.{state}"][place]),
        )
        for name, state in traces
        if f"{name}.{state}" in recorded
    ]
    return SampleView(
        index,
        None if batch.labels is None else int(batch.labels[place]),
        None if predictions is None else int(predictions[place]),
        sim.duration,
        sim.dt,
        tuple(inputs),
        tuple(hidden),
        tuple(outputs),
    )


def _unit(spec: NetworkSpec, population: str, state: str) -> str:
    found = spec.population(population)
    states = [*(found.neuron.states if found.neuron else ())]
    dimensions = {s.name: s.dimension for s in states}
    return dimension_name(dimensions.get(state, DIMENSIONLESS))


def _recordable(spec: NetworkSpec) -> tuple[list[str], list[tuple[str, str]]]:
    """The populations whose spikes are drawn, and the states that the loss looks at."""
    spiking = [p.name for p in spec.populations if p.neuron is not None and p.neuron.spike]
    seen = [(t.readout.population, t.readout.state) for t in spec.loss if t.readout.state]
    return spiking, list(dict.fromkeys(seen))
