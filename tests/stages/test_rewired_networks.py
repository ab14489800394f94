"""Rewired networks in states, files, runs, chips, threads and memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.base import refuse_rewiring
from genprop.data.spikes import SpikeBatch
from genprop.describe.topology import initial_topology
from genprop.experiment.config import read_config
from genprop.experiment.trained import evaluate_run
from genprop.experiment.training import train_run
from genprop.train.checkpoint import load_checkpoint, read_snapshot
from genprop.train.folder import RunFolder
from tests.stages.rewired import FEED, LOOP, rewired
from tests.stages.staged import batch
from tests.stages.test_kept import data

ROOT = Path(__file__).resolve().parents[2]
RULES = [gp.DeepR(), gp.RigL(), gp.DeepR(noise=0.02, reach=2.0)]


def learned(sim: gp.Simulator, steps: int = 10) -> gp.Simulator:
    for k in range(steps):
        sim.gradients(batch(k))
        sim.step()
    return sim


def equal(one: gp.Simulator, other: gp.Simulator) -> bool:
    left, right = one.state(), other.state()
    return left.keys() == right.keys() and all(np.array_equal(left[n], right[n]) for n in left)


@pytest.mark.parametrize("rule", RULES, ids=["DeepR", "RigL", "near"])
def test_runs_are_the_same_bits_for_any_number_of_threads(rule: gp.RewiringRule) -> None:
    sims = [
        learned(rewired(rule, backend=gp.Native("float", threads=n), rate=0.1)) for n in (1, 2, 3)
    ]
    start = initial_topology(sims[0].spec)[FEED]
    assert sims[0].topology[FEED].digest() != start.digest()
    assert equal(sims[0], sims[1]) and equal(sims[0], sims[2])


@pytest.mark.parametrize("rule", RULES, ids=["DeepR", "RigL", "near"])
def test_resuming_gives_the_bits_of_an_uninterrupted_training(
    rule: gp.RewiringRule, tmp_path: Path
) -> None:
    whole, first, second = (rewired(rule, where=LOOP, rate=0.1) for _ in range(3))
    gp.fit(whole, data(), epochs=5, progress=False)
    gp.fit(first, data(), epochs=2, progress=False, run=tmp_path)
    gp.fit(second, data(), epochs=5, progress=False, run=tmp_path, resume=True)
    assert equal(whole, second)
    assert whole.topology[LOOP].digest() != initial_topology(whole.spec)[LOOP].digest()
    assert f"topology/{LOOP}/column" in read_snapshot(RunFolder(tmp_path).last).simulator
    plain = rewired(None, where=LOOP)
    load_checkpoint(RunFolder(tmp_path).last, plain, only="parameters")
    assert plain.run(batch()).loss == second.run(batch()).loss
    other = rewired(rule, where=LOOP, pattern=gp.sparse(0.2, seed=9))
    with pytest.raises(gp.GenpropError, match="another network"):
        load_checkpoint(RunFolder(tmp_path).last, other, only="parameters")


def test_after_training_it_is_an_ordinary_sparse_network(tmp_path: Path) -> None:
    sim = learned(rewired(gp.RigL(), rate=0.1))
    again = gp.load(gp.save(sim, tmp_path / "kept"))
    assert equal(sim, again)
    for each in (sim, again):
        learned(each, 3)
    assert equal(sim, again)
    chip = sim.retarget("loihi", gp.Quantise(calibrate=data()))
    assert (gp.agreement(sim, chip, data()).predictions or 0.0) > 0.3
    fine = gp.QuantiseAware(sim, gp.Quantise(calibrate=data()))
    learned(fine, 3)
    pytest.importorskip("nir")
    net = gp.load_nir(gp.save_nir(sim, tmp_path / "net.nir", branches=True))
    back = gp.compile(net, clock="grid", dt=1 * ms, duration=40 * ms, batch=4, backend="reference")
    left, right = (s.run(batch()).spikes["hidden"] for s in (sim, back))
    assert left.sum() > 0 and np.array_equal(left, right)


def test_the_papers_of_its_methods_are_cited() -> None:
    found = gp.citation(rewired(gp.RigL(), delay="distance"))
    assert "arXiv:1911.11134" in found and "for rewiring" in found
    assert "arXiv:2511.01632" in found and "delays as distances" in found
    assert "1911.11134" not in gp.citation(rewired(None))


def test_genn_refuses_to_learn_and_says_what_can() -> None:
    sim = rewired(gp.DeepR())
    refuse_rewiring(sim.target, sim.spec)
    with pytest.raises(gp.GenpropError, match="compiled anew") as error:
        refuse_rewiring(gp.GeNN(), sim.spec)
    assert "learn on native" in str(error.value)
    refuse_rewiring(gp.GeNN(), rewired(None).spec)


def test_no_library_is_compiled_while_it_rewires() -> None:
    sim = rewired(gp.RigL(), rate=0.1)
    engine, digest = sim.engine, sim.spec.digest()
    learned(sim)
    assert sim.engine is engine and sim.spec.digest() == digest
    seeds = {rewired(gp.RigL(), pattern=gp.sparse(0.4, seed=s)).spec.digest() for s in (1, 2)}
    assert len(seeds) == 1


@pytest.mark.parametrize("rule", [gp.DeepR(), gp.RigL(), gp.SET(every=1, fraction=0.1)])
def test_no_matrix_of_all_pairs_is_in_memory(rule: gp.RewiringRule) -> None:
    """4000 × 4000 pairs at 99.9 %: a byte for each would be 16 MB; bookkeeping is per synapse."""
    size = 4000
    net, exp = gp.Network("large"), gp.synapse("exp")
    source = net.population("in", size, gp.spikes())
    hidden = net.population("hidden", size, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(source, hidden, exp, weight=gp.signed(gp.learn(gp.normal(0.0, 1.0))),
                delay=gp.learn(gp.uniform(0, 5), max=8), pattern=gp.sparse(0.001, seed=1),
                rewire=rule)  # fmt: skip
    net.connect(hidden, out, exp, weight=gp.learn(0.1))
    sim = gp.compile(net, loss=gp.CrossEntropy(gp.integral(out, "v")), optimiser=gp.Adam(0.1),
                     clock="grid", dt=1.0, duration=10, batch=1)  # fmt: skip
    rng = np.random.default_rng()
    train = (np.sort(rng.uniform(0, 9, 500)), rng.integers(0, size, 500))
    one = SpikeBatch.from_events([train], channels=size, duration=10, labels=np.array([1]))
    count = sim.topology[FEED].column.size
    sim.gradients(one)
    sim.step()
    tracemalloc.start()
    for _ in range(3):
        sim.gradients(one)
        sim.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sim.topology[FEED].column.size == count
    assert peak < 500 * count < size * size


NETWORK = """
import os, signal
import genprop as gp
from genprop import ms


