"""Seven Braille letters under a fingertip of 12 taxels → LIF → LI, with or without delays."""

from __future__ import annotations

from typing import Literal

import genprop as gp
from genprop import ms

STEP = 5.0
"""The clock of the recordings [ms]."""

LONGEST = 62 * STEP
"""How long a synapse of Loihi 2 can delay a spike at this clock [ms]."""


def build(
    seed: int,
    data: str = "braille7_events.npz",
    hidden: int = 256,
    recurrent: bool = False,
    delays: Literal["none", "fixed", "learned"] = "learned",
    spread: float = 300.0,
    weight_rate: float = 1e-2,
    out_rate: float = 0.1,
    delay_rate: float = 10.0,
    stretch: float = 0.1,
    shift: float = 60.0,
    drop: float = 0.1,
    valid: float = 0.1,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the validation part and of the initial parameters.
        data: the file of events; a relative one is looked for in ``$GENPROP_DATA`` too.
        hidden: how many LIF neurons.
        recurrent: whether they are connected with each other.
        delays: "none", "fixed" (as drawn) or "learned", of input and recurrent connections.
        spread: delays are first uniform in [0, spread] [ms].
        weight_rate: of Adam, for input and recurrent weights.
        out_rate: of Adam, for readout weights.
        delay_rate: of Adam, for delays [ms].
        stretch: augmentation by playing a letter faster or slower, by up to this fraction.
        shift: augmentation by playing it earlier or later, by up to so much [ms].
        drop: augmentation by leaving out this fraction of the events.
        valid: fraction of what is not for testing that is for validation.
    """
    train, validation, test = gp.data.braille(data, valid=valid, seed=seed)
    train = train.with_augment(gp.data.Warp(stretch, shift), gp.data.Drop(drop))
    net = gp.Network("braille7")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=60 * ms))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=100 * ms))
    exp = gp.synapse("exp", tau=60 * ms)
    drawn = gp.uniform(0 * ms, spread * ms)
    delay = {"none": 0 * ms, "fixed": drawn, "learned": gp.learn(drawn, max=LONGEST * ms)}[delays]
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(0.03, 0.3)), delay=delay)
    if recurrent:
        net.connect(cells, cells, exp, weight=gp.learn(gp.normal(0.0, 0.05)), delay=delay)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    optimiser = {"weight": gp.Adam(weight_rate), "hidden->out.weight": gp.Adam(out_rate)}
    if delays == "learned":
        optimiser["delay"] = gp.Adam(delay_rate)
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.weighted_integral(out, "v")),
        optimiser=optimiser,
        train=train,
        valid=validation,
        test=test,
    )
