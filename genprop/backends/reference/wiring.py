"""Who is connected to whom: sending spikes forward, reading adjoints in reverse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.backends.reference.senders import SenderRun
from genprop.lower.delivery import LATE, VALUE, WEIGHT
from genprop.numerics.evaluate import evaluate, execute

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.describe.topology import Synapses, Topology
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.delivery import Delivery
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["Projection", "Wiring"]

Array = np.ndarray
Values = dict[str, np.ndarray]


class HasSlots(Protocol):
    """A population with delay buffers: ``due[receptor][slot]`` is (steps, batch, n)."""

    due: dict[str, dict[str, Array]]


class HasExposed(Protocol):
    """A population in reverse: ``exposed[receptor][name]`` is (steps, batch, n)."""

    exposed: dict[str, dict[str, Array]]


class Projection:
    """One projection with a batch's weights and rounded delays; row i is of neuron i."""

    def __init__(
        self,
        program: ProjectionProgram,
        delivery: Delivery,
        synapses: Synapses,
        parameters: Mapping[str, Array],
        clock: StepClock,
    ) -> None:
        self.program, self.delivery, self.clock = program, delivery, clock
        self.row_start, self.column = synapses.compressed()
        self.weight = np.asarray(parameters[program.weight], np.float64).ravel()
        self.late = np.zeros(self.weight.size)
        self.delay = np.zeros(self.weight.size, np.int32)
        if program.delay:
            delay = np.asarray(parameters[program.delay], np.float64).ravel()
            self.delay = clock.delay_steps(delay, program.max_delay_steps)
            self.late = clock.lateness(delay)
        self.gradients = {a.target: np.zeros(self.weight.size) for a in delivery.gradients}
        self.sender: SenderRun | None = None

    def arrivals(self, neuron: Array, step: int, value: Array) -> tuple[Array, Array, Values]:
        """The synapses of ``neuron`` that a spike of ``step`` reaches, when, and what they read."""
        row = np.arange(int(self.row_start[neuron]), int(self.row_start[neuron + 1]))
        due = self.clock.arrival_step(step, self.delay[row])
        reached = due < self.clock.steps
        synapses = row[reached]
        values = {
            WEIGHT: self.weight[synapses],
            VALUE: value,
            LATE: self.late[synapses],
        }
        return synapses, due[reached], values


class Wiring:
    """Every projection of a batch, and the input events by step."""

    def __init__(
        self, program: Program, topology: Topology, parameters: Mapping[str, Array], inputs: Inputs
    ) -> None:
        self.projections = [
            Projection(p, program.delivery(p), topology[p.name], parameters, program.grid)
            for p in program.projections
        ]
        for q in self.projections:
            if (sender := program.sender(q.program.name)) is not None:
                q.sender = SenderRun(sender, parameters, inputs.batch, program.grid)
        self._events: dict[str, list[tuple[Array, Array, Array]]] = {}
        for name, events in inputs.on(program.grid).items():
            sample = np.repeat(np.arange(inputs.batch), np.diff(events.start))
            value = np.ones(len(events.step)) if events.value is None else events.value
            by_step = [np.flatnonzero(events.step == n) for n in range(program.steps)]
            self._events[name] = [(sample[k], events.channel[k], value[k]) for k in by_step]

    @property
    def senders(self) -> dict[str, SenderRun]:
        """The sender's side of every projection that has one."""
        return {q.program.name: q.sender for q in self.projections if q.sender is not None}

    def events(self, source: str, step: int) -> tuple[Array, Array, Array]:
        """Samples, channels and values of the input events of ``step``."""
        return self._events[source][step]

    def send(
        self,
        pre: str,
        step: int,
        spikes: tuple[Array, ...],
        runs: Mapping[str, HasSlots],
    ) -> None:
        """Spikes of ``step`` (samples, neurons, values or none) go out to where they arrive."""
        for q in self.projections:
            if q.program.pre != pre:
                continue
            slots = runs[q.program.post].due[q.program.receptor]
            sent = None if q.sender is None else q.sender.send(step, spikes[0], spikes[1])
            for sample, neuron, value in _each(spikes, sent):
                synapses, due, values = q.arrivals(neuron, step, value)
                at = (due, sample, q.column[synapses])
                for line in q.delivery.deposits:
                    np.add.at(slots[line.target], at, evaluate(line.value, values))

    def gather(
        self,
        pre: str,
        step: int,
        spikes: tuple[Array, ...],
        runs: Mapping[str, HasExposed],
    ) -> Array:
        """What each spike of ``step`` caused: adds gradients of its synapses, gives Σ ∂L/∂t_arr."""
        sent = np.zeros(len(spikes[0]))
        for q in self.projections:
            if q.program.pre != pre or q.program.post not in runs:
                continue
            exposed = runs[q.program.post].exposed[q.program.receptor]
            factor = None if q.sender is None else q.sender.values(step)
            by_value = np.zeros(len(sent))
            for k, (sample, neuron, value) in enumerate(_each(spikes, factor)):
                synapses, due, values = q.arrivals(neuron, step, value)
                at = (due, sample, q.column[synapses])
                values |= {name: line[at] for name, line in exposed.items()}
                sums = dict.fromkeys(q.delivery.sums, np.zeros(())) | values
                execute(q.delivery.gathered, sums)
                for gradient in q.delivery.gradients:  # linear in the sums, so arrival by arrival
                    q.gradients[gradient.target][synapses] += evaluate(gradient.value, sums)
                for line in q.delivery.returned:
                    sent[k] += evaluate(line.value, values).sum()
                for line in q.delivery.valued:
                    by_value[k] += evaluate(line.value, values).sum()
            if q.sender is not None:
                carried = spikes[2] if len(spikes) > 2 else np.ones(len(sent))
                sent += q.sender.undo(step, carried * by_value)
        return sent

    @property
    def sources(self) -> tuple[str, ...]:
        """Source populations with events."""
        return tuple(self._events)


def _each(spikes: tuple[Array, ...], sent: Array | None) -> zip[tuple[Array, Array, Array]]:
    """Sample, neuron and value of each spike: what it carries (else 1) times what was sent."""
    samples, neurons, *values = spikes
    value: Array = values[0] if values else np.ones(len(samples))
    return zip(samples, neurons, value if sent is None else value * sent, strict=True)
