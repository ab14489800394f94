"""What senders' sides take of memory is what the estimate says."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.native.engine import NativeEngine
from genprop.backends.native.tapes import sent_bytes, tape_bytes
from genprop.data.spikes import SpikeBatch
from genprop.emit.layout import GROUPS
from genprop.runtime.memory import memory_rows, memory_text

SENDERS, EVENTS, STEPS, SAMPLES = 400_000, 200_000, 2_000, 6


def network(channels: int, memory: int = 0) -> gp.Simulator:
    """Few synapses from many senders, with a loss that sees the whole batch."""
    net = gp.Network("senders")
    inp = net.population("input", channels, gp.spikes())
    hidden = net.population("hidden", 1, gp.neuron("LIF"))
    every = gp.values(np.full(channels, 40.0))
    plastic = gp.synapse("tsodyks_markram", U=gp.learn(0.4), tau_d=gp.learn(every))
    one = gp.sparse(pairs=[(0, 0), (channels - 1, 0)])
    net.connect(inp, hidden, plastic, weight=gp.learn(1.0), pattern=one)
    return gp.compile(
        net, loss=gp.SpikeBudget(hidden, per_trial=3), clock="grid", dt=1 * ms,
        duration=STEPS * ms, batch=GROUPS, backend=gp.Native(threads=1, memory=memory),
    )  # fmt: skip


def batch(channels: int, events: int, samples: int) -> SpikeBatch:
    """Every event in a step and channel of its own."""
    places = np.arange(events) * (STEPS * channels // max(events, 1))
    one = (places // channels + 0.5, places % channels)
    return SpikeBatch.from_events([one] * samples, channels=channels, duration=float(STEPS))


TAKEN = """
import sys
from genprop.backends.native.engine import NativeEngine
from tests.backends.test_sender_memory import batch, network
from tests.memory import forget_peak, peak

channels, events, samples, memory = map(int, sys.argv[1:])
sim, given = network(channels, memory), batch(channels, events, samples)
run, grown = NativeEngine._run, 0

def measured(engine, call, learning):
    global grown
    forget_peak()
    before = peak()
    run(engine, call, learning=learning)
    grown += peak() - before

NativeEngine._run = measured
sim.gradients(given)
print(grown)
"""


def taken(*numbers: int) -> float:
    """By which the memory of a process grows [MB] in generated code, in its first gradients."""
    line = [sys.executable, "-c", TAKEN, *map(str, numbers)]
    return float(subprocess.check_output(line, text=True))


def test_what_spikes_leave_at_senders_is_what_is_said_and_what_decides_about_chunks() -> None:
    channels = 100
    sim, given = network(channels), batch(channels, EVENTS, SAMPLES)
    inputs = sim.inputs(given, True)
    assert tape_bytes(sim.program, 4) == 0
    said = sent_bytes(sim.program, 4, inputs.events) / 1e6
    whole, chunks = (taken(channels, EVENTS, SAMPLES, memory) for memory in (0, 1))
    assert whole - chunks == pytest.approx(said * (SAMPLES - 1) / SAMPLES, rel=0.1)
    engine = sim.engine
    assert isinstance(engine, NativeEngine)
    for factor, chunked in ((1.1, False), (0.9, True)):
        engine.memory = factor * said * 1e6
        assert engine.runs_in_chunks(inputs) == chunked
    each = f"One that input->hidden sends leaves {said * 1e6 / EVENTS / SAMPLES:.0f} bytes there."
    assert each in memory_text(sim.spec, sim.program, SAMPLES)


@pytest.mark.nightly
def test_states_and_gradients_at_senders_take_what_is_said() -> None:
    """A batch of as many groups as there are, so that the tree of sums is full."""
    sim = network(SENDERS)
    rows = memory_rows(sim.spec, sim.program, GROUPS)
    said = sum(s for what, s in rows if re.match("(states|gradient) at the senders", what)) / 1e6
    assert said > 40
    many, few = (taken(n, 1, GROUPS, 1) for n in (SENDERS, 100))
    assert many - few == pytest.approx(said, rel=0.25)
