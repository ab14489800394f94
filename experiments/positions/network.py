"""700 cochlear channels → recurrent LIF → LI, where recurrent delays may be distances."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

import genprop as gp
from genprop import ms


def build(
    seed: int,
    data: str = "",
    task: Literal["fsdd", "shd"] = "fsdd",
    hidden: int = 128,
    delays: Literal["none", "free", "axonal", "2d", "3d", "4d", "fixed_2d", "shuffled"] = "2d",
    spread: float = 15.0,
    longest: float = 62.0,
    l1: float = 0.0,
    cost: float = 0.0,
    like: str = "",
    duration: float = 600.0,
    input_mean: float = 0.01,
    input_sd: float = 0.05,
    out_sd: float = 3.0,
    weight_rate: float = 3e-3,
    out_rate: float = 0.1,
    delay_rate: float = 0.3,
    position_rate: float = 0.3,
    shift: int = 5,
    blend: float = 0.0,
    cache: bool = True,
) -> gp.Experiment:
    """The experiment; inputs and readout have no delays.

    Args:
        seed: of the validation split, the initial parameters and the shuffled delays.
        data: the folder with the files of the task; by default ``$GENPROP_DATA``.
        task: "fsdd" or "shd".
        hidden: how many LIF neurons, all connected with each other.
        delays: of recurrent synapses: "none", "free" (one per synapse), "axonal" (one per neuron),
            "2d", "3d", "4d" (distances of learned positions), "fixed_2d" (of positions that stay
            where they are drawn), "shuffled" (those of ``like``, dealt to other synapses, fixed).
        spread: positions are first uniform in [−spread, spread] per dimension, free and axonal
            delays in [0, 2 spread], of which the mean is that of the distances in 2-D but for 4 %.
        longest: bound of the delays [ms]; 62 steps are what Loihi 2 has.
        l1: strength of Σ|w| over recurrent weights.
        cost: strength of Σ|w| d/mean d, which needs positions.
        like: a run folder whose delays are shuffled; "{seed}" in it is the seed.
        duration: how much of a recording is heard [ms].
        input_mean: of the first input weights.
        input_sd: their standard deviation.
        out_sd: of the first readout weights, about zero.
        weight_rate: of Adam, for input and recurrent weights.
        out_rate: of Adam, for readout weights.
        delay_rate: of Adam, for delays [ms].
        position_rate: of Adam, for coordinates [ms].
        shift: augmentation by moving all channels at random, up to so many.
        blend: fraction of the samples that are blended with one of their class.
        cache: keep a flat copy of the files in the user's cache folder.
    """
    load = {"fsdd": gp.data.fsdd, "shd": gp.data.shd}[task]
    chain: list[gp.data.Augmentation] = [gp.data.Shift(shift)] if shift else []
    chain = [gp.data.Blend(0.5, fraction=blend), *chain] if blend else chain
    train, valid, test = load(
        data or None, valid=0.1, seed=seed, augment=chain, duration=duration, cache=cache
    )
    net = gp.Network("positions")
    box = gp.uniform(-spread, spread)
    place = {"2d": gp.learn(box), "3d": gp.learn(box), "4d": gp.learn(box), "fixed_2d": box}
    dims = int(delays[-2]) if delays in place else None
    source = net.population("input", train.channels, gp.spikes())
    lif = gp.neuron("LIF", tau_mem=20 * ms)
    cells = net.population("hidden", hidden, lif, position=place.get(delays), dims=dims)
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(input_mean, input_sd)))
    free = gp.learn(gp.uniform(0 * ms, min(2 * spread, longest) * ms), max=longest * ms)
    if delays == "shuffled":
        delay = gp.values(shuffled(Path(like.format(seed=seed)), seed))
    elif dims:
        delay = gp.distance(max=longest * ms)
    else:
        delay = {"none": 0 * ms, "free": free, "axonal": gp.axonal(free)}[delays]
    recurrent = gp.learn(gp.normal(0.0, 0.02))
    back = net.connect(cells, cells, exp, weight=recurrent, delay=delay)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, out_sd)))
    loss = gp.CrossEntropy(gp.weighted_integral(out, "v"))
    if l1:
        loss = loss + l1 * gp.L1("hidden->hidden.weight")
    if cost:
        loss = loss + cost * gp.DistanceCost(back)
    optimiser = {"weight": gp.Adam(weight_rate), "hidden->out.weight": gp.Adam(out_rate)}
    if dims and delays != "fixed_2d":
        optimiser["position"] = gp.Adam(position_rate)
    elif delays in ("free", "axonal"):
        optimiser["delay" if delays == "free" else "axonal_delay"] = gp.Adam(delay_rate)
    return gp.Experiment(
        net=net, loss=loss, optimiser=optimiser, train=train, valid=valid, test=test
    )


def shuffled(run: Path, seed: int) -> np.ndarray:
    """The recurrent delays of a run's best network, each at another synapse."""
    sim, _ = gp.experiment.open_run(run)
    assert isinstance(sim, gp.Simulator)
    delays = np.array(sim.arrays()["hidden->hidden.delay"], float)
    return np.random.default_rng(seed).permutation(delays.ravel()).reshape(delays.shape)
