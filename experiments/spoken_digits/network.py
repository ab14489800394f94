"""Spoken digits: 700 cochlear channels → LIF, recurrent or not → LI, with or without delays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

import genprop as gp
from genprop import ms


def taught(
    train: gp.data.Dataset, teacher: str, speaker: int, temperature: float, level: float
) -> gp.data.Dataset:
    """The training recordings with what an ensemble of runs takes them for."""
    names = "seed=*" if speaker < 0 else f"seed=*,options.speaker={speaker}"
    ensemble, _ = gp.experiment.open_ensemble(sorted(Path(teacher).expanduser().glob(names)))
    heard = train.changed(gp.data.Level(level)) if level else train
    scores = gp.evaluate(ensemble, heard).scores
    assert scores is not None, "a cross-entropy has scores"
    odds = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return train.with_targets(odds / odds.sum(axis=1, keepdims=True))


def build(
    seed: int,
    data: str = "",
    hidden: int = 192,
    recurrent: bool = True,
    delays: Literal["none", "fixed", "learned"] = "learned",
    spread: float = 60.0,
    longest: float = 62.0,
    duration: float = 600.0,
    weight_rate: float = 3e-3,
    out_rate: float = 0.1,
    delay_rate: float = 1.0,
    shift: int = 5,
    speaker: int = -1,
    before: float = -1.0,
    stretch: float = 0.0,
    equalise: float = 0.0,
    level: float = 0.0,
    weight: float = 0.01,
    weight_spread: float = 0.05,
    tau_syn: float = 5.0,
    lasting: float = 0.0,
    evenness: float = 0.5,
    pool: int = 1,
    teacher: str = "",
    temperature: float = 2.0,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the validation split and of the initial parameters.
        data: the folder with ``fsdd_train.h5[.gz]`` and ``fsdd_test.h5[.gz]``; by default
            ``$GENPROP_DATA``.
        hidden: how many LIF neurons.
        recurrent: whether they are connected with each other.
        delays: of input and recurrent synapses: "none", "fixed" (as drawn) or "learned".
        spread: delays are first uniform in [0, spread] [ms].
        longest: bound of the delays [ms]; 62 steps are what Loihi 2 has.
        duration: how much of a recording is heard [ms].
        weight_rate: of Adam, for input and recurrent weights.
        out_rate: of Adam, for readout weights.
        delay_rate: of Adam, for delays [ms].
        shift: augmentation by moving all channels at random, up to so many.
        speaker: test on this speaker's recordings of the training file, which are then neither
            trained on nor used for validation; −1: the test file, whose speakers are known.
        before: silence before each recording's onset [ms]; −1 leaves recordings as they are.
        stretch: augmentation by another tempo, from ``before`` on, up to this fraction.
        equalise: augmentation by other microphones, how much of a channel may be lost.
        level: all recordings are thinned to this rate of events [Hz]; 0 leaves them as they are.
        weight: mean of the initial input weights.
        weight_spread: their standard deviation.
        tau_syn: time constant of all synapses [ms].
        lasting: with ``before``, how long a recording's sound shall last [ms]; 0 leaves it.
        evenness: how nearly it shall, from 0 to 1.
        pool: so many neighbouring channels are one; ``shift`` counts those that are left.
        teacher: folder of a sweep over seeds and speakers; its networks that never heard this
            speaker teach, as one, in half of the loss.
        temperature: of their probabilities.
    """
    heard = duration if before < 0 else None
    train, valid, test = gp.data.fsdd(data or None, valid=0.1, seed=seed, duration=heard)
    if speaker >= 0:
        others, test, _ = gp.data.fsdd(data or None, valid_speakers=[speaker], duration=heard)
        train, valid = others.split(0.9, seed)
        test = replace(test, name=f"FSDD speaker {speaker}")
    if before >= 0:
        train, valid, test = (
            gp.data.from_onset(
                d, duration, before=before, lasting=lasting or None, evenness=evenness
            )
            for d in (train, valid, test)
        )
    train, valid, test = (d.pooled(pool) for d in (train, valid, test))
    augment: list[gp.data.Augmentation] = [gp.data.Shift(shift)] if shift else []
    if stretch:
        augment.append(gp.data.Warp(stretch, centre=max(before, 0.0) / duration))
    if equalise:
        augment.append(gp.data.Equalise(equalise))
    if level:  # of what was heard: after the equaliser
        augment.append(gp.data.Level(level))
        valid, test = (d.changed(gp.data.Level(level)) for d in (valid, test))
    train = train.with_augment(*augment)
    net = gp.Network("spoken_digits")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=tau_syn * ms)
    drawn = gp.uniform(0 * ms, spread * ms)
    delay = {"none": 0 * ms, "fixed": drawn, "learned": gp.learn(drawn, max=longest * ms)}[delays]
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(weight, weight_spread)), delay=delay)
    if recurrent:
        net.connect(cells, cells, exp, weight=gp.learn(gp.normal(0.0, 0.02)), delay=delay)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 3.0)))
    optimiser = {"weight": gp.Adam(weight_rate), "hidden->out.weight": gp.Adam(out_rate)}
    if delays == "learned":
        optimiser["delay"] = gp.Adam(delay_rate)
    readout = gp.weighted_integral(out, "v")
    loss = gp.CrossEntropy(readout)
    if teacher:
        train = taught(train, teacher, speaker, temperature, level)
        loss = 0.5 * loss + 0.5 * gp.SoftCrossEntropy(readout, temperature=temperature)
    return gp.Experiment(
        net=net,
        loss=loss,
        optimiser=optimiser,
        train=train,
        valid=valid,
        test=test,
    )
