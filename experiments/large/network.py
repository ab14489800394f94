"""A recurrent layer of any size: sparse synapses with delays of their own, all of which learn."""

from __future__ import annotations

import numpy as np

import genprop as gp
from genprop import ms

CHANNELS, CLASSES, DURATION, RATE = 100, 10, 100.0, 0.01
"""Sources, classes, length of a trial [ms], rate of each source [1/ms]."""


def simulator(
    neurons: int, probability: float, *, batch: int = 4, threads: int = 1, clock: str = "grid"
) -> gp.Simulator:
    """``neurons`` LIF neurons of which each pair has a synapse with ``probability``.

    A synapse from a source or to an output exists with ten in a hundred of what would be all.
    """
    net, exp = gp.Network("large"), gp.synapse("exp", tau=5 * ms)
    source = net.population("input", CHANNELS, gp.spikes())
    layer = net.population("layer", neurons, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", CLASSES, gp.neuron("LI", tau_mem=20 * ms))
    delay = gp.learn(gp.uniform(0 * ms, 30 * ms), max=30 * ms)
    net.connect(
        source, layer, exp, weight=gp.learn(gp.normal(1.5, 0.5)), delay=delay,
        pattern=gp.sparse(0.1, seed=1),
    )  # fmt: skip
    arrivals = neurons * probability
    net.connect(
        layer, layer, exp, weight=gp.learn(gp.normal(0.0, 0.3 / arrivals**0.5)), delay=delay,
        pattern=gp.sparse(probability, seed=2),
    )  # fmt: skip
    net.connect(
        layer, out, exp, weight=gp.learn(gp.normal(0.0, 1 / neurons**0.5)),
        pattern=gp.sparse(0.1, seed=3),
    )  # fmt: skip
    return gp.compile(
        net, loss=gp.CrossEntropy(gp.maximum(out, "v")), clock=clock,
        optimiser={"weight": gp.Adam(1e-4), "delay": gp.Adam(1e-2)},
        dt=1 * ms, duration=DURATION * ms, batch=batch, backend=gp.Native(threads=threads), seed=1,
    )  # fmt: skip


def samples(count: int, seed: int = 0) -> gp.data.SpikeBatch:
    """Classes are groups of channels that spike twice as often."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    trains = []
    for label in labels:
        rate = np.where(np.arange(CHANNELS) % CLASSES == label, 4 * RATE, RATE)
        spikes = rng.poisson(rate * DURATION)
        channels = np.repeat(np.arange(CHANNELS), spikes)
        times = rng.uniform(0, DURATION, channels.size)
        order = np.argsort(times)
        trains.append((times[order], channels[order]))
    return gp.data.SpikeBatch.from_events(
        trains, channels=CHANNELS, duration=DURATION, labels=labels
    )
