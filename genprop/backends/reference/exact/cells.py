"""The neurons of a population with numbers filled in: linear flow, guard, reset and arrivals.

Over a time s a linear flow ẋ = A x + b moves a state to x + Σ_k A^{k−1}/k! (A x + b) s^k. The sum
ends at ``ORDER``; pieces are so short (‖A‖ s ≤ 1) that what is left out is below 1e-19.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import UnsupportedError
from genprop.numerics.callables import jacobian_function, numpy_function

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem

__all__ = ["ORDER", "CellModel", "Cells"]

ORDER = 20
"""Degree of the Taylor pieces."""


class CellModel:
    """The functions of one population's equations, made once per network.

    Raises:
        UnsupportedError: when the flow or the guard is not linear in the states.
    """

    def __init__(self, system: HybridSystem) -> None:
        states = list(system.states)
        self.system, self.rising = system, system.rising
        self.symbols = tuple(system.parameters)
        arguments = [*states, *self.symbols]
        flow = [system.flow[x] for x in states]
        _refuse_nonlinear(system)
        guard = [system.guard] if system.guard is not None else []
        self.held = np.array([x in system.held for x in states])
        self.flow = numpy_function(flow, arguments)
        self.jacobian = jacobian_function(flow, states, arguments)
        self.guard = numpy_function(guard, arguments)
        self.guard_gradient = jacobian_function(guard, states, arguments)
        self.reset = numpy_function([system.reset.get(x, x) for x in states], arguments)
        self.initial = numpy_function([system.initial[x] for x in states], arguments)
        self.receptors = {
            receptor.name: numpy_function(
                [receptor.arrival.get(x, x * 0) for x in states], arguments
            )
            for receptor in system.receptors
        }
        self.refractory = (
            None if system.refractory is None else self.symbols.index(system.refractory)
        )

    def values(self, parameters: Mapping[str, np.ndarray], size: int) -> np.ndarray:
        """The parameters in the order of ``symbols``, one column per neuron: (symbols, n)."""
        names = (self.system.parameters[s] for s in self.symbols)
        rows = [np.broadcast_to(np.asarray(parameters[n], float), (size,)) for n in names]
        return np.array(rows).reshape(len(self.symbols), size)


@dataclass(frozen=True, slots=True)
class Cells:
    """A population's neurons: per neuron the linear maps that move its state.

    ``taylor[h]`` is (n, ORDER, S, S), A^{k−1}/k! of the free (h = 0) and the held (h = 1) flow;
    ``matrix[h]`` (n, S, S) [1/ms] and ``drift[h]`` (n, S) are A and b. ``guard`` is (n, S) and
    ``threshold`` (n,), so that g(x) = guard·x + threshold. ``arrival`` maps a receptor to (n, S),
    the jump per unit weight. ``reach`` [ms] is the longest piece.
    """

    model: CellModel
    size: int
    theta: np.ndarray
    start: np.ndarray
    matrix: tuple[np.ndarray, np.ndarray]
    drift: tuple[np.ndarray, np.ndarray]
    taylor: tuple[np.ndarray, np.ndarray]
    guard: np.ndarray | None
    threshold: np.ndarray
    arrival: Mapping[str, np.ndarray]
    refractory: np.ndarray | None
    reach: float

    @classmethod
    def bind(cls, model: CellModel, size: int, parameters: Mapping[str, np.ndarray]) -> Cells:
        """The neurons with these parameters (by flat name)."""
        theta = model.values(parameters, size)
        zero = np.zeros((len(model.held), size))
        at_rest = (*zero, *theta)
        a = np.moveaxis(model.jacobian(*at_rest), -1, 0)
        b = model.flow(*at_rest).T
        held_a = np.where(model.held[:, None], 0.0, a)
        held_b = np.where(model.held, 0.0, b)
        norm = float(np.abs(a).sum(axis=-1).max(initial=1e-3))
        spiking = model.system.guard is not None
        return cls(
            model=model,
            size=size,
            theta=theta,
            start=model.initial(*at_rest).T,
            matrix=(a, held_a),
            drift=(b, held_b),
            taylor=(_taylor(a), _taylor(held_a)),
            guard=model.guard_gradient(*at_rest)[0].T if spiking else None,
            threshold=model.guard(*at_rest)[0] if spiking else np.zeros(size),
            arrival={name: e(*at_rest).T for name, e in model.receptors.items()},
            refractory=None if model.refractory is None else theta[model.refractory],
            reach=1.0 / norm,
        )

    def coefficients(self, neuron: int, x: np.ndarray, held: bool) -> np.ndarray:
        """The Taylor polynomial of the state from ``x`` on: (ORDER + 1, S)."""
        result = np.empty((ORDER + 1, len(x)))
        result[0] = x
        speed = self.matrix[held][neuron] @ x + self.drift[held][neuron]
        result[1:] = self.taylor[held][neuron] @ speed
        return result

    def reset(self, neuron: int, x: np.ndarray) -> np.ndarray:
        """x⁺ = h(x⁻)."""
        return self.model.reset(*x, *self.theta[:, neuron])


def _taylor(a: np.ndarray) -> np.ndarray:
    """A^{k−1}/k! for k = 1 … ORDER: (n, ORDER, S, S)."""
    powers = [np.broadcast_to(np.eye(a.shape[-1]), a.shape)]
    for k in range(2, ORDER + 1):
        powers.append(powers[-1] @ a / k)
    return np.stack(powers, axis=1)


def _refuse_nonlinear(system: HybridSystem) -> None:
    states = set(system.states)
    slopes = [] if system.guard is None else [system.guard.diff(x) for x in system.states]
    curved = any(slope.free_symbols & states for slope in slopes)
    if not system.linear or curved:
        what = "guard" if system.linear else "flow"
        raise UnsupportedError(
            f"the exact solver needs a {what} that is linear in the states",
            where=f"population {system.population}",
            remedy='compile the network with backend="reference" or "native", which step the clock',
        )
