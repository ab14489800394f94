"""A neuron whose reset follows another state may land above its threshold while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.errors import DescriptionError

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
