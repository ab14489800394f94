"""A network trained on spoken digits runs in Lava as in the emulator, bit for bit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.build import find_toolchain
from genprop.errors import ToolchainError
from tests.backends.loihi.test_emulator import interpreter

STEPS = 120
HIDDEN = 32


def missing() -> str:
    """What this machine lacks for the comparison."""
    folder = os.environ.get("GENPROP_DATA", "")
    files = [*Path(folder).glob("fsdd_train.h5*"), *Path(folder).glob("*/fsdd_train.h5*")]
    if not folder or not files:
        return "GENPROP_DATA names no folder with fsdd_train.h5"
    try:
        find_toolchain()
    except ToolchainError:
        return "there is no C++ compiler"
    return ""


def trained() -> tuple[gp.Simulator, gp.data.Dataset]:
    """Recurrent, with delays but to the readout; three passes over half the recordings."""
    train, _, test = gp.data.fsdd(None, valid=0.1, seed=1, duration=400.0)
    net = gp.Network("spoken digits")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", HIDDEN, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    late = gp.learn(gp.uniform(0 * ms, 30 * ms), max=62 * ms)
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(0.02, 0.06)), delay=late)
    net.connect(cells, cells, exp, weight=gp.learn(gp.normal(0.0, 0.05)), delay=late)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 3.0)))
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out, "v")),
        optimiser={
            "weight": gp.Adam(3e-3),
            "hidden->out.weight": gp.Adam(0.1),
            "delay": gp.Adam(1.0),
        },
        clock="grid",
        dt=1 * ms,
        duration=400 * ms,
        batch=32,
        seed=1,
    )
    some = train.select(np.arange(0, len(train), 2))
    gentle = [gp.train.ExponentialWarmup(batches=100), gp.train.ReviveSilent(0.01)]
    gp.fit(sim, some, epochs=3, callbacks=gentle, progress=False)
    return sim, test


@pytest.mark.lava
@pytest.mark.skipif(bool(missing()), reason=missing() or "all is there")
def test_the_lava_program_of_a_trained_network_equals_the_emulator() -> None:
    interpreter()
    sim, test = trained()
    assert (gp.evaluate(sim, test).accuracy or 0) > 0.15
    chip = sim.retarget("loihi", gp.Quantise(calibrate=test.select(np.arange(32))))
    (batch,) = test.select(np.array([7])).batches(1, seed=None)
    states = [f"{population}.{state}" for population in ("hidden", "out") for state in "uv"]
    ours = chip.run(batch, record=[*states, "hidden.spikes"]).recorded
    theirs = chip.run_lava(batch, steps=STEPS)
    for name in states:
        np.testing.assert_array_equal(theirs[name], np.asarray(ours[name])[0, :STEPS])
    spikes = np.asarray(ours["hidden.spikes"][0], np.int32)
    expected = np.zeros((int(sim.duration), HIDDEN), bool)
    expected[spikes[:, 0], spikes[:, 1]] = True
    np.testing.assert_array_equal(theirs["hidden.spikes"], expected[:STEPS])
    assert np.count_nonzero(expected[:STEPS].any(axis=0)) > HIDDEN // 4
    assert np.count_nonzero(theirs["out.v"][-1]) == 10
