"""Losses and scores, observed on the chip's voltages brought back to the units of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.backends.loihi.chip.emulator import CellRun
    from genprop.lower.program import LossProgram, Program

__all__ = ["Observer"]

Values = Mapping[str, np.ndarray]


class Observer:
    """One loss term over one batch; see :class:`~genprop.lower.program.LossProgram`."""

    def __init__(self, loss: LossProgram, program: Program, inputs: Inputs) -> None:
        self.loss, self._program, self._inputs = loss, program, inputs
        size = program.population(loss.population).size
        self._shape = (inputs.batch, size)
        self._is_label = (np.arange(size) == inputs.labels[:, None]).astype(float)
        self._costs: list[np.ndarray] = []
        start = {"maximum": -np.inf, "first_spike": program.duration}
        self._y = np.full(self._shape, start.get(loss.mode, 0.0))
        self._silent = np.ones(self._shape, bool)

    def observe(self, step: int, run: CellRun, values: Values) -> None:
        """At t_{n+1}; ``values`` are the states before the reset, and the model's numbers."""
        mode = self.loss.mode
        if mode in ("count", "mean_count"):
            self._y[run.spikes.sample, run.spikes.neuron] += 1
        elif mode == "first_spike":
            fired = np.zeros(self._shape, bool)
            fired[run.spikes.sample, run.spikes.neuron] = True
            self._y[fired & self._silent] = (step + 1) * self._program.dt
            self._silent &= ~fired
        else:
            self._watch(step, np.broadcast_to(evaluate(self.loss.value, values), self._shape))

    def finish(self) -> tuple[float, np.ndarray | None]:
        """The mean loss, and the scores (batch, n) where the loss has them."""
        if self.loss.mode == "mean_count":
            self._y = np.broadcast_to(self._y.mean(axis=0), self._shape)
        cost, score = self._cost(self._y, -1)
        if self._costs:
            cost = np.mean(self._costs, axis=0)
        return float(cost.mean()), score

    def _watch(self, step: int, now: np.ndarray) -> None:
        mode, dt = self.loss.mode, self._program.dt
        if mode == "accumulate":
            time = np.asarray((step + 1) * dt)
            duration = np.asarray(self._program.duration)
            weight = evaluate(self.loss.weight, {"t": time, "duration": duration})
            self._y = self._y + weight * dt * now
        elif mode == "final":
            self._y = now
        elif mode == "maximum":
            self._y = np.maximum(self._y, now)
        else:
            self._y = self._y + now / self._program.steps
            self._costs.append(self._cost(now, step)[0])

    def _cost(self, y: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Per sample, and the scores."""
        target = self._inputs.targets
        if target is None:
            target = self._is_label
        elif target.ndim == 3:
            target = target[:, step]
        values: dict[str, np.ndarray] = {"y": y, "is_label": self._is_label, "target": target}
        for reduction in self.loss.reductions:
            each = np.broadcast_to(evaluate(reduction.each, values), y.shape)
            operation = np.max if reduction.operation == "max" else np.sum
            values[reduction.name] = operation(each, axis=-1, keepdims=True)
        total = np.broadcast_to(evaluate(self.loss.total, values), y.shape).sum(axis=-1)
        score = None if self.loss.score is None else evaluate(self.loss.score, values)
        return self.loss.coefficient * total, score
