"""Spiking Speech Commands: 700 channels → layers of LIF → LI, with learnable delays between."""

from __future__ import annotations

from typing import Literal

import genprop as gp
from genprop import ms


def build(
    data: str = "",
    hidden: int = 1024,
    layers: int = 2,
    delays: Literal["none", "fixed", "learned"] = "learned",
    spread: float = 50.0,
    longest: float = 1000.0,
    duration: float = 1000.0,
    weight_rate: float = 1e-3,
    delay_rate: float = 0.1,
    budget: float = 1e-10,
    shift: int = 40,
    cache: bool = True,
) -> gp.Experiment:
    """The experiment.

    Args:
        data: the folder with ``ssc_train.h5``, ``ssc_valid.h5`` and ``ssc_test.h5``, plain, .gz or
            .zip; by default ``$GENPROP_DATA``.
        hidden: how many LIF neurons in each layer.
        layers: how many layers of them.
        delays: "none", "fixed" (as drawn) or "learned".
        spread: delays are first uniform in [0, spread] [ms].
        longest: bound of the delays [ms].
        duration: later events are dropped [ms].
        weight_rate: of Adam, for all weights.
        delay_rate: of Adam, for delays [ms].
        budget: strength of the budget of 14 spikes per neuron and trial in each layer.
        shift: augmentation by moving all channels at random, up to so many.
        cache: keep a flat copy of the files in the user's cache folder.
    """
    chain = [gp.data.Shift(shift)] if shift else []
    train, valid, test = gp.data.ssc(data or None, augment=chain, duration=duration, cache=cache)
    net = gp.Network("ssc")
    below = net.population("input", train.channels, gp.spikes())
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    drawn = gp.uniform(0 * ms, min(spread, longest) * ms)
    kinds = {"none": 0 * ms, "fixed": drawn, "learned": gp.learn(drawn, max=longest * ms)}
    loss = gp.CrossEntropy(gp.weighted_integral(out, "v"))
    first = gp.normal(0.03, 0.01)
    for layer in range(layers):
        cells = net.population(f"hidden{layer}", hidden, gp.neuron("LIF", tau_mem=20 * ms))
        drawn_weights = gp.normal(0.02, 0.03) if layer else first
        net.connect(below, cells, exp, weight=gp.learn(drawn_weights), delay=kinds[delays])
        loss = loss + budget * gp.SpikeBudget(cells, per_trial=14)
        below = cells
    net.connect(below, out, exp, weight=gp.learn(gp.normal(0.0, 0.03)))
    optimiser = {"weight": gp.Adam(weight_rate)}
    if delays == "learned":
        optimiser["delay"] = gp.Adam(delay_rate)
    return gp.Experiment(
        net=net, loss=loss, optimiser=optimiser, train=train, valid=valid, test=test
    )
