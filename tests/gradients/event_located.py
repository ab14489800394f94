"""Neurons by scipy's integrator with event location: an oracle that shares equations alone.

No step of ours, no adjoint: :func:`scipy.integrate.solve_ivp` integrates from arrival to arrival,
finds where g = 0 by its dense output, and resets there. Gradients are central differences of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np
import sympy
from scipy.integrate import solve_ivp

from genprop.equations.analyse import understand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from genprop.describe.spec import NetworkSpec

__all__ = ["EventLocated", "Trajectory", "difference"]

_MATH = {"exp": lambda x: exp(min(x, 700.0))}  # of trial steps that are rejected
TOLERANCE = 1e-11
Parameters = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """What one neuron did: its spike times [ms], and its states at the end by name."""

    spikes: np.ndarray
    end: Mapping[str, float]


class EventLocated:
    """One population's neurons, each by itself, driven by given arrivals."""

    def __init__(self, spec: NetworkSpec, population: str) -> None:
        system = understand(spec).populations[population]
        self.system = system
        states, parameters = list(system.states), list(system.parameters)
        self.names = [system.parameters[s] for s in parameters]

        def function(expressions: Sequence[sympy.Expr]) -> Callable[..., list[float]]:
            return sympy.lambdify([states, parameters], list(expressions), modules=[_MATH, "math"])

        self.flow = function([system.flow[x] for x in states])
        self.held = function([system.held_flow[x] for x in states])
        self.guard = function([system.guard if system.guard is not None else sympy.Integer(-1)])
        self.reset = function([system.reset.get(x, x) for x in states])
        self.initial = function([system.initial[x] for x in states])
        self.jump = {
            r.name: function([r.arrival.get(x, sympy.Integer(0)) for x in states])
            for r in system.receptors
        }
        refractory = system.refractory
        self.refractory = function([refractory if refractory is not None else sympy.Integer(0)])

    def run(
        self,
        parameters: Parameters,
        neuron: int,
        arrivals: Sequence[tuple[float, str, float]],
        duration: float,
    ) -> Trajectory:
        """The neuron's trial; ``arrivals`` are times [ms], receptors and weights."""
        given = [
            float(np.ravel(parameters[n])[neuron if np.ndim(parameters[n]) else 0])
            for n in self.names
        ]
        x = np.array(self.initial([0.0] * len(self.system.states), given), float)
        spikes: list[float] = []
        now, free_at = 0.0, 0.0
        for time, receptor, weight in [*sorted(arrivals), (duration, "", 0.0)]:
            while now < time:
                x, now, free_at = self._advance(x, now, min(time, duration), free_at, given, spikes)
            if receptor and time < duration:
                x = x + weight * np.array(self.jump[receptor](list(x), given), float)
        return Trajectory(
            np.array(spikes), dict(zip([s.name for s in self.system.states], x, strict=True))
        )

    def _advance(
        self,
        x: np.ndarray,
        now: float,
        until: float,
        free_at: float,
        given: list[float],
        spikes: list[float],
    ) -> tuple[np.ndarray, float, float]:
        """To ``until``, the end of a refractory period or a spike, whatever comes first."""
        if now < free_at:
            end = min(until, free_at)
            return self._solve(self.held, x, now, end, given, None)[0], end, free_at
        x, end, spiked = self._solve(self.flow, x, now, until, given, self.guard)
        if spiked:
            spikes.append(end)
            x = np.array(self.reset(list(x), given), float)
            free_at = end + self.refractory(list(x), given)[0]
        return x, end, free_at

    def _solve(
        self,
        flow: Callable[..., list[float]],
        x: np.ndarray,
        now: float,
        until: float,
        given: list[float],
        guard: Callable[..., list[float]] | None,
    ) -> tuple[np.ndarray, float, bool]:
        def crossed(_: float, y: np.ndarray) -> float:
            return guard(y, given)[0] if guard is not None else -1.0

        crossed.terminal, crossed.direction = True, 1.0  # type: ignore[attr-defined]
        found = solve_ivp(
            lambda _, y: flow(y, given), (now, until), x, method="DOP853",
            rtol=TOLERANCE, atol=TOLERANCE, events=crossed if guard else None,
        )  # fmt: skip
        assert found.success, found.message
        return found.y[:, -1], float(found.t[-1]), found.status == 1


def difference(
    value: Callable[[Parameters], float], parameters: Parameters, name: str, index: int
) -> float:
    """The central difference of ``value`` in one entry."""
    base = np.array(parameters[name], float)
    step = 1e-5 * max(1.0, abs(float(base.ravel()[index])))

    def at(shift: float) -> float:
        moved = base.copy().ravel()
        moved[index] += shift
        return value({**parameters, name: moved.reshape(base.shape)})

    return (at(step) - at(-step)) / (2 * step)
