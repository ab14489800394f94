"""One trial in reverse: the derived adjoint in continuous time, over the events of a forward run.

Between events −ṗ = B p + ∂l/∂x is solved by collocation, at events the derived jumps apply, in
exactly the reverse of the order in which they happened. So an arrival reads the adjoint at its own
time t_k + d, before (in reverse) whatever happened earlier at that instant.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.flow_integrals import FlowIntegrals
from genprop.backends.reference.exact.quadrature import NODES, nodes, solve_linear
from genprop.backends.reference.exact.senders import SenderReverse
from genprop.backends.reference.exact.trajectories import Arrival, Event, Release, Spike, Trajectory
from genprop.backends.reference.exact.undriven import Undriven

if TYPE_CHECKING:
    from genprop.backends.reference.exact.adjoint_cells import AdjointModel
    from genprop.backends.reference.exact.cells import Cells
    from genprop.backends.reference.exact.forward import Trial
    from genprop.backends.reference.exact.maximum import Point
    from genprop.backends.reference.exact.reading import Pull
    from genprop.describe.spec import NetworkSpec

__all__ = ["Reverse"]

_AT_ONCE = 256
"""Stretches that are solved in one go, in a few megabytes."""


@dataclass(slots=True)
class _Neuron:
    """A neuron on its way back: p = ∂L/∂x at its own time ``t``; its flow may kink at ``edges``."""

    population: str
    index: int
    t: float
    p: np.ndarray
    trajectory: Trajectory
    edges: list[float]
    flow: tuple[np.ndarray, np.ndarray]
    undriven: tuple[Undriven, Undriven]
    pulls: Sequence[Pull]


@dataclass(slots=True)
class _Due:
    """What waits in reverse at an event: ∂L/∂t so far, points to read after and before it."""

    sent: float = 0.0
    after: list[tuple[Point, Pull]] = field(default_factory=list)
    before: list[tuple[Point, Pull]] = field(default_factory=list)


class Reverse:
    """Adds one trial's gradients to ``gradients`` (by flat name, in the parameters' shapes).

    Args:
        spec: the network.
        cells: the populations with numbers filled in.
        models: their adjoints.
        trial: the forward run.
        pulls: the loss terms.
        gradients: what is added to.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        cells: Mapping[str, Cells],
        models: Mapping[str, AdjointModel],
        trial: Trial,
        pulls: Sequence[Pull],
        gradients: Mapping[str, np.ndarray],
    ) -> None:
        self.spec, self.cells, self.models = spec, cells, models
        self.trial, self.pulls, self.gradients = trial, pulls, gradients
        self.flat = {name: g.reshape(-1) for name, g in gradients.items()}
        self.due: dict[Event, _Due] = {}
        self.senders = {k: SenderReverse(run) for k, run in trial.senders.items()}
        self.inside: list[tuple[Point, Pull]] = []
        self.integrals = {
            name: FlowIntegrals(c, models[name], trial.trajectories[name])
            for name, c in cells.items()
        }
        self.neurons = {
            name: [self._neuron(name, j) for j in range(c.size)] for name, c in cells.items()
        }
        self._schedule()

    def run(self) -> None:
        """From T down to 0."""
        inside = sorted(self.inside, key=lambda entry: entry[0].time)
        for event in reversed(self.trial.events):
            while inside and inside[-1][0].time >= event.time:
                self._read(*inside.pop())
            neuron = self.neurons[event.population][event.neuron]
            self._retreat(neuron, event.time)
            due = self._due(event)
            for point, pull in due.after:
                self._add_point(neuron, point, pull)
            due.sent += self.loss_across(event) + self.kink(due)
            self._act(neuron, event, due.sent)
            for point, pull in due.before:
                self._add_point(neuron, point, pull)
        while inside:
            self._read(*inside.pop())
        for population in self.neurons.values():
            for neuron in population:
                self._retreat(neuron, 0.0)
        for integrals in self.integrals.values():
            for name, rows in integrals.totals():
                self._add_rows(name, rows)
        self._undo_sent(None)
        for sender in self.senders.values():
            for name, rows in zip(sender.names, sender.gradients, strict=True):
                self._add_rows(name, rows)

    def loss_across(self, event: Event) -> float:
        """l⁻ − l⁺: what a later event costs of the running loss."""
        return sum(
            pull.across(event)
            for pull in self.pulls
            if pull.across is not None and pull.population == event.population
        )

    def kink(self, due: _Due) -> float:
        """A value read at an event moves with it."""
        return sum(point.strength * point.slope for point, _ in (*due.before, *due.after))

    def arrival(self, neuron: _Neuron, event: Arrival, sent: float) -> None:
        """dL/dw and dL/dd; the spike that was sent gets the same ∂L/∂t as the delay."""
        model, projection = self.models[event.population], self.spec.projections[event.projection]
        p = np.where(model.held, 0.0, neuron.p) if event.held else neuron.p
        values = self._arguments(neuron, event.before, p, 0.0)
        amount = event.weight * event.value
        weight, moved = model.arrival[projection.receptor](*values).tolist()
        time = amount * moved + sent
        self._add(projection.weight.name, event.synapse, event.value * weight)
        if event.sending is not None:
            event.sending.dL_dvalue += event.weight * weight
        if projection.delay is not None:
            self._add(projection.delay.name, event.synapse, time)
        if event.cause is not None:
            self._due(event.cause).sent += time

    def spike(self, neuron: _Neuron, event: Spike, sent: float) -> None:
        """The jump of p; where an arrival induced the spike, its time is the spike's."""
        model = self.models[event.population]
        sent += self._undo_sent(event)
        values = self._arguments(neuron, event.before, neuron.p, sent)
        terms = model.at_jump if event.inducer is None else model.at_induced
        for name, value in terms(*values):
            self._add(name, neuron.index, float(value))
        if event.inducer is None:
            neuron.p = model.jump(*values)
        else:
            neuron.p = model.transfer(*values)
            self._due(event.inducer).sent += float(model.induced_cost(*values)[0])
        for pull in self.pulls:
            if pull.count is not None and pull.population == event.population:
                neuron.p = neuron.p + model.count(*values) * pull.count[neuron.index]

    def release(self, neuron: _Neuron, event: Release, sent: float) -> None:
        """The release moves with its spike, and with the refractory time."""
        model = self.models[event.population]
        values = self._arguments(neuron, event.before, neuron.p, 0.0)
        self._due(event.spike).sent += float(model.release(*values)[0]) + sent
        for name, value in model.at_release(*values):
            self._add(name, neuron.index, float(value) + sent)

    def _undo_sent(self, cause: Spike | None) -> float:
        """Back over a spike on the sender's side; what moving its time costs there."""
        sent = self.trial.sent.get(cause, ())
        return sum(self.senders[k].undo(sending) for k, sending in reversed(sent))

    def _act(self, neuron: _Neuron, event: Event, sent: float) -> None:
        if isinstance(event, Arrival):
            self.arrival(neuron, event, sent)
        elif isinstance(event, Spike):
            self.spike(neuron, event, sent)
        else:
            self.release(neuron, event, sent)

    def _retreat(self, neuron: _Neuron, time: float) -> None:
        """Carry p back to ``time``, and integrate p·∂f/∂θ over the stretches between edges."""
        while neuron.t > time:
            self._retreat_within(neuron, *_bounds(neuron, time))

    def _retreat_within(self, neuron: _Neuron, held: bool, bounds: np.ndarray) -> None:
        """Carry p back over stretches that are all ``held`` or all free."""
        downwards = bounds[::-1]
        lengths = downwards[:-1] - downwards[1:]
        densities = [(pull.density, pull.direction) for pull in neuron.pulls if pull.density]
        if densities:
            times, _ = nodes(downwards[:-1], downwards[1:])
            drive = sum(d(neuron.index, times)[:, None] * direction for d, direction in densities)
            drive = np.reshape(drive, (len(lengths), NODES, len(neuron.p)))
            p, neuron.p = solve_linear(neuron.flow[held], drive, neuron.p, lengths)
        else:
            p, neuron.p = neuron.undriven[held].solve(neuron.p, lengths)
        neuron.t = float(bounds[0])
        if p.any():
            self.integrals[neuron.population].add(neuron.index, held, downwards, p)

    def _schedule(self) -> None:
        """Sort what the readouts pull on by the event at which it acts."""
        for pull in self.pulls:
            for spike, value in pull.sent.items():
                self._due(spike).sent += value
            for point in pull.points:
                if point.event is None:
                    self.inside.append((point, pull))
                elif point.before:
                    self._due(point.event).before.append((point, pull))
                else:
                    self._due(point.event).after.append((point, pull))

    def _read(self, point: Point, pull: Pull) -> None:
        neuron = self.neurons[pull.population][point.neuron]
        self._retreat(neuron, point.time)
        self._add_point(neuron, point, pull)

    def _add_point(self, neuron: _Neuron, point: Point, pull: Pull) -> None:
        neuron.p = neuron.p + point.strength * pull.direction

    def _due(self, event: Event) -> _Due:
        return self.due.setdefault(event, _Due())

    def _arguments(
        self, neuron: _Neuron, x: np.ndarray, p: np.ndarray, sent: float
    ) -> tuple[float, ...]:
        theta = self.cells[neuron.population].theta[:, neuron.index]
        return (*x, *theta, *p, sent)

    def _add(self, name: str, index: int, value: float) -> None:
        flat = self.flat[name]
        flat[index if len(flat) > 1 else 0] += value

    def _add_rows(self, name: str, rows: np.ndarray) -> None:
        self.flat[name] += rows if len(self.flat[name]) > 1 else rows.sum()

    def _neuron(self, population: str, index: int) -> _Neuron:
        trajectory = self.trial.trajectories[population][index]
        pulls = [pull for pull in self.pulls if pull.population == population]
        breaks = [pull.breaks for pull in pulls]
        cells, model = self.cells[population], self.models[population]
        theta = cells.theta[:, index]
        flow = model.flow[0](*theta), model.flow[1](*theta)
        return _Neuron(
            population=population,
            index=index,
            t=self.trial.duration,
            p=np.zeros(len(model.held)),
            trajectory=trajectory,
            edges=np.unique(np.concatenate([[0.0], trajectory.starts, *breaks])).tolist(),
            flow=flow,
            undriven=(Undriven(flow[0]), Undriven(flow[1])),
            pulls=pulls,
        )


def _bounds(neuron: _Neuron, time: float) -> tuple[bool, np.ndarray]:
    """Whether the neuron is held just before its own time, and where stretches like that end.

    They go up to its own time, and down to ``time`` or until there are ``_AT_ONCE``.
    """
    last = bisect_left(neuron.edges, neuron.t)
    first = bisect_right(neuron.edges, time)
    found = [time, *neuron.edges[first:last], neuron.t][-_AT_ONCE - 1 :]
    trajectory = neuron.trajectory

    def held(k: int) -> bool:
        middle = 0.5 * (found[k] + found[k + 1])
        return trajectory.held[bisect_right(trajectory.starts, middle) - 1]

    lowest = len(found) - 2
    now = held(lowest)
    while lowest > 0 and held(lowest - 1) == now:
        lowest -= 1
    return now, np.array(found[lowest:])
