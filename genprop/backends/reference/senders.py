"""The sender's side of one projection in numpy float64, spike by spike on the grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.lower.delivery import DL_DVALUE
from genprop.lower.given import COST
from genprop.numerics.continuous import free_flow
from genprop.numerics.evaluate import evaluate, execute
from genprop.numerics.matrix import expm

if TYPE_CHECKING:
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.program import SenderProgram

__all__ = ["SenderRun"]

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class _Sent:
    """A spike: the ``stretch`` [steps] that led to it, what is kept of the states at its end."""

    stretch: int
    columns: Mapping[str, Array]
    tangents: Array


class SenderRun:
    """The states of every sample and sending neuron, forwards and then in reverse.

    A spike of step n happens at t_{n+1}. ``gradients`` are per neuron, by local name.
    """

    def __init__(
        self,
        program: SenderProgram,
        parameters: Mapping[str, Array],
        batch: int,
        clock: StepClock,
    ) -> None:
        self.program, self.cell, self._clock = program, program.cell, clock
        parts = program.cell.continuous
        assert parts is not None  # as of every sender
        self._tangents = parts.tangents
        self._found = free_flow(program.cell, parameters)
        size = len(parts.states)
        self._matrix = np.zeros((len(self._found.flow), size + 1, size + 1))
        self._matrix[:, :size] = self._found.flow
        self._over: dict[int, Array] = {}
        start = np.broadcast_to(self._found.start, (program.cell.size, size))
        self._states = np.repeat(start[None], batch, axis=0)
        self._instant = np.zeros((batch, program.cell.size), np.int64)
        self._numbers = {
            q.local: np.broadcast_to(np.asarray(parameters[q.name], float), (program.cell.size,))
            for q in program.cell.parameters
        }
        self._sent: dict[int, list[tuple[int, int, _Sent]]] = {}
        self._adjoints = np.zeros((batch, program.cell.size, len(program.cell.adjoints)))
        self.gradients = {
            q.local: np.zeros(program.cell.size) for q in program.cell.parameters if q.learned
        }

    def send(self, step: int, sample: Array, neuron: Array) -> Array:
        """The values of spikes of ``step``, in order; each moves the states."""
        values = [self._send(step, int(s), int(j)) for s, j in zip(sample, neuron, strict=True)]
        return np.array(values, np.float64)

    def states(self, step: int) -> dict[str, Array]:
        """The states at the end of ``step``, after what happens then: (batch, n) by name."""
        found = np.empty(self._states.shape)
        for sample, neuron in np.ndindex(self._instant.shape):
            at = sample, neuron
            over = self._propagator(step + 1 - int(self._instant[at]), neuron)
            found[at] = over[:-1, :-1] @ self._states[at] + over[:-1, -1]
        return {x: found[:, :, k] for k, x in enumerate(self.cell.states)}

    def _send(self, step: int, sample: int, neuron: int) -> float:
        cell, at = self.cell, (sample, neuron)
        stretch = step + 1 - int(self._instant[at])
        over = self._propagator(stretch, neuron)
        z = over[:-1, :-1] @ self._states[at] + over[:-1, -1]
        values = {name: x[neuron] for name, x in self._numbers.items()}
        values |= dict(zip(cell.states, z, strict=False))
        columns = {a.target: evaluate(a.value, values) for a in cell.spike_tape}
        tangents = np.array([z[t.index] for t in self._tangents])
        self._sent.setdefault(step, []).append((sample, neuron, _Sent(stretch, columns, tangents)))
        value = float(evaluate(self.program.value, values))
        execute(cell.reset, values)
        self._states[at] = 0.0  # tangents begin anew
        self._states[at][: len(cell.states)] = [values[x] for x in cell.states]
        self._instant[at] = step + 1
        return value

    def values(self, step: int) -> Array:
        """What the spikes of ``step`` sent."""
        return np.array(
            [
                float(evaluate(self.program.value, self._before(neuron, sent)))
                for _, neuron, sent in self._sent.get(step, [])
            ]
        )

    def undo(self, step: int, dL_dvalue: Array) -> Array:
        """Back over the spikes of ``step``; what moving each in time costs the states."""
        costs = np.zeros(len(dL_dvalue))
        if not self.cell.active:
            return costs
        for k, (sample, neuron, sent) in reversed([*enumerate(self._sent.get(step, []))]):
            costs[k] = self._undo(sample, neuron, sent, dL_dvalue[k])
        return costs

    def _undo(self, sample: int, neuron: int, sent: _Sent, dL_dvalue: float) -> float:
        cell, at = self.cell, (sample, neuron)
        values = {name: x[neuron] for name, x in self._numbers.items()} | dict(sent.columns)
        values |= dict(zip(cell.adjoints, self._adjoints[at], strict=True))
        values[DL_DVALUE] = np.asarray(dL_dvalue)
        execute(cell.jump, values, lambda name, x: self._accumulate(name, neuron, x))
        p = np.array([values[q] for q in cell.adjoints])
        for t, tangent in zip(self._tangents, sent.tangents, strict=True):
            self._accumulate(t.parameter, neuron, p[t.state] * tangent)
        own = len(cell.states)
        self._adjoints[at] = self._propagator(sent.stretch, neuron)[:own, :own].T @ p
        return float(values[COST])

    def _before(self, neuron: int, sent: _Sent) -> dict[str, Array]:
        columns = zip(self.cell.states, sent.columns.values(), strict=True)
        return {name: x[neuron] for name, x in self._numbers.items()} | dict(columns)

    def _accumulate(self, name: str, neuron: int, value: Array) -> None:
        if name in self.gradients:
            self.gradients[name][neuron] += value

    def _propagator(self, stretch: int, neuron: int) -> Array:
        if stretch not in self._over:
            self._over[stretch] = expm(self._matrix * float(self._clock.instant(stretch)))
        found = self._over[stretch]
        return found[neuron if len(found) > 1 else 0]
