"""A neuron with a second dendrite, whose current multiplies that of the first, and which spikes.

Delays and weights of both dendrites against the slope of the loss on a clock of 0.001 ms, as in
``test_non_linear``. The draw is one whose spike counts stay over the probes.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data import SpikeBatch
from genprop.runtime.differences import Parameters, Quotient, fitted_slope, worst_error

pytestmark = pytest.mark.usefixtures("production_flags")  # -Og takes 40 times as long to run

NEAR, FINE, T = 0.02, 0.001, 40.0
STEPS = {"weight": (1e-2, 3e-3, 1e-3), "delay": (0.05, 0.02), "tau_mem": (1e-2, 3e-3, 1e-3)}


@cache
def simulator(dt: float) -> gp.Simulator:
    cell = gp.Neuron(
        "dendritic",
        flow="dv/dt = (I*(1 + J) - v)/tau_mem",
        spike="v > v_th",
        reset="v = 0",
        parameters={"tau_mem": gp.learn(8 * ms), "v_th": 1.0},
        inputs=("I", "J"),
    )
    second = gp.Synapse(
        "second_dendrite",
        flow="dJ/dt = (x - J)/tau;  dx/dt = -x/tau",
        arrival="x = x + w",
        output="J",
        input="J",
        parameters={"tau": 6 * ms},
    )
    net = gp.Network("second dendrite")
    net.population("input", 3, gp.spikes())
    net.population("hidden", 4, cell)
    net.population("out", 2, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=6 * ms)
    delay = gp.learn(gp.uniform(1 * ms, 6 * ms), max=10 * ms)
    for name, kind in (("first", exp), ("second", second)):
        weight = gp.learn(0.0)
        net.connect("input", "hidden", kind, weight=weight, delay=delay, name=name)
    net.connect("hidden", "out", exp, weight=gp.learn(0.0), name="read")
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral("out", "v")),
        clock="grid",
        dt=dt * ms,
        duration=T * ms,
        batch=1,
        backend=gp.Native(precision="double"),
    )
    sim.parameters.update(drawn(sim))
    return sim


def drawn(sim: gp.Simulator) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(6)
    shape = {name: value.shape for name, value in sim.parameters.items()}
    return {
        "first.weight": rng.normal(0.4, 0.15, shape["first.weight"]),
        "second.weight": rng.normal(0.4, 0.4, shape["second.weight"]),
        "first.delay": rng.uniform(1.0, 6.0, shape["first.delay"]),
        "second.delay": rng.uniform(1.0, 6.0, shape["second.delay"]),
        "read.weight": rng.normal(0.0, 1.0, shape["read.weight"]),
    }


@cache
def batch() -> SpikeBatch:
    rng = np.random.default_rng(4)
    times = np.sort(rng.uniform(0.0, 30.0, 18))
    return SpikeBatch.from_events(
        [(times, rng.integers(0, 3, 18))], channels=3, duration=T, labels=[1]
    )


def counts(sim: gp.Simulator) -> tuple[int, ...]:
    return tuple(int(n) for n in sim.last.spikes["hidden"].ravel())


@pytest.mark.parametrize(
    "name",
    ["first.weight", "first.delay", "second.weight", "second.delay", "hidden.tau_mem"],
)
def test_gradients_equal_difference_quotients(name: str) -> None:
    fine, near = simulator(FINE), simulator(NEAR)
    found = {name: np.array(near.gradients(batch())[1][name])}
    assert sum(counts(near)) > 8
    assert np.abs(found[name]).max() > 1e-3
    parameters = {n: np.array(x) for n, x in fine.parameters.items()}

    def evaluate(moved: Parameters) -> tuple[float, tuple[int, ...]]:
        fine.parameters.update(moved)
        return fine.run(batch()).loss, counts(fine)

    index = int(np.abs(found[name]).argmax())
    slopes = [
        fitted_slope(evaluate, parameters, name, index, step)
        for step in STEPS[name.rpartition(".")[2]]
    ]
    due = Quotient(name, index, tuple(s for s in slopes if s is not None))
    fine.parameters.update(parameters)
    worst, errors, skipped = worst_error(found, [due])
    assert skipped == 0
    assert worst < 4e-2, errors
