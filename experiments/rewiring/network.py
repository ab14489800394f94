"""40 bands → 256 LIF → LI, both projections sparse: delays fixed or learned, wiring or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from recordings import spikes

import genprop as gp
from genprop import ms

if TYPE_CHECKING:
    from genprop.describe.update import Update


def build(
    seed: int,
    data: str = "",
    task: Literal["fsdd", "shd", "rawhd"] = "fsdd",
    bands: int = 40,
    hidden: int = 256,
    halvings: int = 5,
    delays: Literal["fixed", "learned"] = "learned",
    structure: Literal["fixed", "rigl", "deep_r"] = "rigl",
    dale: bool = False,
    longest: float = 240.0,
    l1: float = 1e-5,
    duration: float = 600.0,
    drive: float = 1.5,
    out_drive: float = 30.0,
    weight_rate: float = 1e-2,
    out_rate: float = 0.1,
    delay_rate: float = 3.0,
    shift: int = 0,
    every: int = 1,
    cache: bool = True,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the validation split, of who is connected first, of signs, delays and magnitudes.
        data: the folder with the files of the task; by default ``$GENPROP_DATA``.
        task: "fsdd", "shd" or "rawhd".
        bands: neighbouring channels are merged into so many; 0 leaves them as they are.
        hidden: how many LIF neurons.
        halvings: k of the sparsity 1 − 2^−k, in both projections.
        delays: "fixed" (as drawn) or "learned".
        structure: "fixed", "rigl" (regrown by gradients) or "deep_r" (regrown at random).
        dale: one sign per presynaptic neuron or band; else one per synapse.
        longest: delays are first uniform in [0, longest], their bound [ms].
        l1: strength of Σ|w| over all weights.
        duration: how much of a recording is heard [ms].
        drive: the first input magnitudes have a mean of drive/√(synapses per neuron).
        out_drive: of the readout, likewise.
        weight_rate: of Adam, for input magnitudes at 64 synapses per neuron; it goes with the
            root of their number, as magnitudes do.
        out_rate: of Adam, for readout magnitudes likewise.
        delay_rate: of Adam, for delays [ms].
        shift: augmentation by moving all channels at random, up to so many.
        every: how many updates from one rewiring to the next.
        cache: keep a flat copy of the files in the user's cache folder.
    """
    train, valid, test = spikes(task, data, bands, seed, duration, cache)
    if shift:
        train = train.with_augment(gp.data.Shift(shift))
    net = gp.Network("rewiring")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    density, exp = 2.0**-halvings, gp.synapse("exp", tau=5 * ms)
    drawn = gp.uniform(0 * ms, longest * ms)
    delay = {"fixed": drawn, "learned": gp.learn(drawn, max=longest * ms)}[delays]
    rates: dict[str, Update] = {}
    for pre, post, first, rate in (
        (source, cells, drive, weight_rate),
        (cells, out, out_drive, out_rate),
    ):
        each = max(pre.size * density, 1.0)
        magnitude = gp.learn(gp.uniform(0.0, 2 * first / np.sqrt(each)))
        rule = {
            "fixed": None,
            "rigl": gp.RigL(every=every, seed=seed),
            "deep_r": gp.DeepR(every=every, seed=seed),
        }[structure]
        made = net.connect(
            pre, post, exp,
            weight=gp.dale(magnitude) if dale else gp.signed(magnitude, seed=seed),
            delay=delay,
            pattern=gp.sparse(pairs=pairs(pre.size, post.size, density, seed)),
            rewire=rule,
        )  # fmt: skip
        rates[f"{made.spec.name}.magnitude"] = gp.Adam(rate * float(np.sqrt(64.0 / each)))
    if delays == "learned":
        rates["delay"] = gp.Adam(delay_rate)
    loss = gp.CrossEntropy(gp.weighted_integral(out, "v"))
    if l1:
        loss = loss + l1 * gp.L1("weight")
    return gp.Experiment(net=net, loss=loss, optimiser=rates, train=train, valid=valid, test=test)


def pairs(pre: int, post: int, density: float, seed: int) -> np.ndarray:
    """``density`` of all pairs, drawn without replacement; the number is the same for any seed."""
    count = max(round(density * pre * post), 1)
    chosen = np.random.default_rng([seed, pre, post]).choice(pre * post, count, replace=False)
    return np.stack(np.divmod(np.sort(chosen), post), axis=1)
