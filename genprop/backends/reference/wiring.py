"""Who is connected to whom: sending spikes forward, reading adjoints in reverse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.describe.topology import Synapses, Topology
    from genprop.lower.clocks.base import Clock
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["Projection", "Wiring"]

Array = np.ndarray


class HasArrivals(Protocol):
    """A population with delay lines: ``arrivals[receptor]`` is (steps, batch, n)."""

    arrivals: dict[str, Array]


class HasSensitivities(Protocol):
    """A population in reverse.

    ``sensitivity[receptor]`` is ∂L/∂w and ∂L/∂t per weight, (steps, batch, n) each.
    """

    sensitivity: dict[str, tuple[Array, Array]]


class Projection:
    """One projection with a batch's weights and rounded delays; row i is of neuron i."""

    def __init__(
        self,
        program: ProjectionProgram,
        synapses: Synapses,
        parameters: Mapping[str, Array],
        clock: Clock,
    ) -> None:
        self.program = program
        self.row_start, self.column = synapses.compressed()
        self.weight = np.asarray(parameters[program.weight], np.float64).ravel()
        self.delay = (
            clock.delay_steps(parameters[program.delay], program.max_delay_steps).ravel()
            if program.delay
            else np.zeros(self.weight.size, np.int32)
        )
        self.weight_gradient = np.zeros(self.weight.size)
        self.time_gradient = np.zeros(self.weight.size)

    def row(self, neuron: int) -> slice:
        """The synapses of presynaptic ``neuron``."""
        return slice(int(self.row_start[neuron]), int(self.row_start[neuron + 1]))


class Wiring:
    """Every projection of a batch, and the input events by step."""

    def __init__(
        self, program: Program, topology: Topology, parameters: Mapping[str, Array], inputs: Inputs
    ) -> None:
        self.clock, self.steps = program.clock, program.steps
        self.projections = [
            Projection(p, topology[p.name], parameters, program.clock) for p in program.projections
        ]
        self._events: dict[str, list[tuple[Array, Array]]] = {}
        for name, events in inputs.on(program.clock).items():
            sample = np.repeat(np.arange(inputs.batch), np.diff(events.start))
            by_step = [np.flatnonzero(events.step == n) for n in range(self.steps)]
            self._events[name] = [(sample[k], events.channel[k]) for k in by_step]

    def events(self, source: str, step: int) -> tuple[Array, Array]:
        """Samples and channels of the input events of ``step``."""
        return self._events[source][step]

    def send(
        self, pre: str, step: int, samples: Array, neurons: Array, runs: Mapping[str, HasArrivals]
    ) -> None:
        """Spikes of ``step`` go out: each adds w where the clock lets it arrive."""
        for projection in self.projections:
            if projection.program.pre != pre:
                continue
            line = runs[projection.program.post].arrivals[projection.program.receptor]
            for sample, neuron in zip(samples, neurons, strict=True):
                row = projection.row(neuron)
                due = self.clock.arrival_step(step, projection.delay[row])
                reached = due < self.steps
                columns = projection.column[row][reached]
                np.add.at(line, (due[reached], sample, columns), projection.weight[row][reached])

    def gather(
        self,
        pre: str,
        step: int,
        samples: Array,
        neurons: Array,
        runs: Mapping[str, HasSensitivities],
    ) -> Array:
        """What each spike of ``step`` caused: adds gradients of its synapses, gives Σ ∂L/∂t_arr."""
        sent = np.zeros(len(samples))
        for projection in self.projections:
            if projection.program.pre != pre or projection.program.post not in runs:
                continue
            by_weight, by_time = runs[projection.program.post].sensitivity[
                projection.program.receptor
            ]
            for k, (sample, neuron) in enumerate(zip(samples, neurons, strict=True)):
                row = projection.row(neuron)
                due = self.clock.arrival_step(step, projection.delay[row])
                reached = due < self.steps
                at = (due[reached], sample, projection.column[row][reached])
                synapses = np.arange(row.start, row.stop)[reached]
                moved = projection.weight[synapses] * by_time[at]
                projection.weight_gradient[synapses] += by_weight[at]
                projection.time_gradient[synapses] += moved
                sent[k] += moved.sum()
        return sent

    @property
    def sources(self) -> tuple[str, ...]:
        """Source populations with events."""
        return tuple(self._events)
