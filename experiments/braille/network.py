"""Braille letters under a fingertip of 12 taxels: 24 channels → layers of LIF → LI, with delays."""

from __future__ import annotations

from typing import Literal

import genprop as gp
from genprop import ms


def build(
    seed: int,
    data: str = "data_braille_letters_th_1.pkl",
    threshold: float = 1.0,
    hidden: int = 1024,
    layers: int = 2,
    delays: Literal["none", "fixed", "learned"] = "learned",
    spread: float = 0.0,
    longest: float = 1000.0,
    weight_rate: float = 1e-3,
    delay_rate: float = 0.025,
    budget: float = 2e-9,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the parts.
        data: the file, as published or as ``.npz`` of taxel values; a relative one is looked for in
            ``$GENPROP_DATA`` too.
        threshold: of taxel values for one event, where the file does not hold events.
        hidden: how many LIF neurons in each layer.
        layers: how many layers of them.
        delays: "none", "fixed" (as drawn) or "learned".
        spread: delays are first uniform in [0, spread] [ms].
        longest: bound of the delays [ms].
        weight_rate: of Adam, for all weights.
        delay_rate: of Adam, for delays [ms].
        budget: strength of the budget of 14 spikes per neuron and trial in each layer.
    """
    train, valid, test = gp.data.braille(
        data, threshold=threshold, valid=0.125, test=0.2, seed=seed
    )
    net = gp.Network("braille")
    below = net.population("input", train.channels, gp.spikes())
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    drawn = gp.uniform(0 * ms, min(spread, longest) * ms)
    kinds = {"none": 0 * ms, "fixed": drawn, "learned": gp.learn(drawn, max=longest * ms)}
    loss = gp.CrossEntropy(gp.weighted_integral(out, "v"))
    for layer in range(layers):
        cells = net.population(f"hidden{layer}", hidden, gp.neuron("LIF", tau_mem=20 * ms))
        weight = gp.normal(0.02, 0.03) if layer else gp.normal(0.03, 0.01)
        net.connect(below, cells, exp, weight=gp.learn(weight), delay=kinds[delays])
        loss = loss + budget * gp.SpikeBudget(cells, per_trial=14)
        below = cells
    net.connect(below, out, exp, weight=gp.learn(gp.normal(0.0, 0.03)))
    optimiser = {"weight": gp.Adam(weight_rate)}
    if delays == "learned":
        optimiser["delay"] = gp.Adam(delay_rate)
    return gp.Experiment(
        net=net, loss=loss, optimiser=optimiser, train=train, valid=valid, test=test
    )
