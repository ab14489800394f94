"""Whether a population is a current-based leaky neuron, seen from what its Program does.

The chip's neuron is, per step and with arrivals a::

    I' = I + g a,   V' = α V + K I' + b,   I'' = β I',   V > θ: V = 0

A leaky readout has no θ; a synapse without memory has β = 0.
"""

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
from genprop.numerics.constants import numbers

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.lower.program import PopulationProgram

__all__ = ["Cell", "recognise"]

_ONE_EACH = "one value per population: learn a scalar, or divide the population"


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A population as the chip's neuron.

    Attributes:
        name: of the population.
        size: how many.
        voltage: the state that is V.
        current: the state that is I, "" for synapses without memory.
        alpha: α.
        beta: β.
        drive: K.
        gain: g K, what a weight of 1 adds to V in the step it arrives.
        threshold: θ, None for a readout.
        bias: (n,) b.
    """

    name: str
    size: int
    voltage: str
    current: str
    alpha: float
    beta: float
    drive: float
    gain: float
    threshold: float | None
    bias: np.ndarray


def recognise(
    population: PopulationProgram, parameters: Parameters, dt: float
) -> tuple[Cell | None, list[UnsupportedError]]:
    """The cell, or everything that keeps the population from being one."""
    return _Look(population, parameters, dt).result()


class _Look:
    """One look at one population, collecting what does not fit."""

    def __init__(self, population: PopulationProgram, parameters: Parameters, dt: float) -> None:
        self.population = population
        self.numbers = numbers(population, parameters, dt)
        self.findings: list[UnsupportedError] = []

    def result(self) -> tuple[Cell | None, list[UnsupportedError]]:
        if self.population.refractory is not None:
            self.find("has a refractory period", "tau_ref=0*ms; the chip's neuron has none")
        if any(np.any(self.start(x) != 0) for x in self.population.states):
            self.find("does not start from 0", "give every state the initial value 0")
        step = self.step()
        found = self.places(step) if step is not None else None
        if step is None or found is None:
            return None, self.findings
        voltage, current, gain = found
        self.check_reset(voltage)
        threshold = self.threshold(voltage)
        alpha = self.one("time constant of the membrane", step[voltage].of.get(voltage, 0.0))
        beta, drive = 0.0, alpha
        if current:
            beta = self.one("time constant of the synapse", step[current].of.get(current, 0.0))
            drive = self.one("input resistance", step[voltage].of[current])
        for name, decay in (("membrane", alpha), ("synapse", beta)):
            if not 0 <= decay <= 1:
                self.find(f"has a {name} that does not decay", "use a leaky model")
        bias = np.broadcast_to(step[voltage].constant, self.population.size)
        cell = Cell(
            self.population.name,
            self.population.size,
            voltage,
            current,
            alpha,
            beta,
            drive,
            gain * drive,
            threshold,
            bias,
        )
        return (None if self.findings else cell), self.findings

    def find(self, what: str, remedy: str) -> None:
        where = f"population {self.population.name}"
        self.findings.append(UnsupportedError(f"it {what}", where=where, remedy=remedy))

    def start(self, state: str) -> np.ndarray:
        values = [a.value for a in self.population.initial if a.target == state]
        constants = {name: Affine(value, {}) for name, value in self.numbers.items()}
        return affine(values[0], constants).constant if values else np.zeros(())

    def step(self) -> dict[str, Affine] | None:
        """The map of one step, None where it is not affine or has too many states."""
        try:
            step = after(self.population.step, self.population.states, self.numbers)
        except NotAffineError:
            self.find("is not linear between spikes", "use gp.neuron('LIF') or gp.neuron('LI')")
            return None
        if len(step) > 2:
            states = ", ".join(step)
            self.find(
                f"has {len(step)} states ({states}), the chip's neuron a voltage and a current",
                "use gp.neuron('LIF') with one gp.synapse('exp')",
            )
            return None
        return step

    def places(self, step: dict[str, Affine]) -> tuple[str, str, float] | None:
        """Which state is V, which I, and what an arrival of weight 1 adds to I (or V)."""
        receptors = self.population.receptors
        if len(receptors) > 1:
            names = ", ".join(p.name for p in receptors)
            self.find(f"has {len(receptors)} receptors ({names})", "use one synapse model for it")
            return None
        try:
            gains = arrival_gains(receptors, self.numbers)
        except (NotAffineError, KeyError):
            gains = {}
        gains = {x: gain for x, gain in gains.items() if np.any(gain != 0)}
        if receptors and len(gains) != 1:
            self.find(
                "has arrivals that are not one fixed addition to one state",
                "use gp.synapse('exp') or gp.synapse('delta')",
            )
            return None
        target, gain = next(iter(gains.items()), (next(iter(step)), np.ones(())))
        others = [x for x in step if x != target]
        if not others:
            return target, "", self.one("weight factor", gain)
        (voltage,) = others
        if target not in step[voltage].of or voltage in step[target].of:
            self.find(
                "is not a voltage driven by a current that is free of it",
                "use gp.neuron('LIF') with gp.synapse('exp')",
            )
            return None
        if np.any(step[target].constant != 0):
            self.find("has a current that drifts", "let the synapse decay to 0")
        return voltage, target, self.one("weight factor", gain)

    def check_reset(self, voltage: str) -> None:
        if self.population.guard is None:
            return
        remedy = "reset = 'v = 0' (v_reset=0); shift the potential where it must be another"
        if self.population.rising:
            self.find("spikes without a reset, which the chip's neuron always has", remedy)
            return
        try:
            reset = after(self.population.reset, self.population.states, self.numbers)
        except NotAffineError:
            self.find("has a reset that is not to 0", remedy)
            return
        if reset[voltage].of or np.any(reset[voltage].constant != 0):
            self.find("resets its voltage to something else than 0", remedy)
        for x, value in reset.items():
            if x != voltage and (
                set(value.of) != {x} or np.any(value.of[x] != 1) or np.any(value.constant != 0)
            ):
                self.find(f"changes {x} at a spike", "reset the voltage only")

    def threshold(self, voltage: str) -> float | None:
        if self.population.guard is None:
            return None
        values = {name: Affine(value, {}) for name, value in self.numbers.items()}
        values |= {x: Affine(np.zeros(()), {x: np.ones(())}) for x in self.population.states}
        try:
            guard = affine(self.population.guard, values)
        except NotAffineError:
            guard = Affine(np.zeros(()), {})
        if set(guard.of) != {voltage} or np.any(guard.of[voltage] <= 0):
            self.find("spikes at something else than a voltage", "spike = 'v > v_th'")
            return None
        threshold = self.one("threshold", -guard.constant / guard.of[voltage])
        if threshold <= 0:
            self.find(f"has the threshold {threshold:g}", "give a threshold above 0")
        return threshold

    def one(self, what: str, value: np.ndarray | float) -> float:
        """The one number that the population has of this."""
        values = np.unique(value)
        if len(values) > 1:
            self.find(f"has more than one {what}", _ONE_EACH)
        return float(values[0])
