"""Flows that are not linear against scipy's event location: spikes inside steps, and gradients.

Arrivals are on a lattice of 1 ms, so that every clock here delivers them at the same times, and
what is left are the steps themselves. Inputs and weights are drawn from seeds 0, 1, 2 as they come.
Found, as the largest error over them of a spike time [ms], and of an entry of a gradient relative
to the largest of its parameter (the steepest case at 1 ms is a spike that hangs by a thread):

====================  ===============  ================  ================  ================
neuron                times at 1 ms    times at 0.25 ms  gradients, 1 ms   gradients, 0.25
====================  ===============  ================  ================  ================
QIF, refractory       5.3e-5           1.0e-7            6.2e-5            1.9e-7
Izhikevich            4.7e-4           1.3e-5            8.3e-3            1.3e-4
AdEx, upstroke e²⁵    3.7e-4           1.2e-5            2.8e-3            9.4e-4
exponential IF        4.1e-3           1.2e-5            7.4e-2            1.5e-4
====================  ===============  ================  ================  ================

Spikes reach other neurons at the start of a step, so that networks stay of the first order in dt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.testing import contract
from tests.gradients.event_located import EventLocated, Trajectory, difference

if TYPE_CHECKING:
    from genprop.runtime.simulator import Simulator

DURATION, CHANNELS, EVENTS = 30.0, 3, 15
COARSE, FINE = 1.0, 0.25


def quadratic() -> gp.Neuron:
    return gp.neuron(
        "QIF", tau_mem=gp.learn(10 * ms), v_th=gp.learn(4.0), v_reset=gp.learn(-0.3),
        tau_ref=gp.learn(1.7 * ms),
    )  # fmt: skip


def izhikevich() -> gp.Neuron:
    return gp.neuron(
        "Izhikevich", a=gp.learn(0.02), c=gp.learn(-65.0), d=gp.learn(6.0), v_peak=gp.learn(30.0)
    )


def adaptive_exponential() -> gp.Neuron:
    """Its upstroke is followed over e²⁵."""
    return gp.Neuron(
        "AdEx",
        flow="dv/dt = (E_L - v + D_T*exp((v - V_T)/D_T) + I - w)/tau;"
        "  dw/dt = (a*(v - E_L) - w)/t_w",
        spike="v > v_peak",
        reset="v = V_r;  w = w + b",
        initial={"v": -65.0},
        parameters={
            "tau": gp.learn(10 * ms), "V_T": gp.learn(-50.0), "D_T": gp.learn(2.0), "E_L": -65.0,
            "V_r": gp.learn(-60.0), "b": gp.learn(3.0), "a": 0.5, "t_w": 50 * ms, "v_peak": 0.0,
        },
    )  # fmt: skip


def exponential() -> gp.Neuron:
    return gp.Neuron(
        "EIF",
        flow="dv/dt = (-v + D_T*exp((v - V_T)/D_T) + I)/tau",
        spike="v > v_peak",
        reset="v = 0",
        parameters={
            "tau": gp.learn(10 * ms), "D_T": gp.learn(0.2), "V_T": gp.learn(1.0), "v_peak": 3.0,
        },
    )  # fmt: skip


def conductance() -> gp.Neuron:
    """It crosses its threshold slowly."""
    return gp.Neuron(
        "conductance",
        flow="dv/dt = (I*(E - v) - v)/tau",
        spike="v > v_th",
        reset="v = 0",
        parameters={"tau": gp.learn(15 * ms), "E": gp.learn(3.0), "v_th": gp.learn(1.0)},
    )


@dataclass(frozen=True, slots=True)
class Model:
    """A neuron, a typical weight and a state of it that is read at the end."""

    neuron: Callable[[], gp.Neuron]
    weight: float
    read: str


MODELS = {
    "quadratic": Model(quadratic, 2.0, "v"),
    "izhikevich": Model(izhikevich, 14.0, "u"),
    "adaptive exponential": Model(adaptive_exponential, 25.0, "w"),
    "exponential": Model(exponential, 2.5, "v"),
    "conductance": Model(conductance, 0.8, "v"),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One neuron and what arrives at it: times [ms], and from which channels."""

    model: Model
    seed: int

    @property
    def arrivals(self) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(self.seed)
        times = np.sort(rng.integers(1, int(DURATION) - 1, EVENTS)).astype(float)
        return times, rng.integers(0, CHANNELS, EVENTS)

    def simulator(self, dt: float, backend: str | gp.Native = "reference") -> Simulator:
        rng = np.random.default_rng(100 + self.seed)
        weight = rng.normal(self.model.weight, self.model.weight / 4, (CHANNELS, 1))
        net = gp.Network()
        net.population("input", CHANNELS, gp.spikes())
        net.population("cell", 1, self.model.neuron())
        synapse = gp.synapse("exp", tau=gp.learn(5 * ms))
        net.connect("input", "cell", synapse, weight=gp.learn(gp.values(weight)))
        return gp.compile(
            net, loss=gp.MeanSquare(gp.final("cell", self.model.read)), dt=dt, duration=DURATION,
            batch=1, backend=backend, events="sum",
        )  # fmt: skip

    def batch(self, dt: float) -> SpikeBatch:
        """Events that arrive at the lattice: a step without delay later."""
        times, channels = self.arrivals
        return SpikeBatch.from_events(
            [(times - dt / 2, channels)], channels=CHANNELS, duration=DURATION, labels=np.array([0])
        )

    def event_located(self, sim: Simulator) -> Callable[[dict[str, np.ndarray]], Trajectory]:
        solver, (times, channels) = EventLocated(sim.spec, "cell"), self.arrivals

        def solve(parameters: dict[str, np.ndarray]) -> Trajectory:
            weight = parameters["input->cell.weight"][:, 0]
            given = [(t, "exp", float(weight[c])) for t, c in zip(times, channels, strict=True)]
            return solver.run(parameters, 0, given, DURATION)

        return solve