class KillAt(gp.train.Callback):
    def on_gradients(self, training):
        if training.step == 7 and os.environ.get("KILL_TRAINING"):
            os.kill(os.getpid(), signal.SIGKILL)


def build(rule="RigL", hidden=20):
    train, valid, test = (gp.data.yin_yang(n, s) for n, s in ((72, 0), (40, 1), (40, 2)))
    net, exp = gp.Network("killed"), gp.synapse("exp", tau=5 * ms)
    place = gp.learn(gp.uniform(-3, 3), dims=2)
    inp = net.population("input", train.channels, gp.spikes(), position=place)
    mid = net.population("hidden", hidden, gp.neuron("LIF"), position=place)
    out = net.population("out", train.classes, gp.neuron("LI"))
    magnitude = gp.learn(gp.uniform(0.0, 6.0))
    net.connect(inp, mid, exp, weight=gp.dale(magnitude, excitatory=0.8), pattern=gp.sparse(0.5),
                delay=gp.learn(gp.uniform(0, 10), max=30), rewire=getattr(gp, rule)())
    loop = net.connect(mid, mid, exp, weight=gp.signed(magnitude), delay=gp.distance(max=20),
                       pattern=gp.sparse(0.2), rewire=gp.DeepR(reach=2.0))
    net.connect(mid, out, exp, weight=gp.learn(gp.normal(0.2, 0.4)))
    loss = gp.CrossEntropy(gp.maximum(out, "v")) + 1e-3 * gp.L1("magnitude")
    loss += 1e-3 * gp.DistanceCost(loop)
    return gp.Experiment(net=net, loss=loss, train=train, valid=valid, test=test,
                         callbacks=[KillAt()])
"""
SETTINGS = """
network = "network.py"
[compile]
dt = 1.0
duration = 60.0
batch = 12
[optimiser]
kind = "adam"
rate = 0.05
[optimiser.position]
kind = "adam"
rate = 0.1
[fit]
epochs = 3
every = 2
"""


@pytest.mark.parametrize("rule", ["RigL", "DeepR"])
def test_a_killed_run_resumes_bit_by_bit(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "network.py").write_text(NETWORK)
    toml = tmp_path / "train.toml"
    toml.write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("KILL_TRAINING", "1")
    command = [sys.executable, "-m", "genprop", "train", str(toml), "--set", f"rule={rule}"]
    killed = subprocess.run(
        [*command, "--run", "killed"], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    monkeypatch.delenv("KILL_TRAINING")
    config = read_config(toml, [f"rule={rule}"])
    resumed = train_run(config, tmp_path / "killed", resume=True, progress=False)
    whole = train_run(config, tmp_path / "whole", progress=False)
    for name in ("last.h5", "best.h5"):
        a, b = (read_snapshot(tmp_path / run / "checkpoints" / name) for run in ("killed", "whole"))
        assert a.simulator.keys() == b.simulator.keys()
        assert all(np.array_equal(a.simulator[n], b.simulator[n]) for n in a.simulator)
        assert a.records == b.records
    assert resumed["test"] == whole["test"]
    assert evaluate_run(tmp_path / "whole").summary() == whole["test"]
    metrics = a.records[-1].metrics
    assert metrics["train.input->hidden.regrown"] > 0
    assert metrics["train.hidden.spikes"] > 0.2
    assert {"train.loss.L1 magnitude", "train.loss.distance cost hidden->hidden"} <= metrics.keys()
