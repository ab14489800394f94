"""Runs a batch on the emulated chip and reads it as the float network is read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.base import Inputs, Outcome, Parameters
from genprop.backends.loihi.chip.activity import Activity
from genprop.backends.loihi.chip.delivery import Spikes
from genprop.backends.loihi.chip.emulator import CellRun, Emulator
from genprop.backends.loihi.readout import Observer
from genprop.numerics.constants import numbers

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.quantise import Quantised
    from genprop.data.steps import StepEvents
    from genprop.lower.program import Program

__all__ = ["LoihiEngine", "step_counts"]


class LoihiEngine:
    """The emulator behind the surface of a simulator.

    Attributes:
        activity: what happened so far, over all runs.
    """

    def __init__(
        self,
        program: Program,
        parameters: Parameters,
        cells: Mapping[str, Cell],
        quantised: Quantised,
    ) -> None:
        self.program, self.quantised = program, quantised
        self.activity = Activity()
        self._cells = cells
        self._numbers = {
            name: numbers(program.population(name), parameters, program.dt) for name in cells
        }

    def run(self, inputs: Inputs, record: tuple[str, ...] = ()) -> Outcome:
        """Forward; ``record`` names ``"pop.u"``, ``"pop.v"`` (integers) or ``"pop.spikes"``."""
        emulator = Emulator(self.quantised.network, inputs.batch)
        observers = [Observer(loss, self.program, inputs) for loss in self.program.losses]
        recorder = _Recorder(record)
        counts = {name: np.zeros(run.shape, np.int32) for name, run in emulator.cells.items()}
        events = inputs.on(self.program.grid)
        sources = {
            name: _by_step(found, self.program.population(name).size, self.program.steps)
            for name, found in events.items()
        }
        for step in range(self.program.steps):
            emulator.step({name: spikes[step] for name, spikes in sources.items()})
            for name, run in emulator.cells.items():
                counts[name][run.spikes.sample, run.spikes.neuron] += 1
            for observer in observers:
                name = observer.loss.population
                observer.observe(step, emulator.cells[name], self._values(name, emulator))
            recorder.keep(step, emulator.cells)
        self._note(inputs.batch, events, emulator, counts)
        return self._outcome(observers, counts, recorder.finish(inputs.batch))

    def _values(self, name: str, emulator: Emulator) -> dict[str, np.ndarray]:
        """The model's states at t_{n+1} before the reset, as floats, and its numbers."""
        cell, run, scale = self._cells[name], emulator.cells[name], self.quantised.scales[name]
        values = {**self._numbers[name], cell.voltage: run.before / scale.voltage}
        if cell.current:
            values[cell.current] = cell.beta * run.u / scale.current
        return values

    def _note(
        self,
        batch: int,
        events: Mapping[str, StepEvents],
        emulator: Emulator,
        counts: Mapping[str, np.ndarray],
    ) -> None:
        self.activity.add(batch, self.program.steps)
        for name, found in events.items():
            self.activity.count(name, len(found.step))
        for name, run in emulator.cells.items():
            self.activity.count(name, int(counts[name].sum()), run.wraps, run.saturations)
            self.activity.count_neurons(name, counts[name].sum(axis=0, dtype=np.int64))

    def _outcome(
        self,
        observers: list[Observer],
        counts: Mapping[str, np.ndarray],
        recorded: Mapping[str, list[np.ndarray] | np.ndarray],
    ) -> Outcome:
        found = {o.loss.name: o.finish() for o in observers}
        scores = [score for _, score in found.values() if score is not None]
        terms = {name: value for name, (value, _) in found.items()}
        spiking = {p.name for p in self.program.populations if p.guard is not None}
        return Outcome(
            loss=sum(terms.values()),
            terms=terms,
            scores=scores[0] if scores else None,
            spikes={name: count for name, count in counts.items() if name in spiking},
            recorded=recorded,
        )


class _Recorder:
    """Records what is requested."""

    def __init__(self, record: tuple[str, ...]) -> None:
        self._requested = [(name, *name.rsplit(".", 1)) for name in record]
        self._recorded: dict[str, list[np.ndarray]] = {name: [] for name in record}

    def keep(self, step: int, cells: Mapping[str, CellRun]) -> None:
        for name, population, what in self._requested:
            run = cells[population]
            if what == "spikes":
                rows = [run.spikes.sample, np.full(len(run.spikes.sample), step), run.spikes.neuron]
                self._recorded[name].append(np.stack(rows, axis=1))
            else:
                self._recorded[name].append((run.u if what == "u" else run.v).copy())

    def finish(self, batch: int) -> dict[str, list[np.ndarray] | np.ndarray]:
        recorded: dict[str, list[np.ndarray] | np.ndarray] = {}
        for name, _, what in self._requested:
            if what == "spikes":
                every = np.concatenate(self._recorded[name])
                recorded[name] = [every[every[:, 0] == b][:, 1:].astype(np.int32)
                                  for b in range(batch)]  # fmt: skip
            else:
                recorded[name] = np.stack(self._recorded[name], axis=1).astype(np.float64)
        return recorded


def _by_step(events: StepEvents, size: int, steps: int) -> list[Spikes]:
    """The events of a source, step by step; events of one channel in one step as one count."""
    shape = (len(events), size)
    sample = np.repeat(np.arange(len(events)), np.diff(events.start))
    key = (events.step.astype(np.int64) * shape[0] + sample) * size + events.channel
    key, count = np.unique(key, return_counts=True)
    place = key % (shape[0] * size)
    first = np.searchsorted(key, np.arange(steps + 1) * (shape[0] * size))
    return [
        Spikes(place[a:b] // size, place[a:b] % size, shape, count[a:b]) for a, b in pairwise(first)
    ]


def step_counts(events: StepEvents, sample: int, size: int, steps: int) -> np.ndarray:
    """How many events each of ``size`` channels of one sample has in each step, (steps, size)."""
    own = slice(int(events.start[sample]), int(events.start[sample + 1]))
    counts = np.zeros((steps, size), np.int64)
    early = events.step[own] < steps
    np.add.at(counts, (events.step[own][early], events.channel[own][early]), 1)
    return counts
