"""Spiking Heidelberg Digits: 700 channels → LIF, recurrent or in one layer → LI, with delays."""

from __future__ import annotations

from typing import Literal

import genprop as gp
from genprop import ms


def build(
    seed: int,
    data: str = "",
    hidden: int = 512,
    recurrent: bool = True,
    delays: Literal["none", "fixed", "learned"] = "learned",
    spread: float = 150.0,
    recurrent_spread: float = 0.0,
    longest: float = 1000.0,
    duration: float = 1000.0,
    weight_rate: float = 1e-3,
    delay_rate: float = 0.1,
    budget: float = 1e-9,
    shift: int = 40,
    blend: float = 0.5,
    valid: float = 0.1,
    cache: bool = True,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the validation part.
        data: the folder with ``shd_train.h5`` and ``shd_test.h5``, plain, .gz or .zip; by default
            ``$GENPROP_DATA``.
        hidden: how many LIF neurons.
        recurrent: whether they are connected with each other.
        delays: "none", "fixed" (as drawn) or "learned".
        spread: input delays are first uniform in [0, spread] [ms].
        recurrent_spread: recurrent ones likewise; with 0 they begin without delay.
        longest: bound of the delays [ms].
        duration: later events are dropped [ms].
        weight_rate: of Adam, for all weights.
        delay_rate: of Adam, for delays [ms].
        budget: strength of the budget of 14 spikes per neuron and trial.
        shift: augmentation by moving all channels at random, up to so many.
        blend: fraction of the samples that are blended with one of their class.
        valid: fraction of the training file that is for validation.
        cache: keep a flat copy of the files in the user's cache folder.
    """
    chain: list[gp.data.Augmentation] = []
    if blend:
        chain.append(gp.data.Blend(0.5, fraction=blend))
    if shift:
        chain.append(gp.data.Shift(shift))
    train, validation, test = gp.data.shd(
        data or None, valid=valid, seed=seed, augment=chain, duration=duration, cache=cache
    )
    net = gp.Network("shd")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    drawn = [gp.uniform(0 * ms, min(s, longest) * ms) for s in (spread, recurrent_spread)]
    feed, back = (
        {"none": 0 * ms, "fixed": d, "learned": gp.learn(d, max=longest * ms)}[delays]
        for d in drawn
    )
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(0.03, 0.01)), delay=feed)
    if recurrent:
        net.connect(cells, cells, exp, weight=gp.learn(gp.normal(0.0, 0.02)), delay=back)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 0.03)))
    optimiser = {"weight": gp.Adam(weight_rate)}
    if delays == "learned":
        optimiser["delay"] = gp.Adam(delay_rate)
    loss = gp.CrossEntropy(gp.weighted_integral(out, "v"))
    return gp.Experiment(
        net=net,
        loss=loss + budget * gp.SpikeBudget(cells, per_trial=14),
        optimiser=optimiser,
        train=train,
        valid=validation,
        test=test,
    )
