"""Seven Braille letters under a fingertip of 12 taxels → recurrent LIF → LI, within Loihi 2."""

from __future__ import annotations

import math

import genprop as gp
from genprop import ms

STEP = 5.0
"""The clock of the recordings [ms]."""

LONGEST = 62 * STEP
"""What a synapse of Loihi 2 can delay a spike by, at this clock [ms]."""


def build(
    seed: int,
    data: str = "braille7_events.npz",
    hidden: int = 128,
    recurrent: bool = True,
    tau: float = 60.0,
    jitter: float = 10.0,
    drop: float = 0.1,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the initial parameters and the validation split.
        data: the file, below ``$GENPROP_DATA`` unless it is found as named.
        hidden: how many LIF neurons.
        recurrent: whether they reach each other.
        tau: of membranes and synapses [ms].
        jitter: of training events [ms].
        drop: fraction of training events that are left out.
    """
    train, valid, test = gp.data.braille(data, valid=0.2, seed=seed)
    train = train.with_augment(gp.data.Jitter(jitter), gp.data.Drop(drop))
    slow, slowest = decoded(tau) * ms, decoded(100.0) * ms
    net = gp.Network("braille7")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=slow))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=slowest))
    exp = gp.synapse("exp", tau=slow)
    delay = gp.learn(gp.uniform(0 * ms, 300 * ms), max=LONGEST * ms)
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(0.03, 0.3)), delay=delay)
    if recurrent:
        net.connect(cells, cells, exp, weight=gp.learn(gp.normal(0.0, 0.05)), delay=delay)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.weighted_integral(out, "v")),
        optimiser={
            "weight": gp.Adam(1e-2),
            "hidden->out.weight": gp.Adam(0.1),
            "delay": gp.Adam(10.0),
        },
        train=train,
        valid=valid,
        test=test,
    )


def decoded(tau: float) -> float:
    """The nearest time constant that a decay of 12 bits can hold [ms]."""
    decay = round(4096 * (1 - math.exp(-STEP / tau)))
    return -STEP / math.log(1 - decay / 4096)
