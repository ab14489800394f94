"""The sender's side of synapses, event by event: what each spike sends, and the same in reverse.

Between spikes the states move as those of neurons do, in Taylor pieces; in reverse collocation
carries p over the same pieces, and at a spike the derived adjoint of the sender applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.system import SENT_VALUE
from genprop.backends.reference.exact.cells import CellModel, Cells
from genprop.backends.reference.exact.quadrature import POINTS, WEIGHTS, solve_linear
from genprop.backends.reference.exact.trajectories import Sending, evaluate
from genprop.numerics.callables import jacobian_function, numpy_function

if TYPE_CHECKING:
    from genprop.adjoint.system import SenderAdjoint
    from genprop.equations.system import SenderSystem

__all__ = ["BoundSender", "SenderModel", "SenderReverse", "SenderRun"]


class SenderModel:
    """The functions of one sender's equations, made once per network; its adjoint where it is."""

    def __init__(self, sender: SenderSystem, adjoint: SenderAdjoint | None) -> None:
        self.cell, self.size = CellModel(sender.system), sender.size
        arguments = [*sender.system.states, *self.cell.symbols]
        self.value = numpy_function([sender.value], arguments)
        self.reverse = None if adjoint is None else SenderReverseModel(adjoint)

    def bind(self, parameters: Mapping[str, np.ndarray]) -> BoundSender:
        """The sender with numbers filled in."""
        return BoundSender(self, Cells.bind(self.cell, self.size, parameters))


@dataclass(frozen=True, slots=True)
class BoundSender:
    """A sender with numbers filled in."""

    model: SenderModel
    cells: Cells

    def begin(self) -> SenderRun:
        """At the start of a trial."""
        return SenderRun(self.model, self.cells)


class SenderRun:
    """The sender's side of one projection during one trial."""

    def __init__(self, model: SenderModel, cells: Cells) -> None:
        self.model, self.cells = model, cells
        self._value = model.value
        self._time = np.zeros(cells.size)
        self._states = cells.start.copy()
        self._after = [[(0.0, cells.start[k])] for k in range(cells.size)]

    def send(self, neuron: int, time: float) -> Sending:
        """Let a spike happen: its value is that of the states before the jump."""
        t, x = float(self._time[neuron]), self._states[neuron]
        pieces: list[tuple[float, np.ndarray]] = []
        while t < time:
            pieces.append((t, self.cells.coefficients(neuron, x, False)))
            step = min(self.cells.reach, time - t)
            x = evaluate(pieces[-1][1], step)
            t = min(t + step, time) if step == self.cells.reach else time
        value = float(self._value(*x, *self.cells.theta[:, neuron])[0])
        self._time[neuron], self._states[neuron] = time, self.cells.reset(neuron, x)
        self._after[neuron].append((time, self._states[neuron].copy()))
        return Sending(neuron, time, x, value, pieces)

    def states_at(self, times: np.ndarray) -> np.ndarray:
        """The states at rising ``times`` [ms], after what happens then: (times, n, states)."""
        found = np.empty((len(times), self.cells.size, len(self.cells.model.held)))
        for neuron, after in enumerate(self._after):
            last = np.searchsorted([t for t, _ in after], times, side="right") - 1
            for k, (time, spike) in enumerate(zip(times, last, strict=True)):
                t, x = after[spike]
                found[k, neuron] = self._moved(neuron, x, time - t)
        return found

    def _moved(self, neuron: int, x: np.ndarray, length: float) -> np.ndarray:
        while length > 0:
            step = min(self.cells.reach, length)
            x = evaluate(self.cells.coefficients(neuron, x, False), step)
            length -= step
        return x


class SenderReverseModel:
    """The derived adjoint of one sender as functions of states, parameters, adjoints and c."""

    def __init__(self, adjoint: SenderAdjoint) -> None:
        system = adjoint.sender.system
        adjoints = [adjoint.adjoints[x] for x in system.states]
        parameters = list(system.parameters)
        arguments = [*system.states, *parameters, *adjoints, SENT_VALUE]
        self.names = [system.parameters[s] for s in parameters]
        self.flow = jacobian_function([adjoint.flow[q] for q in adjoints], adjoints, parameters)
        self.transfer = numpy_function([adjoint.transfer[q] for q in adjoints], arguments)
        self.cost = numpy_function([adjoint.cost], arguments)
        zero = SENT_VALUE * 0
        self.over_time = numpy_function(
            [adjoint.parameter_flow.get(s, zero) for s in parameters], arguments
        )
        self.at_spike = numpy_function(
            [adjoint.parameter_jump.get(s, zero) for s in parameters], arguments
        )


class SenderReverse:
    """One trial of a sender in reverse; ``gradients`` are (parameters, n), as ``names`` are."""

    def __init__(self, run: SenderRun) -> None:
        assert run.model.reverse is not None  # as wherever gradients are computed
        self.model, self.run = run.model.reverse, run
        self.names = self.model.names
        self.p = np.zeros_like(run.cells.start)
        self.gradients = np.zeros((len(self.names), run.cells.size))

    def undo(self, sent: Sending) -> float:
        """Back over one spike and the way to it; what moving its time costs the states here.

        The spikes of a neuron come in reverse order, once all their arrivals have been read.
        """
        neuron, theta = sent.neuron, self.run.cells.theta[:, sent.neuron]
        values = (*sent.before, *theta, *self.p[neuron], sent.dL_dvalue)
        cost = float(self.model.cost(*values)[0])
        self.gradients[:, neuron] += self.model.at_spike(*values)
        p = self.model.transfer(*values)
        lengths = -np.diff([sent.time, *(start for start, _ in reversed(sent.pieces))])
        undriven = np.zeros((len(lengths), len(POINTS), len(p)))
        nodes, self.p[neuron] = solve_linear(self.model.flow(*theta), undriven, p, lengths)
        for (_, piece), length, at in zip(reversed(sent.pieces), lengths, nodes, strict=True):
            states = np.array([evaluate(piece, length * (1 - c)) for c in POINTS])
            over = self.model.over_time(*states.T, *theta[:, None], *at.T, 0.0)
            self.gradients[:, neuron] += length * (over @ WEIGHTS)
        return cost
