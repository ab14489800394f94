"""Sparse projections of many neurons: what is drawn, and that nothing has the size of all pairs."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from genprop.describe import topology
from genprop.describe.spec import Drawn, PatternSpec
from genprop.describe.topology import beginning

LEARN = """
import numpy as np
import genprop as gp
from genprop import ms
from tests.memory import peak

def simulator(neurons, synapses):
    net, exp = gp.Network("many"), gp.synapse("exp", tau=5 * ms)
    source = net.population("in", 10, gp.spikes())
    many = net.population("many", neurons, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", 2, gp.neuron("LI", tau_mem=20 * ms))
    delay = gp.learn(gp.uniform(0 * ms, 3 * ms), max=3 * ms)
    net.connect(source, many, exp, weight=gp.learn(gp.normal(3.0, 1.0)), pattern=gp.sparse(0.2))
    net.connect(
        many, many, exp, weight=gp.learn(gp.normal(0.1, 0.1)), delay=delay,
        pattern=gp.sparse(synapses / neurons**2), rewire=gp.SET(fraction=0.1),
    )
    net.connect(many, out, exp, weight=gp.learn(gp.normal(0.0, 0.01)))
    return gp.compile(
        net, loss=gp.CrossEntropy(gp.maximum(out, "v")), optimiser=gp.Adam(1e-3), dt=1 * ms,
        clock="grid", duration=20 * ms, batch=2, backend=gp.Native(threads=1),
    )

def learn(sim):
    trains = [(np.arange(10.0), np.arange(10))] * 2
    data = gp.data.SpikeBatch.from_events(trains, channels=10, duration=20, labels=[0, 1])
    for _ in range(2):
        sim.gradients(data)
        sim.step()
    assert sim.last.spikes["many"].sum() > 0

learn(simulator(200, 2000))
before = peak()
neurons, synapses = 20_000, 200_000
sim = simulator(neurons, synapses)
learn(sim)
assert abs(sim.topology["many->many"].column.size - synapses) < 5 * synapses**0.5
print(peak() - before)
"""


def drawn(probability: float, seed: int) -> PatternSpec:
    nothing = np.zeros(0, np.int64)
    return PatternSpec("sparse", nothing, nothing, Drawn(probability, seed))


def test_nothing_has_the_size_of_all_pairs() -> None:
    """Compiling, learning, rewiring: 4·10⁸ pairs would take 50 MB as bits, 400 MB as bytes."""
    done = subprocess.run(
        [sys.executable, "-c", LEARN], capture_output=True, text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    synapses, neurons = 200_000 + 40_000 + 40_000, 20_000
    steps = 20 + 1 + 3
    expected = (200 * synapses + 40 * neurons * steps) / 1e6  # [MB], see experiments/large
    assert 0.3 * expected < float(done.stdout) < 1.5 * expected < 200


@pytest.mark.parametrize("probability", [0.001, 0.3, 1.0, 0.0])
def test_drawn_gaps_are_bernoulli_pairs(
    probability: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "PAIR_BY_PAIR", 0)
    pre, post, draws = 40, 30, 200
    counts = np.zeros((pre, post))
    totals = []
    for seed in range(draws):
        found = beginning(drawn(probability, seed), pre, post)
        counts[found.row, found.column] += 1
        totals.append(found.column.size)
    spread = (probability * (1 - probability) * draws) ** 0.5
    assert np.abs(counts - probability * draws).max() <= 6 * spread + (probability == 0.001) * 5
    whole = pre * post * draws * probability
    assert abs(sum(totals) - whole) <= 5 * (whole * (1 - probability)) ** 0.5
    # what neighbouring pairs have says nothing about each other
    variance = pre * post * probability * (1 - probability)
    assert np.var(totals) <= 1.6 * variance and np.var(totals) >= variance / 1.6


def test_large_patterns_are_drawn_by_gaps_and_small_ones_as_before() -> None:
    pattern = drawn(1e-5, 3)
    large = beginning(pattern, 20_000, 20_000)
    assert abs(large.column.size - 4000) < 5 * 4000**0.5
    rng = np.random.default_rng([3, 50, 60])
    small = beginning(drawn(0.1, 3), 50, 60)
    assert np.array_equal(small.column[: small.row_start[1]], np.flatnonzero(rng.random(60) < 0.1))
