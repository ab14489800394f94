"""A maximum on the grid is one between its steps: moving a smooth summit in time costs nothing.

One arrival into a leaky integrator: V(t*) does not depend on when it comes, so that ∂L/∂d = 0, and
∂V(t*)/∂w is the height of the response to weight 1. At a step beside the summit both are off at
first and second order in dt.
"""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp

DURATION, DRAWS = 60.0, 16


def network() -> gp.Network:
    net = gp.Network("one-summit")
    net.population("inp", 1, gp.spikes())
    net.population("out", 1, gp.neuron("LI", tau_mem=gp.learn(20.0)))
    exp = gp.synapse("exp", tau=gp.learn(5.0))
    net.connect("inp", "out", exp, weight=gp.learn(1.0), delay=gp.learn(0.0, max=10.0))
    return net


def errors(dt: float) -> np.ndarray:
    """|∂L/∂d| [1/ms] over w ∂L/∂w, and ∂L/∂w over the true one, less 1, by draw; L = V(t*)."""
    loss = gp.MeanSquare(gp.maximum("out"))
    sim = gp.compile(
        network(), loss=loss, dt=dt, duration=DURATION, batch=1, backend="reference", clock="grid"
    )
    found: list[tuple[float, float]] = []
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        tau_mem, tau_syn = rng.uniform(8, 25), rng.uniform(3, 7)
        w, d, start = rng.uniform(0.5, 3.0), rng.uniform(0, 10), rng.uniform(0, 5)
        drawn = {"inp->out.weight": w, "inp->out.delay": d}
        drawn |= {"out.tau_mem": tau_mem, "out.exp.tau": tau_syn}
        sim.parameters.update({name: np.asarray(x) for name, x in drawn.items()})
        batch = gp.data.SpikeBatch.from_events(
            [(np.array([start]), np.array([0]))],
            channels=1,
            duration=DURATION,
            targets=np.full((1, 1), -100.0),
        )
        value, gradients = sim.gradients(batch)
        by_weight, by_delay = (
            float(np.squeeze(gradients[f"inp->out.{name}"])) / np.sqrt(2 * value)
            for name in ("weight", "delay")
        )
        ratio = tau_mem / tau_syn
        summit = np.log(ratio) * tau_mem / (ratio - 1)
        height = (np.exp(-summit / tau_mem) - np.exp(-summit / tau_syn)) / (ratio - 1)
        found.append((by_delay / (w * by_weight), by_weight / height - 1.0))
    return np.abs(found)


@pytest.mark.parametrize("dt", [1.0, 0.5])
def test_moving_a_summit_costs_nothing(dt: float) -> None:
    by_delay, by_weight = np.quantile(errors(dt), 0.9, axis=0)
    assert by_delay < 5e-5 * dt**3
    assert by_weight < 1e-6 * dt**4
