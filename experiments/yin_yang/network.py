"""Yin-Yang: five channels → LIF → LI. Weights and delays learn, or weights alone."""

from __future__ import annotations

import genprop as gp
from genprop import ms


def build(
    seed: int,
    hidden: int = 30,
    delays: bool = True,
    samples: int = 5000,
    weight_rate: float = 0.01,
    delay_rate: float = 0.1,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the points; training, validation and test points are drawn independently.
        hidden: how many LIF neurons.
        delays: whether delays learn, from uniform in [0, 10] ms; else there are none.
        samples: training points.
        weight_rate: of Adam.
        delay_rate: of Adam [ms].
    """
    train, valid, test = (
        gp.data.yin_yang(count, 10 * seed + part)
        for part, count in enumerate((samples, 2000, 4000))
    )
    net = gp.Network("yin_yang")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=10 * ms))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    delay = gp.learn(gp.uniform(0 * ms, 10 * ms), max=30 * ms) if delays else 0 * ms
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(2.0, 1.5)), delay=delay)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 3.0)), delay=delay)
    optimiser = {"weight": gp.Adam(weight_rate)}
    if delays:
        optimiser["delay"] = gp.Adam(delay_rate)
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        optimiser=optimiser,
        train=train,
        valid=valid,
        test=test,
    )
