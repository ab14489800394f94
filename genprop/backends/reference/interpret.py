"""Runs a Program in numpy float64, line by line: what generated code is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.base import Inputs, Outcome, Parameters, Part, mean_terms
from genprop.backends.parts import bounds, branches, joined, samples_of
from genprop.backends.reference.observe import Observer
from genprop.backends.reference.record import Recorder
from genprop.backends.reference.reverse import reverse
from genprop.backends.reference.simulate import simulate
from genprop.backends.reference.wiring import Wiring
from genprop.numerics.update import HostUpdates

if TYPE_CHECKING:
    from genprop.backends.parts import Node
    from genprop.backends.reference.forward import PopulationRun
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.lower.program import PopulationProgram, Program

__all__ = ["Interpreter"]


class Interpreter(HostUpdates):
    """The reference engine; see :class:`~genprop.backends.parts.Divisible`."""

    groups = 16
    dtype: np.dtype[np.floating] = np.dtype(np.float64)

    def __init__(self, program: Program, spec: NetworkSpec, locates: bool = True) -> None:
        super().__init__(program.updates)
        self.program = program if locates else program.without_location
        self.spec, self.locates = spec, locates

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
        wiring = Wiring(self.program, topology, parameters, inputs)
        recorder = Recorder(record, wiring.senders)
        runs, observers = self._forward(wiring, parameters, inputs, recorder)
        return self._outcome(runs, observers, recorder, inputs.batch)

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward: the gradient of the mean loss."""
        outcome, sums = self._sums(parameters, topology, inputs)
        return outcome, self.total(parameters, topology, sums)

    def observations(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> dict[str, np.ndarray]:
        """What the samples gave of losses that see its mean over the batch."""
        if not any(loss.readout.pooled for loss in self.program.losses):
            return {}
        wiring = Wiring(self.program, topology, parameters, inputs)
        _, observers = self._forward(wiring, parameters, inputs, Recorder(()))
        return {o.loss.name: o.buffers.observed() for o in observers if o.readout.pooled}

    def partials(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[Node, dict[str, np.ndarray]]]:
        """The outcome of a part of a batch, and the sums of its branches.

        The groups are run one after another; :meth:`gradients` runs all samples at once, and adds
        in another order.
        """
        part = inputs.part or Part(inputs.batch, 0, self.groups)
        found: list[tuple[Outcome, dict[str, np.ndarray]]] = []
        for low, high in bounds(part, self.groups):
            group = replace(samples_of(inputs, low, high), part=part)
            found.append(self._sums(parameters, topology, group))
        sums = branches(part, [own for _, own in found], self.groups)
        return joined([outcome for outcome, _ in found]), sums

    def total(
        self, parameters: Parameters, topology: Topology, sums: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """The gradients from the sums over all groups."""
        gradients: dict[str, np.ndarray] = {}
        for used in self.spec.parameters():
            if used.learned:
                shape = np.shape(parameters[used.name])
                found = sums.get(used.name, np.zeros(shape))
                each = found.size == np.prod(shape, dtype=int)
                gradients[used.name] = (found if each else found.sum()).reshape(shape)
        return gradients

    def _sums(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward of some samples: what they add, per synapse and neuron."""
        wiring = Wiring(self.program, topology, parameters, inputs)
        recorder = Recorder(())
        runs, observers = self._forward(wiring, parameters, inputs, recorder)
        reverses = reverse(self.program, wiring, runs, observers)
        sums: dict[str, np.ndarray] = {}
        for projection in wiring.projections:
            program = projection.program
            if program.learn_weight:
                sums[program.weight] = projection.gradients["weight"]
            if program.learn_delay:
                sums[program.delay] = projection.gradients["delay"]
            if projection.sender is not None:
                sums |= _learned(projection.sender.cell, projection.sender.gradients)
        for back in reverses.values():
            sums |= _learned(back.program, back.gradients)
        return self._outcome(runs, observers, recorder, inputs.batch), sums

    def _forward(
        self, wiring: Wiring, parameters: Parameters, inputs: Inputs, recorder: Recorder
    ) -> tuple[dict[str, PopulationRun], list[Observer]]:
        observers = [Observer(loss, self.program, inputs) for loss in self.program.losses]
        runs = simulate(self.program, wiring, parameters, inputs, [*observers, recorder])
        for observer in observers:
            observer.finish()
        return runs, observers

    def _outcome(
        self,
        runs: Mapping[str, PopulationRun],
        observers: list[Observer],
        recorder: Recorder,
        batch: int,
    ) -> Outcome:
        values = {o.loss.name: np.asarray(o.final.value) for o in observers}
        terms = mean_terms(values)
        scores = [o.final.score for o in observers if o.final.score is not None]
        return Outcome(
            loss=sum(terms.values()),
            terms=terms,
            scores=scores[0] if scores else None,
            spikes={n: _counts(r) for n, r in runs.items() if r.program.guard is not None},
            recorded=recorder.finish(runs, batch),
            finite=np.logical_and.reduce([run.finite for run in runs.values()]),
            values=values,
        )


def _learned(
    program: PopulationProgram, gradients: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Gradients by flat name."""
    return {used.name: gradients[used.local] for used in program.parameters if used.learned}


def _counts(run: PopulationRun) -> np.ndarray:
    counts = np.zeros(run.shape, np.int32)
    for spikes in run.tape.spikes:
        np.add.at(counts, (spikes.sample, spikes.neuron), 1)
    return counts
