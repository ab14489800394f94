"""What arrivals cost a readout that they move at once."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.data.spikes import SpikeBatch

DURATION = 40.0


def network() -> gp.Network:
    """Delta synapses onto a neuron that is clamped after its spikes, and driven while it is."""
    net = gp.Network()
    net.population("inp", 3, gp.spikes())
    net.population("out", 1, gp.neuron("LIF", tau_mem=10.0, tau_ref=6.0))
    weight = gp.learn(gp.values([[0.7], [0.6], [0.3]]))
    delay = gp.learn(gp.values([[1.0], [0.5], [2.0]]), max=5.0)
    net.connect("inp", "out", gp.synapse("delta"), weight=weight, delay=delay)
    return net


BATCH = SpikeBatch.from_events(
    [(np.array([2.03, 3.57, 5.11, 6.73, 14.33, 15.91, 17.17]), np.array([0, 1, 2, 0, 0, 1, 2]))],
    channels=3,
    duration=DURATION,
    labels=np.array([0]),
)
LOSS = gp.MeanSquare(gp.integral("out"))


@pytest.mark.parametrize("backend", ["reference", gp.Native("double")], ids=str)
def test_an_arrival_at_a_clamped_neuron_costs_an_integral_nothing(backend: object) -> None:
    report = gp.check_gradients(
        network(),
        loss=LOSS,
        duration=DURATION,
        batch=BATCH,
        backend=backend,  # type: ignore[arg-type]
    )
    assert report.passed, str(report)
    assert report.spikes > 0
