"""A population as a node of NIR, recognised by what its Program does, whatever its names are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.mapping.affine import (
    Affine,
    NotAffineError,
    affine,
    after,
    arrival_gains,
)
from genprop.errors import UnsupportedError
from genprop.interchange.nir_file import Node
from genprop.numerics.constants import numbers
from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram
    from genprop.runtime.simulator import Simulator

__all__ = ["SECONDS", "Cell", "nir_neuron"]

SECONDS = 1e-3
"""Per ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A population as a node, or None and what NIR has no place for.

    ``bias`` (n,) is what must reach the node at all times, 0 where nothing does.
    """

    node: Node | None
    bias: np.ndarray
    findings: list[UnsupportedError]


def nir_neuron(population: PopulationProgram, sim: Simulator, area: float) -> Cell:
    """A population; ``area`` [s] is that of a spike's pulse."""
    look = _Look(population, sim, area)
    node = look.node()
    return Cell(node, np.broadcast_to(look.bias, population.size), look.findings)


class _Look:
    """One look at one population, collecting what NIR has no place for."""

    def __init__(self, population: PopulationProgram, sim: Simulator, area: float) -> None:
        self.population, self._area = population, area
        self._numbers = numbers(population, sim.arrays(), sim.dt)
        self.bias = np.zeros(())
        self.findings: list[UnsupportedError] = []

    def node(self) -> Node | None:
        """The node, or None where there were findings."""
        population = self.population
        if population.refractory is not None:
            self._find("has a refractory period", "tau_ref=0*ms")
        start = after(population.initial, population.states, self._numbers)
        if any(value.of or np.any(value.constant != 0) for value in start.values()):
            self._find("does not start from 0", "give every state the initial value 0")
        flow = self._flow()
        arrival = self._arrival()
        if flow is None or arrival is None:
            return None
        target, gain = arrival
        others = [x for x in population.states if x != target]
        voltage = others[0] if others else target
        arrays = self._arrays(flow, voltage, target, gain)
        if arrays is None or not self._spike(arrays, voltage) or self.findings:
            return None
        kind = ("Cuba" if others else "") + ("LI" if population.guard is None else "LIF")
        kind = kind if "v_leak" in arrays else "IF"
        full = {k: np.broadcast_to(v, population.size).copy() for k, v in arrays.items()}
        return Node(kind, full, population.size)

    def _find(self, what: str, remedy: str) -> None:
        where = f"population {self.population.name}"
        self.findings.append(UnsupportedError(f"it {what}", where=where, remedy=remedy))

    def _flow(self) -> dict[tuple[str, str], np.ndarray] | None:
        """A of dx/dt = A x + drift [1/ms], by (state, state); the drift by (state, "")."""
        states = self.population.states
        if len(self.population.propagators) != 1:
            self._find("is not linear between spikes", "use gp.neuron('LIF') or gp.neuron('LI')")
            return None
        if len(states) > 2:
            self._find(
                f"has {len(states)} states ({', '.join(states)}), NIR's neurons have a voltage "
                "and a current",
                "use gp.neuron('LIF') with one gp.synapse('exp')",
            )
            return None
        (propagator,) = self.population.propagators
        columns = (*states, "")
        return {
            (state, column): np.asarray(evaluate(entry, self._numbers), np.float64)
            for state, row in zip(states, propagator.matrix, strict=False)
            for column, entry in zip(columns, row, strict=True)
        }

    def _arrival(self) -> tuple[str, np.ndarray] | None:
        """The state that arrivals move, and by how much per unit weight."""
        receptors = self.population.receptors
        if len(receptors) > 1:
            names = ", ".join(p.name for p in receptors)
            self._find(f"has {len(receptors)} receptors ({names})", "use one synapse model for it")
            return None
        try:
            gains = arrival_gains(receptors, self._numbers)
        except (NotAffineError, KeyError):
            gains = {}
        gains = {x: gain for x, gain in gains.items() if np.any(gain != 0)}
        if len(gains) != 1:
            self._find(
                "has arrivals that are not one fixed addition to one state",
                "use gp.synapse('exp') or gp.synapse('delta')",
            )
            return None
        return next(iter(gains.items()))

    def _arrays(
        self,
        flow: dict[tuple[str, str], np.ndarray],
        voltage: str,
        target: str,
        gain: np.ndarray,
    ) -> dict[str, np.ndarray] | None:
        """Time constants [s], resistance, leak and input weight of the node; sets the bias."""
        leak = -flow[voltage, voltage]
        fast = -flow[target, target]
        if target == voltage and self.population.guard is not None and not np.any(leak):
            r = gain / self._area
            self.bias = flow[voltage, ""] / SECONDS / r
            return {"r": r}
        if np.any(leak <= 0) or np.any(fast <= 0):
            self._find(
                "does not decay",
                "use a leaky model, or gp.neuron('IF') with one gp.synapse('delta')",
            )
            return None
        slow = SECONDS / leak
        if target == voltage:
            driven = {"tau": slow, "r": gain * slow / self._area}
        else:
            if np.any(flow[target, voltage] != 0):
                self._find(
                    "is not a voltage driven by a current that is free of it",
                    "use gp.neuron('LIF') with gp.synapse('exp')",
                )
                return None
            quick = SECONDS / fast
            driven = {
                "tau_syn": quick,
                "tau_mem": slow,
                "r": flow[voltage, target] / leak,
                "w_in": gain * quick / self._area,
            }
            self.bias = flow[target, ""] / fast / driven["w_in"]
        return {**driven, "v_leak": flow[voltage, ""] / leak}

    def _spike(self, arrays: dict[str, np.ndarray], voltage: str) -> bool:
        """Add threshold and reset of a spiking population; False where NIR has no place."""
        population = self.population
        if population.guard is None:
            return True
        values = {name: Affine(value, {}) for name, value in self._numbers.items()}
        values |= {x: Affine(np.zeros(()), {x: np.ones(())}) for x in population.states}
        try:
            guard = affine(population.guard, values)
            reset = after(population.reset, population.states, self._numbers)
        except NotAffineError:
            self._find("spikes or resets in a way that is not linear", "spike = 'v > v_th'")
            return False
        if set(guard.of) != {voltage} or np.any(guard.of[voltage] <= 0):
            self._find("spikes at something else than a voltage", "spike = 'v > v_th'")
            return False
        for x, value in reset.items():
            still = set(value.of) == {x} and np.all(value.of[x] == 1) and not value.constant.any()
            if value.of if x == voltage else not still:
                self._find(f"resets {x} to no fixed value", "reset = 'v = v_reset'")
                return False
        arrays["v_threshold"] = -guard.constant / guard.of[voltage]
        arrays["v_reset"] = reset[voltage].constant
        return True
