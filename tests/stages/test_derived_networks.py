"""Networks with derived parameters, everywhere a network goes: folders, files, chips, runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.train.checkpoint import load_checkpoint, read_snapshot
from genprop.train.folder import RunFolder
from tests.stages.spatial import RECURRENT, spatial
from tests.stages.staged import IN, batch
from tests.stages.test_kept import data

X, MAGNITUDE = "hidden.position", f"{RECURRENT}.magnitude"


def whole(**options: object) -> gp.Simulator:
    """Everything that comes with genprop, at once."""
    pace = gp.learn(gp.uniform(0.8, 2.0), min=0.5)
    return spatial(
        feed=gp.axonal(gp.learn(gp.uniform(0.5, 8.0), max=12)),
        recur=gp.distance(max=40, speed=pace),
        weight=gp.dale(gp.learn(gp.normal(0.0, 0.4))),
        **options,  # pyright: ignore[reportArgumentType]
    )


def test_a_saved_folder_holds_what_is_derived(tmp_path: Path) -> None:
    sim = whole(sparse=True)
    sim.gradients(batch())
    sim.step()
    again = gp.load(gp.save(sim, tmp_path / "kept"))
    (loss, slopes), (same, others) = sim.gradients(batch()), again.gradients(batch())
    assert loss == same and slopes.keys() == others.keys()
    assert all(np.array_equal(slopes[name], others[name]) for name in slopes)


def test_resuming_gives_the_bits_of_an_uninterrupted_training(tmp_path: Path) -> None:
    one, first, second = (whole(seed=3) for _ in range(3))
    gp.fit(one, data(), epochs=3, progress=False)
    gp.fit(first, data(), epochs=1, progress=False, run=tmp_path)
    gp.fit(second, data(), epochs=3, progress=False, run=tmp_path, resume=True)
    left, right = one.state(), second.state()
    assert left.keys() == right.keys()
    assert all(np.array_equal(left[name], right[name]) for name in left)
    snapshot = read_snapshot(RunFolder(tmp_path).last).parameters()
    assert {X, MAGNITUDE, "hidden.sign", f"{RECURRENT}.speed"} <= snapshot.keys()
    load_checkpoint(RunFolder(tmp_path).last, whole(), only="parameters")
    with pytest.raises(gp.GenpropError, match="another network"):
        load_checkpoint(RunFolder(tmp_path).last, spatial(), only="parameters")


def test_exports_hold_the_weights_and_delays_that_run(tmp_path: Path) -> None:
    pytest.importorskip("nir")
    sim = whole(sparse=True)
    net = gp.load_nir(gp.save_nir(sim, tmp_path / "net.nir", branches=True))
    again = gp.compile(net, clock="grid", dt=1 * ms, duration=40 * ms, batch=4, backend="reference")
    left, right = (s.run(batch()).spikes["hidden"] for s in (sim, again))
    assert left.sum() > 0 and np.array_equal(left, right)


def test_the_chip_is_given_what_is_derived() -> None:
    sim = whole()
    chip = sim.retarget("loihi", gp.Quantise(calibrate=data()))
    assert 0.0 <= (gp.agreement(sim, chip, data()).predictions or 0.0) <= 1.0


def test_check_gradients_knows_leaves() -> None:
    net = gp.Network("spatial")
    where = gp.learn(gp.uniform(-3, 3), dims=2)
    source = net.population("in", IN, gp.spikes(), position=where)
    hidden = net.population("hidden", 5, gp.neuron("LIF"), position=where)
    out = net.population("out", 3, gp.neuron("LI"))
    exp = gp.synapse("exp")
    net.connect(source, hidden, exp, weight=gp.dale(gp.learn(gp.normal(1.5, 0.5))),
                delay=gp.distance(max=20))  # fmt: skip
    loop = net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.0, 0.3)), delay=3.0)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    costs = gp.DistanceCost(loop) + 0.1 * gp.L2("position")
    loss = gp.CrossEntropy(gp.integral(out, "v")) + costs
    report = gp.check_gradients(net, loss=loss, dt=1.0, duration=40.0)
    names = {p.name for p in report.parameters}
    assert {X, "in.position", "in->hidden.magnitude"} <= names
    worst = [p.quotient for p in report.parameters if p.quotient is not None]
    assert worst and max(worst) < 1e-6


def test_optimisers_find_leaves_by_name_and_role() -> None:
    net = gp.Network("named")
    where = gp.learn(gp.uniform(-1, 1), dims=2)
    a, b = (net.population(n, 3, gp.neuron("LIF"), position=where) for n in "ab")
    net.connect(a, b, gp.synapse("exp"), weight=gp.dale(gp.learn(1.0)), delay=gp.distance(max=9))
    rates = {"weight": gp.Adam(1e-3), "position": gp.Adam(0.05)}
    spec = net.freeze(None, rates)
    assert {u.parameters for u in spec.updates} == {
        ("a->b.magnitude",), ("a.position", "b.position")}  # fmt: skip
    assert spec.digest() == net.freeze(None, rates).digest()
