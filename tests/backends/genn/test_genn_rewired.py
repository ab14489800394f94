"""A network whose synapses were rewired on native runs on GeNN as any sparse one does."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.backends.genn.pygenn import INSTALL, devices
from genprop.describe.topology import initial_topology
from tests.stages.rewired import FEED, LOOP, rewired
from tests.stages.staged import batch

EXACT = 1e-9


@pytest.mark.skipif("cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}")
@pytest.mark.slow
@pytest.mark.parametrize(("where", "delay"), [(FEED, "learned"), (LOOP, "distance")])
def test_what_was_rewired_on_native_runs_on_genn(where: str, delay: str) -> None:
    own = rewired(gp.RigL(), where=where, delay=delay, rate=0.1)
    for k in range(10):
        own.gradients(batch(k))
        own.step()
    assert own.topology[where].digest() != initial_topology(own.spec)[where].digest()
    other = rewired(
        gp.RigL(), where=where, delay=delay, rate=0.1, backend=gp.GeNN(precision="double")
    )
    other.restore(own.state())
    record = ["hidden.spikes", "out.v"]
    due, found = (sim.run(batch(), record=record) for sim in (own, other))
    assert abs(found.loss - due.loss) < EXACT
    assert due.spikes["hidden"].sum() > 0
    assert np.array_equal(found.spikes["hidden"], due.spikes["hidden"])
    ours, theirs = (np.asarray(outcome.recorded["out.v"]) for outcome in (found, due))
    assert np.abs(ours - theirs).max() < EXACT
    with pytest.raises(gp.GenpropError, match="compiled anew"):
        other.gradients(batch())
