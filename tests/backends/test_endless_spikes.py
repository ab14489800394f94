"""A neuron whose reset follows another state may land above its threshold while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.errors import DescriptionError, UnsupportedError
from genprop.runtime.random_batch import random_batch

if TYPE_CHECKING:
    from genprop.backends.base import Target

DURATION = 20.0


def compiled(backend: str | Target, weight: float) -> gp.Simulator:
    """What v is reset to rises faster than v: below the threshold at the start, above it later."""
    cell = gp.Neuron(
        "chasing",
        flow="dv/dt = (I - v)/tau;  dw/dt = (2*I - w)/tau_w",
        spike="v > 1",
        reset="v = w",
        parameters={"tau": 10 * ms, "tau_w": 1 * ms},
    )
    net = gp.Network("endless")
    source, cells = net.population("input", 1, gp.spikes()), net.population("cells", 2, cell)
    net.connect(source, cells, gp.synapse("exp", tau=5 * ms), weight=gp.learn(weight))
    loss = gp.MeanSquare(gp.final(cells, "v"))
    return gp.compile(
        net, loss=loss, backend=backend, clock="exact", dt=1 * ms, duration=DURATION, batch=2
    )


def batch() -> SpikeBatch:
    """Nothing happens in the first sample."""
    events = [([], []), ([1.0, 2.0], [0, 0])]
    return SpikeBatch.from_events(events, channels=1, duration=DURATION, labels=[0, 0])


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (gp.Native(threads=1, precision="double"), "spikes without end in sample 1"),
        ("reference", "above its threshold at t = "),
    ],
    ids=["native", "reference"],
)
def test_a_neuron_above_its_threshold_right_after_its_reset_stops_the_run(
    backend: str | Target, said: str
) -> None:
    sim = compiled(backend, weight=5.0)
    for run in (sim.run, sim.gradients):
        with pytest.raises(DescriptionError, match=said):
            run(batch())
    quiet = compiled(backend, weight=0.5)
    assert quiet.run(batch()).spikes["cells"].sum() == 0


@pytest.mark.parametrize("weight", [1e6, 1e30])
@pytest.mark.parametrize(
    "backend", [gp.Native(threads=1), gp.Native(threads=1, precision="double"), "reference"]
)
def test_weights_beyond_reason_end_in_an_error_not_in_spikes_until_memory_is_full(
    backend: str | Target, weight: float
) -> None:
    net = gp.Network("fast")
    source = net.population("input", 1, gp.spikes())
    cells = net.population("cells", 2, gp.neuron("LIF", tau_mem=20 * ms))
    net.connect(source, cells, gp.synapse("exp", tau=5 * ms), weight=gp.learn(weight))
    sim = gp.compile(
        net,
        loss=gp.MeanSquare(gp.final(cells, "v")),
        backend=backend,
        clock="exact",
        dt=1 * ms,
        duration=DURATION,
        batch=2,
    )
    for run in (sim.run, sim.gradients):
        with pytest.raises(DescriptionError, match=r"spikes without end.*more than 1000 times"):
            run(batch())


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_a_flow_that_no_pieces_follow_is_refused(backend: str) -> None:
    cell = gp.Neuron(
        "steep", flow="dv/dt = (I - v)/tau; da/dt = 1e300*(v + a)/tau", parameters={"tau": 20 * ms}
    )
    net = gp.Network("steep")
    net.population("in", 1, gp.spikes())
    net.population("b", 1, cell)
    net.connect("in", "b", gp.synapse("exp"), weight=gp.learn(1.0))
    loss = gp.CrossEntropy(gp.final("b", "a"))
    sim = gp.compile(net, loss=loss, dt=1, duration=10, batch=2, backend=backend, clock="exact")
    with pytest.raises(UnsupportedError, match=r"rates of up to 1e\+299 per ms"):
        sim.gradients(random_batch(sim.spec, sim.duration, 0))
