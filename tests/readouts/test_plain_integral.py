"""A plain integral of a leaky readout hardly sees when a spike comes: its gradient says so."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms


def hidden_gradient(readout: str, duration: float) -> float:
    """‖∂L/∂w‖ of hidden weights, beside that of the readout's; input ends at 30 ms."""
    rng = np.random.default_rng(1)
    net = gp.Network("area")
    net.population("input", 5, gp.spikes())
    net.population("hidden", 8, gp.neuron("LIF", tau_mem=10 * ms))
    net.population("out", 2, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    net.connect("input", "hidden", exp, weight=gp.learn(gp.normal(1.5, 0.5)))
    net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    events = [(np.sort(rng.uniform(0, 30, 40)), rng.integers(0, 5, 40)) for _ in range(3)]
    batch = gp.data.SpikeBatch.from_events(events, channels=5, duration=duration, labels=[0, 1, 0])
    loss = gp.CrossEntropy(getattr(gp, readout)("out", "v"))
    sim = gp.compile(
        net, loss=loss, dt=1, duration=duration, batch=3, backend="reference", clock="exact", seed=3
    )
    _, gradients = sim.gradients(batch)
    assert sim.last.spikes["hidden"].sum() > 20
    size = {name: float(np.linalg.norm(g)) for name, g in gradients.items()}
    return size["input->hidden.weight"] / size["hidden->out.weight"]


@pytest.mark.parametrize("duration", [250.0, 400.0])
def test_hidden_weights_have_no_gradient_under_a_plain_integral(duration: float) -> None:
    assert hidden_gradient("integral", duration) < 20 * np.exp(-(duration - 60) / 10)
    assert hidden_gradient("weighted_integral", duration) > 1e-3
    assert hidden_gradient("maximum", duration) > 1e-2
