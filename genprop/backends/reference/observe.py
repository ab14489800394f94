"""Loss terms while a batch runs: what they observe, cost, and add to the adjoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.losses import LossValue, loss_of
from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.backends.reference.forward import PopulationRun
    from genprop.lower.program import LossProgram, Program

__all__ = ["Observer"]

Array = np.ndarray
Fired = Mapping[str, tuple[Array, Array]]


class Observer:
    """One loss term over one batch."""

    def __init__(self, loss: LossProgram, program: Program, inputs: Inputs) -> None:
        self.loss, self.program, self.inputs = loss, program, inputs
        size = program.population(loss.population).size
        self.shape = (inputs.batch, size)
        self.is_label = (np.arange(size) == inputs.labels[:, None]).astype(float)
        self.y = np.zeros(self.shape)
        self.best_step = np.full(self.shape, -1)
        self.kink = np.zeros(self.shape)
        self.rising = np.zeros(self.shape)
        self.first = np.full(self.shape, -1)
        self.count = np.zeros(self.shape)
        self.trace: list[LossValue] = []
        self.spike_costs: list[Array] = []
        if loss.mode == "maximum":
            self.y = np.full(self.shape, -np.inf)
        if loss.mode == "first_spike":
            self.y = np.full(self.shape, program.duration)

    def delivered(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """After delivery at t_n: half a step of an integral; a maximum that an arrival turned."""
        run = runs[self.loss.population]
        now = np.broadcast_to(evaluate(self.loss.value, run.values), self.shape)
        if self.loss.mode == "accumulate":
            self.y = self.y + self._weight(step) * self.program.dt / 2 * now
        if self.loss.mode == "trace" and step == 0:
            self.start = self._loss(now, 0).value
        if self.loss.mode != "maximum" or step == 0:
            return
        falling = np.broadcast_to(evaluate(self.loss.slope, run.values), self.shape) < 0
        total = np.sum([line[step] for line in run.arrivals.values()], axis=0)
        turned = (self.best_step == step - 1) & (self.rising > 0) & falling & (total != 0)
        self.kink = np.where(turned, self.rising / np.where(turned, total, 1.0), self.kink)

    def observe(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """At t_{n+1}, before the reset."""
        loss, run = self.loss, runs[self.loss.population]
        now = np.broadcast_to(evaluate(loss.value, run.values), self.shape)
        if loss.mode == "accumulate":
            self.y = self.y + self._weight(step + 1) * self.program.dt / 2 * now
        elif loss.mode == "final":
            self.y = now
        elif loss.mode == "maximum":
            better = now > self.y
            slope = np.broadcast_to(evaluate(loss.slope, run.values), self.shape)
            self.y = np.where(better, now, self.y)
            self.best_step = np.where(better, step, self.best_step)
            self.rising = np.where(better, slope, self.rising)
            self.kink = np.where(better, 0.0, self.kink)
        elif loss.mode == "trace":
            self.y = self.y + now / self.program.steps
            self.trace.append(self._loss(now, step))
            self.before = now

    def fired(self, step: int, runs: Mapping[str, PopulationRun], fired: Fired) -> None:
        """After the resets of t_{n+1}."""
        if self.loss.population not in fired:
            return
        sample, neuron = fired[self.loss.population]
        self.count[sample, neuron] += 1
        at_threshold = self.best_step[sample, neuron] == step
        self.best_step[sample[at_threshold], neuron[at_threshold]] = -2
        new = self.first[sample, neuron] < 0
        self.first[sample[new], neuron[new]] = step
        if self.loss.mode == "first_spike":
            self.y[sample[new], neuron[new]] = (step + 1) * self.program.dt
        if self.loss.mode == "trace":
            self.spike_costs.append(self._fall(step, sample, neuron, runs))

    def finish(self) -> None:
        """Value and ∂L/∂y once every step has run."""
        if self.loss.mode == "count":
            self.y = self.count
        if self.loss.mode == "mean_count":
            self.y = np.broadcast_to(self.count.mean(axis=0), self.shape)
        if self.loss.mode == "trace":
            steps = self.program.steps
            inner = np.sum([t.value for t in self.trace], axis=0)
            value = (inner + self.start / 2 - self.trace[-1].value / 2) / steps
            self.final = LossValue(value, np.zeros(self.shape), self._loss(self.y, -1).score)
        else:
            self.final = self._loss(self.y, -1)

    def drive(
        self, step: int, adjoints: dict[str, Array], states: Mapping[str, Array], *, at_end: bool
    ) -> None:
        """Add ∂l/∂x to the adjoints: at t_{n+1} before the reset, or at t_n after delivery."""
        gradient = self._drive_at_end(step) if at_end else self._drive_at_start(step)
        if gradient is None:
            return
        for seed in self.loss.seed:
            factor = evaluate(seed.value, states)
            adjoints[seed.target] = adjoints[seed.target] + gradient * factor / self.inputs.batch

    def _drive_at_start(self, step: int) -> Array | None:
        if self.loss.mode == "accumulate":
            return self.final.gradient * self._weight(step) * self.program.dt / 2
        if self.loss.mode == "trace" and step > 0:
            return self.trace[step - 1].gradient / (2 * self.program.steps)
        return None

    def _drive_at_end(self, step: int) -> Array | None:
        mode, gradient = self.loss.mode, self.final.gradient
        if mode == "accumulate":
            return gradient * self._weight(step + 1) * self.program.dt / 2
        if mode == "final":
            return gradient if step == self.program.steps - 1 else None
        if mode == "maximum":
            return gradient * (self.best_step == step)
        if mode == "trace":
            return self.trace[step].gradient / (2 * self.program.steps)
        return None

    def spike_cost(
        self,
        step: int,
        sample: Array,
        neuron: Array,
        columns: Mapping[str, Array],
        numbers: Mapping[str, Array],
    ) -> Array:
        """∂l_p/∂t_k + l⁻ − l⁺ of the spikes of ``step``."""
        mode, gradient = self.loss.mode, self.final.gradient[sample, neuron] / self.inputs.batch
        if mode == "first_spike":
            return gradient * (self.first[sample, neuron] == step)
        if mode == "trace":
            return self.spike_costs[step] / (self.program.duration * self.inputs.batch)
        if mode == "accumulate":
            local = {k: v if v.ndim == 0 else v[neuron] for k, v in numbers.items()}
            change = evaluate(self.loss.spike_change, local | dict(columns))
            return gradient * self._weight(step + 1) * change
        return np.zeros(len(sample))

    def count_gradient(self, sample: Array, neuron: Array) -> Array | None:
        """∂L/∂n of the spikes of these neurons, for losses of counts."""
        if self.loss.mode not in ("count", "mean_count"):
            return None
        return self.final.gradient[sample, neuron] / self.inputs.batch

    def kick(self, step: int) -> Array | None:
        """What a kink of the maximum at t_n adds to ∂L/∂t_arr per unit weight arriving."""
        if self.loss.mode != "maximum":
            return None
        at = (self.best_step == step - 1) & (self.kink != 0)
        return np.where(at, self.final.gradient * self.kink / self.inputs.batch, 0.0)

    def arrival_cost(self, step: int, port: str, numbers: Mapping[str, Array]) -> Array | None:
        """l⁻ − l⁺ per unit weight arriving at t_n, where it moves what is observed at once."""
        change = dict(self.loss.arrival_changes).get(port)
        if change is None:
            return None
        weight = self._weight(step)
        return -self.final.gradient * weight * evaluate(change, numbers) / self.inputs.batch

    def _weight(self, instant: int) -> Array:
        """The weight of t_n, n being ``instant``, in the integral observed."""
        time = np.asarray(instant * self.program.dt)
        return evaluate(
            self.loss.weight, {"t": time, "duration": np.asarray(self.program.duration)}
        )

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
        """l⁻ − l⁺ of each spike: the loss with and without this neuron's reset."""
        after = np.broadcast_to(
            evaluate(self.loss.after_reset, runs[self.loss.population].values), self.shape
        )
        costs = np.zeros(len(sample))
        for k, (s, n) in enumerate(zip(sample, neuron, strict=True)):
            moved = self.before.copy()
            moved[s, n] = after[s, n]
            costs[k] = self.trace[step].value[s] - self._loss(moved, step).value[s]
        return costs
