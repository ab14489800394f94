"""Spoken digits: 700 cochlear channels → recurrent LIF → LI, with or without learnable delays."""

from __future__ import annotations

import genprop as gp
from genprop import ms


def build(
    seed: int,
    data: str = "",
    hidden: int = 128,
    delays: bool = True,
    duration: float = 600.0,
    longest: float = 60.0,
    weight_rate: float = 3e-3,
    out_rate: float = 0.1,
    delay_rate: float = 1.0,
    shift: int = 0,
) -> gp.train.Experiment:
    """The experiment.

    Args:
        seed: of the validation split and of the initial parameters.
        data: the folder with ``fsdd_train.h5[.gz]`` and ``fsdd_test.h5[.gz]``; by default
            ``$GENPROP_DATA``.
        hidden: how many recurrent LIF neurons.
        delays: whether input and recurrent delays learn, from uniform in [0, 30] ms.
        duration: how much of a recording is heard [ms]; it starts at the sound's onset.
        longest: bound of the delays [ms].
        weight_rate: of Adam, for input and recurrent weights.
        out_rate: of Adam, for readout weights.
        delay_rate: of Adam, for delays [ms].
        shift: augmentation by moving all channels at random, up to so many.
    """
    train, valid, test = gp.data.fsdd(data or None, valid=0.1, seed=seed, duration=duration)
    if shift:
        train = train.with_augment(gp.data.Shift(shift))
    net = gp.Network("spoken_digits")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    delay = gp.learn(gp.uniform(0 * ms, 30 * ms), max=longest * ms) if delays else 0 * ms
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(0.01, 0.05)), delay=delay)
    net.connect(cells, cells, exp, weight=gp.learn(gp.normal(0.0, 0.02)), delay=delay)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 3.0)))
    optimiser = {"weight": gp.Adam(weight_rate), "hidden->out.weight": gp.Adam(out_rate)}
    if delays:
        optimiser["delay"] = gp.Adam(delay_rate)
    return gp.train.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.weighted_integral(out, "v")),
        optimiser=optimiser,
        train=train,
        valid=valid,
        test=test,
    )
