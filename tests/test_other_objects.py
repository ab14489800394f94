"""Objects of another kind than is asked for, at every public place where one is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import genprop as gp
from genprop.errors import GenpropError

Given = Callable[[Any], object]

DATA = gp.data.yin_yang(8, seed=1)
LOSS = gp.CrossEntropy(gp.integral("out", "v"))
EXP = gp.synapse("exp")


def network() -> gp.Network:
    net = gp.Network("n")
    source = net.population("in", DATA.channels, gp.spikes())
    cells = net.population("out", 3, gp.neuron("LI"))
    net.connect(source, cells, EXP, weight=gp.learn(gp.normal(1.0, 0.1)))
    return net


def compiled(net: Any = None, **given: Any) -> gp.Simulator:
    options = dict[str, Any](loss=LOSS, optimiser=gp.Adam(1e-2), clock="grid") | given
    more = dict[str, Any](dt=1, duration=60, batch=4, backend="reference") | options
    return gp.compile(network() if net is None else net, **more)


@cache
def sim() -> gp.Simulator:
    return compiled()


def connected(**given: Any) -> object:
    net = gp.Network("n")
    source, cells = net.population("a", 2, gp.spikes()), net.population("b", 3, gp.neuron("LIF"))
    options = dict[str, Any](pre=source, post=cells, synapse=EXP, weight=1.0) | given
    return net.connect(**options)


PLACES: Mapping[str, Given] = {
    "compile": lambda x: compiled(net=[] if x is None else x),
    "loss": lambda x: compiled(loss=x),
    "optimiser": lambda x: compiled(optimiser=x),
    "one optimiser": lambda x: compiled(optimiser={"weight": x}),
    "backend": lambda x: compiled(backend=x),
    "stages": lambda x: compiled(stages=x),
    "a stage": lambda x: compiled(stages=[x]),
    "events": lambda x: compiled(events=x),
    "model": lambda x: network().population("more", 3, x),
    "pre": lambda x: connected(pre=x),
    "post": lambda x: connected(post=x),
    "synapse": lambda x: connected(synapse=x),
    "pattern": lambda x: connected(pattern=x),
    "rewire": lambda x: connected(rewire=x),
    "readout": gp.CrossEntropy,
    "readout, soft targets": gp.SoftCrossEntropy,
    "readout of spikes": lambda x: gp.EarlySpike(x, alpha=1.0, tau=1.0),
    "a sum of losses": lambda x: LOSS + x,
    "L1": lambda x: compiled(loss=LOSS + gp.L1(x)),
    "DistanceCost": lambda x: gp.DistanceCost(x),
    "tied": lambda x: connected(weight=gp.tied(x)),
    "fit": lambda x: gp.fit(x, DATA, epochs=0, progress=False),
    "fit, data": lambda x: gp.fit(sim(), x, epochs=0, progress=False),
    "fit, callbacks": lambda x: gp.fit(sim(), DATA, epochs=0, progress=False, callbacks=[x]),
    "evaluate": lambda x: gp.evaluate(x, DATA),
    "evaluate, data": lambda x: gp.evaluate(sim(), x),
    "agreement": lambda x: gp.agreement(x, sim(), DATA),
    "ensemble": gp.ensemble,
    "ensemble, name": lambda x: gp.ensemble([sim()], name=x),
    "a part": lambda x: gp.ensemble([sim(), x]),
    "targets": lambda x: DATA.with_targets([] if x is None else x),
    "run": lambda x: sim().run(x),
    "record": lambda x: sim().run(DATA.spikes.select([0]), record=[x]),
    "step": lambda x: sim().step(x),
    "restore": lambda x: sim().restore(x),
    "retarget": lambda x: sim().retarget(x),
    "quantise": lambda x: sim().retarget("loihi", cast("Any", [] if x is None else x)),
    "calibrate": lambda x: gp.Quantise(calibrate=cast("Any", [] if x is None else x)),
    "QuantiseAware": lambda x: gp.QuantiseAware(x),
    "spike_trains": lambda x: sim().spike_trains(x, "out"),
    "show": lambda x: gp.show(x),
    "save": lambda x: gp.save(x, "never"),
    "citation": lambda x: gp.citation(x),
    "check_gradients": lambda x: gp.check_gradients(network(), loss=x),
    "save_nir": lambda x: gp.save_nir(x, "never.nir"),
    "load_mlgenn": lambda x: gp.load_mlgenn("nowhere", x),
    "Dataset": lambda x: gp.data.Dataset(x, 3),
    "from_events": lambda x: gp.data.SpikeBatch.from_events(x, channels=2, duration=10),
    "augment": lambda x: next(iter(DATA.batches(4, 0, augment=[x]))),
    "select": lambda x: DATA.spikes.select([x]),
}
"""What takes an object of ours; None is none of them, or stands for the default."""
NAMES: Mapping[str, Given] = {
    **{
        f"{readout.__name__}, state": lambda x, readout=readout: readout("out", x)
        for readout in (gp.integral, gp.weighted_integral, gp.maximum, gp.final, gp.trace)
    },
    "first_spike": gp.first_spike,
    "spike_count": gp.spike_count,
    "compile, clock": lambda x: compiled(clock=x),
    "compile, solver": lambda x: compiled(solver=x),
    "compile, events": lambda x: compiled(events=x),
    "on, clock": lambda x: sim().on(clock=x),
    "on, backend": lambda x: sim().on(backend=x),
    "Native, precision": lambda x: gp.Native(precision=x),
    "GeNN, precision": lambda x: gp.GeNN(precision=x),
    "GeNN, device": lambda x: gp.GeNN(device=x),
    "Quantise, rounding": lambda x: gp.Quantise(rounding=x),
    "Quantise, scale": lambda x: gp.Quantise(scale=x),
    "save_nir, spikes": lambda x: gp.save_nir(sim(), "never.nir", spikes=x),
    "a parameter": lambda x: sim().parameters[x],
    "show, stage": lambda x: gp.show(network(), x, loss=LOSS),
}
"""What takes a name."""
NUMBERS: Mapping[str, Given] = {
    **{
        f"{rule.__name__}, {name}": lambda x, rule=rule, name=name: rule(**{name: x})
        for rule, names in (
            (gp.DeepR, ("every", "seed", "reach", "noise")),
            (gp.RigL, ("every", "reach", "fraction", "sampled")),
            (gp.SET, ("every", "fraction")),
            (gp.Quantise, ("weight_bits", "percentile", "headroom", "seed")),
            (gp.Native, ("threads",)),
            (gp.GeNN, ("tape",)),
            (gp.Adam, ("beta1",)),
        )
        for name in names
    },
    "dale": lambda x: gp.dale(1.0, excitatory=x),
    "signed": lambda x: gp.signed(1.0, excitatory=x),
    "compile, dt": lambda x: compiled(dt=x),
    "compile, duration": lambda x: compiled(duration=x),
    "compile, batch": lambda x: compiled(batch=x),
    "compile, seed": lambda x: compiled(seed=x),
    "on, dt": lambda x: sim().on(dt=x),
    "values": lambda x: sim().parameters.update({"in->out.weight": x}),
}
"""What takes a number."""
PATHS: Mapping[str, Given] = {
    "save": lambda x: gp.save(sim(), x),
    "load": gp.load,
    "run": lambda x: gp.fit(sim(), DATA, epochs=0, progress=False, run=x),
    "Checkpoint": gp.Checkpoint,
    "save_nir": lambda x: gp.save_nir(sim(), x),
    "load_mlgenn": lambda x: gp.load_mlgenn(x, sim()),
    "hdspikes": gp.data.hdspikes,
    "shd": lambda x: gp.data.shd(x),
    "braille": gp.data.braille,
    "mnist": gp.data.mnist,
}
OTHER: Mapping[str, object] = {
    "an object": object(),
    "a list": [1],
    "a table": {"a": 1},
    "a model": gp.neuron("LIF"),
    "an array": np.ones(3),
    "bytes": b"x",
    "nan": math.nan,
    "a class": int,
}
OPTIONAL = ("loss", "optimiser", "pattern", "rewire", "step")
TAKEN = (("model", "a model"), ("show", "a model"))


@pytest.mark.parametrize("place", PLACES)
def test_an_object_of_another_kind_is_refused_by_us(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    others = {**OTHER, "text": "never", **({} if place in OPTIONAL else {"none": None})}
    for name, other in others.items():
        if (place, name) not in TAKEN and not (name == "text" and place in TEXTS):
            with pytest.raises(GenpropError):
                PLACES[place](other)
    assert list(tmp_path.iterdir()) == []


NO_NAMES: Mapping[str, object] = {
    **OTHER,
    "several names": np.array(["v", "w"]),
    "no numbers": np.array([]),
    "a set": {1},
    "a number": 3,
    "text": "never there",
}
NO_NUMBERS: Mapping[str, object] = {
    **{name: other for name, other in OTHER.items() if name != "an array"},
    "several": np.ones((2, 2)),
    "no numbers": np.array([]),
    "nan in an array": np.array([math.nan]),
    "a quantity": 3 * gp.mV,
    "infinite": math.inf,
    "too large": 10**400,
    "complex": 1j,
    "text": "never",
}
LATER = ("first_spike", "spike_count", *(name for name in NAMES if name.endswith("state")))


@pytest.mark.parametrize("place", NAMES)
def test_what_is_no_name_is_refused_by_us(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, other in NO_NAMES.items():
        if not (name == "text" and place in LATER):  # a population or state that may come
            with pytest.raises(GenpropError):
                NAMES[place](other)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", NUMBERS)
def test_what_is_no_number_is_refused_by_us(place: str) -> None:
    for other in NO_NUMBERS.values():
        with pytest.raises(GenpropError):
            NUMBERS[place](other)


TEXTS = ("show", "ensemble, name")  # whose text is the name of a neuron, or a title


@pytest.mark.parametrize("place", PATHS)
def test_what_is_no_path_is_refused_by_us(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for other in (*OTHER.values(), 3, True, "a\0b"):
        with pytest.raises(GenpropError):
            PATHS[place](other)
    assert list(tmp_path.iterdir()) == []