@cache
def located(name: str, seed: int) -> tuple[Trajectory, dict[str, np.ndarray]]:
    """Spikes and the gradient of ½(x(T) − 1)² by event location and differences."""
    trial = Trial(MODELS[name], seed)
    sim = trial.simulator(COARSE)
    solve = trial.event_located(sim)
    parameters = {n: np.array(x) for n, x in sim.arrays().items()}
    read = trial.model.read

    def loss(moved: dict[str, np.ndarray]) -> float:
        return 0.5 * (solve(moved).end[read] - 1) ** 2

    learned = {p.name: parameters[p.name] for p in sim.spec.parameters() if p.learned}
    gradients = {
        n: np.array([difference(loss, parameters, n, k) for k in range(x.size)]).reshape(x.shape)
        for n, x in learned.items()
    }
    return solve(parameters), gradients


def spike_times(name: str, seed: int, dt: float) -> np.ndarray:
    trial = Trial(MODELS[name], seed)
    ran = trial.simulator(dt).run(trial.batch(dt), record=["cell.spike_times"])
    return np.asarray(ran.recorded["cell.spike_times"][0])[:, 0]


BY_NIGHT = ("izhikevich", "exponential")  # adaptive exponential ones climb and jump likewise
CASES = [
    pytest.param(name, seed, marks=pytest.mark.nightly if seed or name in BY_NIGHT else ())
    for name in MODELS
    for seed in range(3)
]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_spikes_and_gradients_are_those_of_event_location_to_the_second_order(
    name: str, seed: int
) -> None:
    trial = Trial(MODELS[name], seed)
    solution, due = located(name, seed)
    for dt in (COARSE, FINE):
        found = spike_times(name, seed, dt)
        assert len(found) == len(solution.spikes) >= 3
        assert np.abs(found - solution.spikes).max() < 5e-3 * dt**2
        _, gradients = trial.simulator(dt).gradients(trial.batch(dt))
        for parameter, gradient in due.items():
            assert contract.distance(gradients[parameter], gradient) < 0.1 * dt**2, parameter


def quotient_errors(sim: Simulator, batch: SpikeBatch) -> dict[str, float]:
    """How far gradients are from differences of the loss of the very steps that were run."""
    _, found = sim.gradients(batch)
    gradients = {n: np.array(g) for n, g in found.items()}
    parameters = {n: np.array(sim.parameters[n], float) for n in gradients}

    def loss(moved: dict[str, np.ndarray]) -> float:
        sim.parameters.update(moved)
        return sim.run(batch).loss

    errors: dict[str, float] = {}
    for n, gradient in gradients.items():
        due = [difference(loss, parameters, n, k) for k in range(gradient.size)]
        errors[n] = contract.distance(gradient.ravel(), np.array(due))
    return errors


@pytest.mark.parametrize("name", ["quadratic", "conductance"])
def test_the_gradient_is_the_derivative_of_the_steps_that_were_run(name: str) -> None:
    trial = Trial(MODELS[name], 0)
    sim = trial.simulator(0.5)
    errors = quotient_errors(sim, trial.batch(0.5))
    assert max(errors.values()) < 1e-6, errors


@pytest.mark.parametrize(("part", "name"), [("crossing", "conductance"), ("reset", "quadratic")])
def test_a_jump_that_is_left_out_is_noticed(part: str, name: str) -> None:
    trial = Trial(MODELS[name], 0)
    sim = trial.simulator(0.5)
    cell = sim.program.population("cell")
    assert cell.location is not None
    spoilt = replace(cell, location=replace(cell.location, **{part: ()}))
    populations = tuple(spoilt if p is cell else p for p in sim.program.populations)
    sim.engine.program = replace(sim.program, populations=populations)  # type: ignore[attr-defined]
    errors = quotient_errors(sim, trial.batch(0.5))
    assert max(errors.values()) > 1e-3, errors


@pytest.mark.parametrize("dt", [1.0, 0.1])
def test_native_takes_the_same_parts(dt: float) -> None:
    trial = Trial(MODELS["adaptive exponential"], 0)
    names = ["cell.spike_times", "cell.w"]
    backends = ("reference", gp.Native(precision="double"))
    sims = [trial.simulator(dt, backend) for backend in backends]
    found, due = (sim.run(trial.batch(dt), names).recorded for sim in sims)
    for name in names:
        assert contract.distance(np.asarray(found[name][0]), np.asarray(due[name][0])) < 1e-9
    gradients, expected = (sim.gradients(trial.batch(dt))[1] for sim in sims)
    for name, gradient in expected.items():
        assert contract.distance(gradients[name], gradient) < 1e-9, name
