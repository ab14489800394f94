"""The network of the speed experiment: 700 inputs, recurrent LIF with delays, 20 outputs."""

from __future__ import annotations

import numpy as np

import genprop as gp
from genprop import ms

CHANNELS, CLASSES, STEPS, EVENTS = 700, 20, 1000, 8000


def network(hidden: int = 256, longest: float = 62.0) -> gp.Network:
    """``hidden`` recurrent LIF neurons; the first two projections delay up to ``longest`` ms.

    Weights are scaled with the layer so that a neuron fires about 14 times in a second.
    """
    net = gp.Network("speed")
    inputs = net.population("input", CHANNELS, gp.spikes())
    layer = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", CLASSES, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    delay = gp.learn(gp.uniform(0 * ms, longest * ms), max=longest * ms) if longest else 0 * ms
    net.connect(inputs, layer, exp, weight=gp.learn(gp.normal(0.018, 0.006)), delay=delay)
    spread = 0.048 * (256 / hidden) ** 0.5
    net.connect(layer, layer, exp, weight=gp.learn(gp.normal(0.0, spread)), delay=delay)
    net.connect(layer, out, exp, weight=gp.learn(gp.normal(0.0, 0.03)))
    return net


def batch(samples: int, events: int = EVENTS, seed: int = 1) -> gp.data.SpikeBatch:
    """Events on random channels, at exponential times with a mean of 250 ms, cut at the end."""
    rng = np.random.default_rng(seed)

    def sample() -> tuple[np.ndarray, np.ndarray]:
        times = rng.exponential(250.0, events)
        times = np.floor(times[times < STEPS]).astype(np.float32)
        return times, rng.integers(0, CHANNELS, times.size)

    return gp.data.SpikeBatch.from_events(
        [sample() for _ in range(samples)],
        channels=CHANNELS,
        duration=float(STEPS),
        labels=rng.integers(0, CLASSES, samples),
    )


def simulator(
    hidden: int = 256,
    longest: float = 62.0,
    samples: int = 32,
    threads: int = 1,
    clock: str = "grid",
    dt: float = 1.0,
    backend: gp.Native | gp.GeNN | None = None,
) -> gp.Simulator:
    """The compiled network with Adam at rates that keep its activity; ``dt`` in ms."""
    net = network(hidden, longest)
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral("out", "v")),
        optimiser={"weight": gp.Adam(1e-9), "delay": gp.Adam(1e-9)},
        dt=dt * ms,
        duration=STEPS * ms,
        batch=samples,
        backend=backend or gp.Native(threads=threads),
        events="sum",
        clock=clock,
        seed=1,
    )
