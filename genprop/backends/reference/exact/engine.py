"""The reference engine of the exact clock: the event-driven solver, run as a backend.

It derives equations and adjoint from the description anew, and has neither steps nor nodes in
common with generated code: what that computes is held by an independent implementation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.derive import derive
from genprop.backends.base import Inputs, Outcome, Parameters, Part, Recorded, mean_terms
from genprop.backends.parts import bounds, branches, joined, samples_of
from genprop.backends.reference.exact.events import EventSimulator
from genprop.equations.analyse import understand
from genprop.numerics.update import HostUpdates

if TYPE_CHECKING:
    from genprop.backends.parts import Node
    from genprop.backends.reference.exact.events import ExactResult
    from genprop.backends.reference.exact.forward import InputSpikes, Trial
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.lower.program import Program

__all__ = ["ExactEngine"]


class ExactEngine(HostUpdates):
    """A network on the exact clock, event by event in numpy float64.

    See :class:`~genprop.backends.parts.Divisible`.
    """

    groups = 16
    dtype: np.dtype[np.floating] = np.dtype(np.float64)

    def __init__(self, program: Program, spec: NetworkSpec) -> None:
        super().__init__(program.updates)
        self.program, self.spec = program, spec
        network = understand(spec)
        self._states = {k: [x.name for x in s.states] for k, s in network.populations.items()}
        self._sending = {k: [x.name for x in s.system.states] for k, s in network.senders.items()}
        self._projections = [p.name for p in spec.projections]
        self._solver = EventSimulator(
            spec,
            network,
            derive(network, spec),
            duration=program.duration,
            dt=program.dt,
        )
        self._pooled = any(loss.readout.pooled for loss in program.losses)

    def reserve(self, batch: int) -> None:
        """Nothing is kept between batches."""

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: Inputs,
        record: tuple[str, ...] = (),
    ) -> Outcome:
        """Forward only."""
        found = self._solve(parameters, topology, inputs, gradient=False)
        outcome = self._outcome(found, inputs.batch)
        return replace(outcome, recorded=self._recorded(found, record))

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward: the gradient of the mean loss."""
        found = self._solve(parameters, topology, inputs, gradient=True)
        return self._outcome(found, inputs.batch), self._learned(found)

    def observations(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> dict[str, np.ndarray]:
        """What the samples gave of losses that see its mean over the batch."""
        if not self._pooled:
            return {}
        found = self._solve(parameters, topology, inputs, gradient=False)
        terms = zip(self.program.losses, found.each, strict=True)
        return {loss.name: each for loss, each in terms if loss.readout.pooled}

    def partials(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[Node, dict[str, np.ndarray]]]:
        """The outcome of a part of a batch, and the gradient that each of its branches adds."""
        part = inputs.part or Part(inputs.batch, 0, self.groups)
        outcomes: list[Outcome] = []
        sums: list[dict[str, np.ndarray]] = []
        for low, high in bounds(part, self.groups):
            group = replace(samples_of(inputs, low, high), part=part)
            found = self._solve(parameters, topology, group, gradient=True)
            outcomes.append(self._outcome(found, group.batch))
            sums.append(self._learned(found))
        return joined(outcomes), branches(part, sums, self.groups)

    def total(
        self, parameters: Parameters, topology: Topology, sums: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """The gradients from the sums over all groups, which they are already."""
        return {p.name: sums[p.name] for p in self.spec.parameters() if p.learned}

    def _solve(
        self, parameters: Parameters, topology: Topology, inputs: Inputs, *, gradient: bool
    ) -> ExactResult:
        means = [None] * len(self.program.losses)
        if inputs.part is not None:
            means = [inputs.part.means.get(loss.name) for loss in self.program.losses]
        return self._solver.solve(
            {name: np.asarray(x, np.float64) for name, x in parameters.items()},
            _trains(inputs),
            inputs.labels,
            inputs.targets,
            gradient=gradient,
            topology=topology,
            whole=inputs.whole,
            means=means,
        )

    def _learned(self, found: ExactResult) -> dict[str, np.ndarray]:
        learned = (p for p in self.spec.parameters() if p.learned)
        return {p.name: found.gradients.get(p.name, np.zeros(p.shape)) for p in learned}

    def _outcome(self, found: ExactResult, batch: int) -> Outcome:
        names = [loss.name for loss in self.program.losses]
        values = dict(zip(names, found.values, strict=True))
        terms = mean_terms(values)
        spiking = [p for p in self.program.populations if p.guard is not None]
        return Outcome(
            loss=sum(terms.values()),
            terms=terms,
            scores=found.scores,
            spikes={p.name: _counts(found.spikes[p.name], p.size) for p in spiking},
            finite=np.ones(batch, bool),  # the solver stops where a state is not
            values=values,
        )

    def _recorded(self, found: ExactResult, record: tuple[str, ...]) -> dict[str, Recorded]:
        times = self.program.clock.instant(np.arange(1, self.program.steps + 1))
        recorded: dict[str, Recorded] = {}
        for name in record:
            owner, what = name.rsplit(".", 1)
            if what == "spikes":
                recorded[name] = [np.stack(s, axis=1) for s in found.spikes[owner]]
            elif owner in self._sending:
                k, q = self._sending[owner].index(what), self._projections.index(owner)
                each = [t.senders[q].states_at(times)[:, :, k] for t in found.trials]
                recorded[name] = np.stack(each)
            else:
                k = self._states[owner].index(what)
                recorded[name] = np.stack([_states(t, owner, times, k) for t in found.trials])
        return recorded


def _trains(inputs: Inputs) -> list[InputSpikes]:
    """Per sample, the spikes of every source in order of time."""
    events = inputs.timed()
    trains: list[InputSpikes] = []
    for k in range(inputs.batch):
        own = {name: slice(int(e.start[k]), int(e.start[k + 1])) for name, e in events.items()}
        trains.append(
            {name: (e.time[own[name]], e.channel[own[name]]) for name, e in events.items()}
        )
    return trains


def _counts(spikes: Sequence[tuple[np.ndarray, np.ndarray]], size: int) -> np.ndarray:
    counts = [np.bincount(neurons, minlength=size) for _, neurons in spikes]
    return np.array(counts, np.int32).reshape(len(spikes), size)


def _states(trial: Trial, population: str, times: np.ndarray, state: int) -> np.ndarray:
    """One state at ``times``, after what happens then: (times, n)."""
    return np.stack([t.at(times)[:, state] for t in trial.trajectories[population]], axis=1)
