"""Losses and scores, observed on the chip's voltages brought back to the units of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.numerics.buffers import Buffers
from genprop.numerics.evaluate import evaluate
from genprop.numerics.losses import one_hot

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.backends.loihi.chip.emulator import CellRun
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import Program

__all__ = ["Observer"]

Values = Mapping[str, np.ndarray]


class Observer:
    """One loss term over one batch, of what can be seen of a chip: the ends of steps."""

    def __init__(self, loss: LossProgram, program: Program, inputs: Inputs) -> None:
        self.loss, self._program, self._inputs = loss, program, inputs
        size = program.population(loss.population).size
        self._shape = (inputs.batch, size)
        self._is_label = one_hot(inputs.labels, size)
        self._buffers = Buffers(loss.readout, program, self._shape)
        self._average = np.zeros(self._shape)
        self._costs: list[np.ndarray] = []

    def observe(self, step: int, run: CellRun, values: Values) -> None:
        """At t_{n+1}; ``values`` are the states before the reset, and the model's numbers."""
        readout = self.loss.readout
        self._buffers.run(readout.sampled, step + 1, values)
        if readout.spikes:
            self._buffers.spiked(step + 1, run.spikes.sample, run.spikes.neuron)
        if readout.stepwise:
            now = np.broadcast_to(evaluate(readout.value, values), self._shape)
            self._average = self._average + now / self._program.steps
            self._costs.append(self._cost(now, step)[0])

    def finish(self) -> tuple[float, np.ndarray | None]:
        """The mean loss, and the scores (batch, n) where the loss has them."""
        stepwise = self.loss.readout.stepwise
        cost, score = self._cost(self._average if stepwise else self._buffers.y(), -1)
        if stepwise:
            cost = np.mean(self._costs, axis=0)
        return float(cost.mean()), score

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
