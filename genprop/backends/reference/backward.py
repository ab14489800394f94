"""One population of a Program backward in numpy float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.lower.delivery import RETURNED
from genprop.numerics.evaluate import evaluate, execute

if TYPE_CHECKING:
    from genprop.backends.reference.forward import PopulationRun, Spikes
    from genprop.backends.reference.observe import Observer
    from genprop.lower.nodes import Statement
    from genprop.lower.program import PopulationProgram

__all__ = ["PopulationReverse"]

Array = np.ndarray


class PopulationReverse:
    """One population while time runs backwards: adjoints, sensitivities and parameter gradients."""

    def __init__(self, program: PopulationProgram, run: PopulationRun, steps: int) -> None:
        self.program, self.run = program, run
        self.adjoints = {p: np.zeros(run.shape) for p in program.adjoints}
        self.exposed = {
            r.name: {name: np.zeros((steps, *run.shape)) for name in r.delivery.names}
            for r in program.receptors
        }
        held = program.refractory.held if program.refractory is not None else ()
        pairs = zip(program.states, program.adjoints, strict=True)
        self.held_adjoints = [p for x, p in pairs if x in held]
        self.released = np.zeros(run.shape)
        self.induced_cost = np.zeros(run.shape)
        self.gradients = {p.local: np.zeros(program.size) for p in program.parameters if p.learned}

    def jump(self, step: int, sent: Array, count_gradient: Array) -> None:
        """Across the spikes of step n, backward."""
        if self.program.guard is None:
            return
        spikes = self.run.tape.spikes[step]
        induced = spikes.kick != 0
        self.induced_cost = np.zeros(self.run.shape)
        for chosen, by_arrival in ((~induced, False), (induced, True)):
            k = np.flatnonzero(chosen)
            if k.size:
                self._jump(spikes, k, sent[k], count_gradient[k], by_arrival)

    def _jump(
        self, spikes: Spikes, k: Array, sent: Array, count_gradient: Array, by_arrival: bool
    ) -> None:
        program = self.program
        sample, neuron = spikes.sample[k], spikes.neuron[k]
        values = self.run.local(neuron)
        values |= {name: column[k] for name, column in spikes.columns.items()}
        values |= {p: a[sample, neuron] for p, a in self.adjoints.items()}
        values["sent"] = sent + self.released[sample, neuron]
        self.released[sample, neuron] = 0.0
        jump = program.induced.jump if by_arrival and program.induced else program.jump
        execute(jump, values, lambda name, x: self._accumulate(name, x, neuron))
        if by_arrival:
            self.induced_cost[sample, neuron] = values["induced_cost"] / spikes.kick[k]
        for seed in program.count_jump:
            values[seed.target] = values[seed.target] + count_gradient * evaluate(
                seed.value, values
            )
        for p, adjoint in self.adjoints.items():
            adjoint[sample, neuron] = values[p]

    def propagate(self, step: int) -> None:
        """From t_{n+1} to t_n."""
        program, tape = self.program, self.run.tape
        values = dict(self.run.numbers) | self.adjoints
        values |= {name: states[step] for name, states in tape.states.items()}
        held = tape.held[step]
        if program.refractory is None:
            everyone = np.ones(self.run.shape, bool)
            self._advance(program.backward_step, values, everyone)
            return
        self._advance(program.backward_step, dict(values), ~held)
        self._advance(program.backward_held_step, dict(values), held)

    def _advance(
        self, statements: Sequence[Statement], values: dict[str, Array], where: Array
    ) -> None:
        shape = self.run.shape

        def accumulate(name: str, x: Array) -> None:
            if name in self.gradients:
                masked = np.where(where, np.broadcast_to(x, shape), 0.0)
                self.gradients[name] += masked.sum(axis=0)

        execute(statements, values, accumulate)
        for p in self.adjoints:
            self.adjoints[p] = np.where(where, values[p], self.adjoints[p])

    def release(self, step: int) -> None:
        """Refractory periods that ended at t_n: their release terms go to the spike before."""
        refractory = self.program.refractory
        if refractory is None:
            return
        released = self.run.tape.releases[step]
        sample, neuron = released.sample, released.neuron
        values = self.run.local(neuron) | dict(released.columns)
        values |= {p: a[sample, neuron] for p, a in self.adjoints.items()}
        execute(refractory.backward, values, lambda name, x: self._accumulate(name, x, neuron))
        self.released[sample, neuron] = values["released"]

    def expose(self, step: int, observers: Sequence[Observer]) -> None:
        """What arrivals at the start of step n read; a held state moves for none of them."""
        values = dict(self.run.numbers) | self.adjoints
        values |= {name: states[step] for name, states in self.run.tape.before.items()}
        held = self.run.tape.held[step]
        for p in self.held_adjoints:
            values[p] = np.where(held, 0.0, values[p])
        for receptor in self.program.receptors:
            seen = values | {"arrived": self.run.arrived(receptor.name, step)}
            execute(receptor.delivery.exposed, seen)
            for name, line in self.exposed[receptor.name].items():
                found = np.broadcast_to(seen[name], self.run.shape)
                if name == RETURNED:
                    found = found + self._costs(step, receptor.name, observers)
                if receptor.held:
                    found = np.where(held, 0.0, found)
                if name == RETURNED and self._induces(receptor.name):
                    found = found + self.induced_cost
                line[step] = found

    def _costs(self, step: int, receptor: str, observers: Sequence[Observer]) -> Array:
        """What readouts add to ∂L/∂t of an arrival, per unit weight."""
        total = np.zeros(())
        for observer in observers:
            for cost in observer.arrival_costs(step, receptor, self.run.numbers):
                total = total + cost
        return total

    def _induces(self, receptor: str) -> bool:
        return self.program.induced is not None and self.program.induced.receptor == receptor

    def _accumulate(self, name: str, value: Array, neuron: Array) -> None:
        if name in self.gradients:
            np.add.at(self.gradients[name], neuron, np.broadcast_to(value, neuron.shape))
