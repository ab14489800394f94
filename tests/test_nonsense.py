"""Numbers that cannot be, at every public place where a number is given: refused, and by us."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.errors import GenpropError

Made = Callable[..., object]


def _network(size: Any = 3, bound: Any = 5.0) -> gp.Network:
    net = gp.Network("n")
    source = net.population("in", 2, gp.spikes())
    cells = net.population("out", size, gp.neuron("LI"))
    net.connect(
        source, cells, gp.synapse("exp"), weight=gp.learn(gp.normal(1, 0.1), min=-9, max=bound)
    )
    return net


def _connect(**given: Any) -> object:
    net, options = gp.Network("n"), dict[str, Any](weight=1.0) | given
    source, cells = net.population("a", 2, gp.spikes()), net.population("b", 3, gp.neuron("LIF"))
    return net.connect(source, cells, gp.synapse("exp"), **options)


def _compile(**given: Any) -> object:
    options = dict[str, Any](dt=1.0, duration=10.0, batch=2, backend="reference") | given
    return gp.compile(_network(), **options)


def _loss(kind: Made) -> Made:
    return lambda **given: kind(gp.first_spike("out"), **given)


def _of_weight(draw: Made) -> Made:
    return lambda **given: _connect(weight=draw(**given))


def _first_batch(*, augment: Any = None, size: Any = 4, seed: Any = 0) -> object:
    return next(iter(DATA.batches(size, seed, augment=None if augment is None else [augment])))


def _from_events(**given: Any) -> object:
    return gp.data.SpikeBatch.from_events([([1.0], [0])], **given)


DATA = gp.data.yin_yang(12, seed=0)
TIMES = {"t_min": 10.0, "t_max": 40.0, "bias": 20.0, "duration": 60.0}
PLACES: Mapping[str, tuple[Made, dict[str, Any]]] = {
    "compile": (_compile, {"dt": 1.0, "duration": 10.0, "batch": 2, "seed": 0}),
    "population": (_network, {"size": 3, "bound": 5.0}),
    "connect": (_connect, {"weight": 1.0, "delay": 1.0, "max_delay": 2.0}),
    "learn": (_of_weight(gp.learn), {"x": 1.0, "min": 0.0, "max": 2.0}),
    "normal": (_of_weight(gp.normal), {"mean": 0.0, "sd": 1.0}),
    "uniform": (_of_weight(gp.uniform), {"low": -1.0, "high": 1.0}),
    "constant": (_of_weight(gp.constant), {"x": 1.0}),
    "sparse": (lambda **k: _connect(pattern=gp.sparse(**k)), {"probability": 0.5, "seed": 0}),
    "neuron": (lambda **k: gp.neuron("LIF", **k), {"tau_mem": 20.0, "v_th": 1.0}),
    "synapse": (lambda **k: gp.synapse("exp", **k), {"tau": 5.0}),
    "Adam": (gp.Adam, {"rate": 0.1, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8}),
    "AdamW": (gp.AdamW, {"rate": 0.1, "decay": 0.1}),
    "SGD": (gp.SGD, {"rate": 0.1, "momentum": 0.9}),
    "EarlySpike": (_loss(gp.EarlySpike), {"alpha": 1.0, "tau": 5.0}),
    "FirstSpikeCrossEntropy": (
        lambda **k: gp.FirstSpikeCrossEntropy("out", **k),
        {"tau0": 5.0, "tau1": 5.0, "alpha": 0.5},
    ),
    "RelativeMeanSquare": (_loss(gp.RelativeMeanSquare), {"delta": 1.0}),
    "SoftCrossEntropy": (
        lambda **k: gp.SoftCrossEntropy(gp.integral("out"), **k),
        {"temperature": 2.0},
    ),
    "SpikeBudget": (lambda **k: gp.SpikeBudget("out", **k), {"per_trial": 1.0}),
    "a multiple of a loss": (lambda times: times * gp.SpikeBudget("out", 1), {"times": 2.0}),
    "Native": (gp.Native, {"threads": 1}),
    "Quantise": (gp.Quantise, {"weight_bits": 8}),
    "Checkpoint": (lambda **k: gp.Checkpoint("x.h5", **k), {"every": 1}),
    "yin_yang": (gp.data.yin_yang, {"samples": 4, "seed": 0, **TIMES}),
    "xor": (gp.data.xor, {"samples": 4, "seed": 0}),
    "delay_line": (gp.data.delay_line, {"samples": 4, "seed": 0, "lag": 20.0, "spread": 0.0}),
    "from_events": (_from_events, {"channels": 2, "duration": 10.0}),
    "Dataset": (lambda classes: gp.data.Dataset(DATA.spikes, classes), {"classes": 3}),
    "batches": (_first_batch, {"size": 4, "seed": 0}),
    "split": (DATA.split, {"fraction": 0.5, "seed": 0}),
    "folds": (lambda **k: list(DATA.folds(**k)), {"k": 2, "seed": 0}),
    "crop": (DATA.crop, {"duration": 20.0}),
    "steps": (DATA.spikes.steps, {"dt": 1.0}),
    "Shift": (gp.data.Shift, {"max_channels": 2}),
    "Blend": (gp.data.Blend, {"probability": 0.5, "fraction": 0.5}),
    "Jitter": (gp.data.Jitter, {"sd": 1.0}),
    "Warp": (gp.data.Warp, {"stretch": 0.1, "shift": 1.0, "centre": 0.5}),
    "Drop": (gp.data.Drop, {"probability": 0.5}),
    "Equalise": (gp.data.Equalise, {"depth": 0.5, "knots": 3}),
    "Level": (gp.data.Level, {"rate": 10.0}),
    "from_onset": (lambda **k: gp.data.from_onset(DATA, **k), {"duration": 20.0, "before": 5.0}),
    "changed": (lambda seed: DATA.changed(gp.data.Drop(0.5), seed=seed), {"seed": 0}),
    "Noise": (lambda rate: _first_batch(augment=gp.data.Noise(rate)), {"rate": 10.0}),
    "Clip norm": (lambda norm: gp.train.Clip(norm=norm), {"norm": 1.0}),
    "Clip value": (lambda value: gp.train.Clip(value=value), {"value": 1.0}),
    "ExponentialWarmup": (gp.train.ExponentialWarmup, {"batches": 3, "start": 0.1}),
    "Exponential": (gp.train.Exponential, {"decay": 0.5}),
    "Cosine": (gp.train.Cosine, {"final": 0.1, "epochs": 3}),
    "EarlyStopping": (gp.train.EarlyStopping, {"patience": 3}),
    "Plateau": (gp.train.Plateau, {"patience": 3, "by": 0.5, "least": 1e-4}),
    "DualEMAPlateau": (
        gp.train.DualEMAPlateau,
        {"fast": 5.0, "slow": 20.0, "patience": 3, "by": 0.5},
    ),
    "ReviveSilent": (gp.train.ReviveSilent, {"amount": 0.1}),
    "Sharpness": (gp.train.Sharpness, {"radius": 0.1}),
}
"""Every place where numbers are given, and numbers that it takes."""
NEVER: Mapping[str, object] = {
    "nan": math.nan,
    "inf": math.inf,
    "text": "a",
    "no digits": "\u0661",
    "a list": [[1, 2], [3]],
    "an object": object(),
    "a complex number": 1j,
    "nan with a unit": math.nan * ms,
}
"""What is no number wherever one is given."""
SELDOM: Mapping[str, object] = {
    "below zero": -1,
    "an integer that no float holds": 10**400,
    "more than there is memory": 10**18,
    "a large float": 1e308,
    "a small float": 5e-324,
    "a part": 1.5,
    "zero": 0,
    "truth": True,
    "nothing": None,
    "a number of numpy's": np.float32(0.5),
    "a current": 1.0 * gp.nA,
}
"""What is a number in some of them."""


def tried(place: str, name: str, value: object) -> bool:
    """Whether it is taken; everything but an error of ours is a failure."""
    make, sound = PLACES[place]
    try:
        make(**(sound | {name: value}))
    except GenpropError as error:
        assert str(error).strip()
        return False
    return True


@pytest.mark.parametrize(("place", "name"), [(p, n) for p, (_, ns) in PLACES.items() for n in ns])
def test_no_number_ends_in_another_error_than_ours(place: str, name: str) -> None:
    assert tried(place, name, PLACES[place][1][name])
    taken = [case for case, value in NEVER.items() if tried(place, name, value)]
    assert not taken, f"{place}({name}=…) takes {taken}"
    for value in SELDOM.values():
        tried(place, name, value)
