"""A readout whose weights move in time: a state that runs by itself multiplies what arrives.

No neuron spikes, so the loss is smooth in weights and, step by step of the clock, in delays.
"""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data import SpikeBatch

DT, T = 0.02, 20.0


@pytest.fixture(scope="module")
def sim() -> gp.Simulator:
    out = gp.Neuron(
        "moving",
        flow="dv/dt = (I*x + J*(3*x**2 - 1)/2 - v)/tau;  dx/dt = 2/trial",
        parameters={"tau": gp.learn(5 * ms), "trial": T * ms},
        inputs=("I", "J"),
        initial={"x": -1.0},
    )
    net = gp.Network("moving")
    net.population("input", 3, gp.spikes())
    net.population("out", 2, out)
    for name in ("I", "J"):
        current = gp.Synapse(
            f"to_{name}",
            flow="dI/dt = -I/tau",
            arrival="I = I + w",
            output="I",
            input=name,
            parameters={"tau": 3 * ms},
        )
        delay = gp.learn(gp.uniform(1 * ms, 4 * ms), max=8 * ms)
        weight = gp.learn(gp.normal(0.0, 5.0))
        net.connect("input", "out", current, weight=weight, delay=delay, name=name)
    loss = gp.CrossEntropy(gp.integral("out", "v"))
    native = gp.Native(precision="double")
    return gp.compile(
        net, loss=loss, clock="grid", dt=DT * ms, duration=T * ms, batch=1, backend=native, seed=3
    )


@pytest.fixture(scope="module")
def batch() -> SpikeBatch:
    times, channels = np.array([0.5, 3.0, 6.2, 9.9, 13.0]), np.array([0, 1, 2, 0, 1])
    return SpikeBatch.from_events([(times, channels)], channels=3, duration=T, labels=[1])


def slope(sim: gp.Simulator, batch: SpikeBatch, name: str, index: int, reach: float) -> float:
    """The central difference quotient of the loss."""
    kept, losses = np.array(sim.parameters[name]), list[float]()
    for sign in (1, -1):
        moved = kept.copy()
        moved.flat[index] += sign * reach
        sim.parameters[name] = moved
        losses.append(sim.run(batch).loss)
    sim.parameters[name] = kept
    return (losses[0] - losses[1]) / (2 * reach)


@pytest.mark.parametrize(
    ("name", "reach", "tolerance"),
    [
        ("I.weight", 1e-4, 1e-7),
        ("J.weight", 1e-4, 1e-7),
        ("out.tau", 1e-4, 1e-6),
        ("I.delay", DT, 1e-3),
        ("J.delay", DT, 1e-3),
    ],
)
def test_gradients_equal_difference_quotients(
    sim: gp.Simulator, batch: SpikeBatch, name: str, reach: float, tolerance: float
) -> None:
    found = np.array(sim.gradients(batch)[1][name])
    assert np.abs(found).max() > 1e-3
    due = [slope(sim, batch, name, k, reach) for k in range(found.size)]
    assert found.ravel() == pytest.approx(due, abs=tolerance * np.abs(found).max())
