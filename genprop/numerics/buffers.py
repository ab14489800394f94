"""What a readout keeps of a batch, in numpy: its statements run on arrays (samples, neurons)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.numerics.evaluate import evaluate, execute

if TYPE_CHECKING:
    from genprop.lower.loss_program import ReadoutProgram
    from genprop.lower.nodes import Statement
    from genprop.lower.program import Program

__all__ = ["Buffers"]

Array = np.ndarray


class Buffers:
    """The buffers of one readout over one batch."""

    def __init__(self, readout: ReadoutProgram, program: Program, shape: tuple[int, int]) -> None:
        self.readout, self.shape = readout, shape
        self._clock, self._duration = program.clock, np.asarray(program.duration)
        fixed = {"duration": self._duration}
        self.arrays: dict[str, Array] = {
            b.name: np.broadcast_to(evaluate(b.initial, fixed), shape) for b in readout.buffers
        }

    def run(
        self, statements: Iterable[Statement], instant: int, states: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Run statements at t_n, n being ``instant``; gives all that they knew and assigned."""
        values = dict(states) | self.at(instant)
        with np.errstate(divide="ignore", invalid="ignore"):  # of cases that are not chosen
            execute(statements, values)
        self.arrays = {name: np.broadcast_to(values[name], self.shape) for name in self.arrays}
        return values

    def spiked(self, instant: int, sample: Array, neuron: Array) -> None:
        """Run the statements of a spike for those who spiked at t_n, n being ``instant``.

        Who spiked several times is named several times.
        """
        while sample.size:
            _, first = np.unique(sample * self.shape[1] + neuron, return_index=True)
            self._spiked_once(instant, sample[first], neuron[first])
            sample, neuron = np.delete(sample, first), np.delete(neuron, first)

    def _spiked_once(self, instant: int, sample: Array, neuron: Array) -> None:
        values = self.at(instant)
        values |= {name: array[sample, neuron] for name, array in self.arrays.items()}
        execute(self.readout.spiked, values)
        for name, array in self.arrays.items():
            moved = array.copy()
            moved[sample, neuron] = values[name]
            self.arrays[name] = moved

    def at(self, instant: int) -> dict[str, Array]:
        """The buffers, and the numbers of an instant."""
        values = self.arrays | {
            "readout.instant": np.asarray(instant),
            "readout.last": np.asarray(self._clock.steps),
        }
        if self.readout.weight is not None:
            fixed = {"t": self._clock.instant(instant), "duration": self._duration}
            values["readout.weight"] = evaluate(self.readout.weight, fixed)
        return values

    def observed(self) -> Array:
        """Y of every sample at the end of the trial (samples, neurons)."""
        assert self.readout.y is not None  # a stepwise readout has none
        y = evaluate(self.readout.y, self.arrays | {"duration": self._duration})
        return np.broadcast_to(np.asarray(y, float), self.shape)

    def y(self, mean: Array | None = None) -> Array:
        """What the loss sees; ``mean`` is that of the whole batch, where these are a part of it."""
        y = self.observed()
        if not self.readout.pooled or not y.size:
            return y
        return np.broadcast_to(y.mean(axis=0) if mean is None else mean, self.shape)
