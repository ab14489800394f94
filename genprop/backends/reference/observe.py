"""Loss terms while a batch runs: what they observe, cost, and add to the adjoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.numerics.buffers import Buffers
from genprop.numerics.evaluate import evaluate
from genprop.numerics.losses import LossValue, loss_of, one_hot

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.backends.reference.forward import PopulationRun
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.nodes import Expr
    from genprop.lower.program import Program

__all__ = ["Observer"]

Array = np.ndarray
Fired = Mapping[str, tuple[Array, Array]]


class Observer:
    """One loss term over one batch: the statements of its readout, run in order."""

    def __init__(self, loss: LossProgram, program: Program, inputs: Inputs) -> None:
        self.loss, self.program, self.inputs = loss, program, inputs
        self.readout = loss.readout
        size = program.population(loss.population).size
        self.shape = (inputs.batch, size)
        self.is_label = one_hot(inputs.labels, size)
        self.buffers = Buffers(loss.readout, program, self.shape)
        self.tape: list[dict[str, Array]] = []
        self.average = np.zeros(self.shape)
        self.trace: list[LossValue] = []
        self.spike_costs: list[Array] = []
        self._looks_at_arrivals = self.readout.reads("readout.arrived")

    def delivered(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """After delivery at t_n."""
        run = runs[self.loss.population]
        states = run.values
        if self._looks_at_arrivals:
            arrived = np.sum([run.arrived(name, step) for name in run.due], axis=0)
            states = states | {"readout.arrived": arrived}
        values = self.buffers.run(self.readout.delivered, step, states)
        self.tape.append({a.target: evaluate(a.value, values) for a in self.readout.tape_delivered})
        if self.readout.stepwise and step == 0:
            self.start = self._loss(self._seen(run), 0).value

    def observe(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """At t_{n+1}, before the reset."""
        run = runs[self.loss.population]
        values = self.buffers.run(self.readout.observed, step + 1, run.values)
        self.tape[-1] |= {a.target: evaluate(a.value, values) for a in self.readout.tape_observed}
        if self.readout.stepwise:
            self.before = self._seen(run)
            self.average = self.average + self.before / self.program.steps
            self.trace.append(self._loss(self.before, step))

    def fired(self, step: int, runs: Mapping[str, PopulationRun], fired: Fired) -> None:
        """After the resets of t_{n+1}."""
        if self.loss.population not in fired:
            return
        sample, neuron = fired[self.loss.population]
        self.buffers.spiked(step + 1, sample, neuron)
        if self.readout.stepwise:
            self.spike_costs.append(self._fall(step, sample, neuron, runs))

    def finish(self) -> None:
        """Value and ∂L/∂y once every step has run."""
        if not self.readout.stepwise:
            part = self.inputs.part
            mean = None if part is None else part.means.get(self.loss.name)
            self.final = self._loss(self.buffers.y(mean), -1)
            return
        steps = self.program.steps
        inner = np.sum([t.value for t in self.trace], axis=0)
        value = (inner + self.start / 2 - self.trace[-1].value / 2) / steps
        score = self._loss(self.average, -1).score
        self.final = LossValue(value, np.zeros(self.shape), score)

    def drive(
        self, step: int, adjoints: dict[str, Array], numbers: Mapping[str, Array], *, at_end: bool
    ) -> None:
        """Add ∂l/∂x to the adjoints: at t_{n+1} before the reset, or at t_n after delivery."""
        instant = step + 1 if at_end else step
        if self.readout.stepwise and instant == 0:
            return
        values = {**self.buffers.at(instant), **numbers, **self.tape[step]}
        when = self.readout.drive_when
        if at_end and when is not None and not evaluate(when, values):
            return
        values["readout.gradient"] = (
            self.trace[instant - 1].gradient / (2 * self.program.steps)
            if self.readout.stepwise
            else self.final.gradient
        )
        for drive in self.readout.drive if at_end else self.readout.drive_delivered:
            added = evaluate(drive.value, values) / self.inputs.whole
            adjoints[drive.target] = adjoints[drive.target] + added

    def spike_cost(
        self,
        step: int,
        sample: Array,
        neuron: Array,
        columns: Mapping[str, Array],
        numbers: Mapping[str, Array],
    ) -> Array:
        """∂l_p/∂t_k + l⁻ − l⁺ of the spikes of ``step``."""
        if self.readout.stepwise:
            return self.spike_costs[step] / (self.program.duration * self.inputs.whole)
        local = {k: v if v.ndim == 0 else v[neuron] for k, v in numbers.items()}
        return self._at_spikes(self.readout.spike, step, sample, neuron, local | dict(columns))

    def count_gradient(self, step: int, sample: Array, neuron: Array) -> Array:
        """∂L/∂n of the spikes of these neurons, for losses of counts."""
        return self._at_spikes(self.readout.count, step, sample, neuron, {})

    def arrival_costs(
        self, step: int, receptor: str, numbers: Mapping[str, Array]
    ) -> Iterator[Array]:
        """What the readout adds to ∂L/∂t_arr at t_n, per unit weight arriving at ``receptor``."""
        by_receptor = dict(self.readout.arrivals).get(receptor)
        costs = [e for e in (self.readout.arrival, by_receptor) if e is not None]
        if costs:
            values = {**self.buffers.at(step), **numbers, "readout.gradient": self.final.gradient}
            yield from (evaluate(e, values) / self.inputs.whole for e in costs)

    def _at_spikes(
        self,
        e: Expr | None,
        step: int,
        sample: Array,
        neuron: Array,
        known: Mapping[str, Array],
    ) -> Array:
        if e is None:
            return np.zeros(len(sample))
        values = self.buffers.at(step + 1)
        values |= {name: array[sample, neuron] for name, array in self.buffers.arrays.items()}
        values["readout.gradient"] = self.final.gradient[sample, neuron] / self.inputs.whole
        return evaluate(e, {**values, **known})

    def _seen(self, run: PopulationRun) -> Array:
        return np.broadcast_to(evaluate(self.readout.value, run.values), self.shape)

    def _loss(self, y: Array, step: int) -> LossValue:
        targets = self.inputs.targets
        if targets is None:
            target = self.is_label
        else:
            target = targets[:, step] if targets.ndim == 3 else targets
        return loss_of(self.loss, y, self.is_label, target)

    def _fall(
        self, step: int, sample: Array, neuron: Array, runs: Mapping[str, PopulationRun]
    ) -> Array:
        """L⁻ − l⁺ of each spike: the loss with and without this neuron's reset."""
        if len(sample) == 0:
            return np.zeros(0)
        run = runs[self.loss.population]
        at = run.tape.spikes[step].states  # of spikes inside the step; of others, at its end
        assert self.readout.after_reset is not None  # as of every stepwise readout
        states = {**run.local(neuron), **at} if at else run.values
        after, before = (
            evaluate(e, states) for e in (self.readout.after_reset, self.readout.value)
        )
        if not at:
            before, after = (
                self.before[sample, neuron],
                np.broadcast_to(after, self.shape)[sample, neuron],
            )
        costs = np.zeros(len(sample))
        for k, (s, n) in enumerate(zip(sample, neuron, strict=True)):
            values: list[float] = []
            for value in (before, after):
                moved = self.before.copy()
                moved[s, n] = np.broadcast_to(value, sample.shape)[k]
                values.append(float(self._loss(moved, step).value[s]))
            costs[k] = values[0] - values[1]
        return costs
