"""What arrives and what returns is right for any number of neurons, however cut into blocks."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from tests.graded.networks import DOUBLE, alike

SIZES = (1, 3, 15, 16, 17, 31, 48, 130, 260)
"""Below, at and above a register, a block of lanes and several registers at once."""


def sized(dim: int, atoms: int, classes: int, per_neuron: bool) -> gp.Network:
    """A code, read by classes and by a sparse list, whose parameters all learn."""
    rng = np.random.default_rng()
    net = gp.Network("sized")
    x = net.population("x", dim, gp.graded())
    gamma = np.full(atoms, 0.2) if per_neuron else 0.2
    neuron = gp.neuron("lca", gamma=gp.learn(gamma, min=0.0))
    code = net.population("atoms", atoms, neuron)
    out = net.population("out", classes, gp.neuron("li", tau_mem=3 * ms))
    left, _, right = np.linalg.svd(rng.normal(size=(dim, atoms)), full_matrices=False)
    dictionary = (left * rng.uniform(0.6, 1.0, atoms)) @ right  # settles in some hundred steps
    net.connect(x, code, gp.synapse("graded"), weight=gp.learn(dictionary))
    sent = gp.Synapse("sent", arrival="I = I + w*a")
    net.connect(code, code, sent, weight=gp.gram("x->atoms.weight"))
    read = gp.learn(rng.normal(size=(atoms, classes)))
    net.connect(code, out, sent, weight=read, name="read")
    pairs = [(i, int(rng.integers(classes))) for i in range(atoms) for _ in range(2)]
    some = gp.sparse(pairs=sorted(set(pairs)))
    net.connect(code, out, sent, weight=gp.learn(gp.normal(0.3, 0.3)), pattern=some, name="few")
    return net


@pytest.mark.parametrize("atoms", SIZES)
def test_any_size_gives_what_the_reference_gives(atoms: int) -> None:
    rng = np.random.default_rng()
    dim, classes = atoms + int(rng.integers(40)), int(rng.integers(2, 40))
    net = sized(dim, atoms, classes, per_neuron=bool(rng.integers(2)))
    found: list[tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]] = []
    x = rng.normal(size=(3, dim)) * (rng.random((3, dim)) < 0.7)
    batch = gp.data.GradedBatch.of(x, labels=rng.integers(0, classes, 3))
    loss = gp.CrossEntropy(gp.final("out", "v"))
    both = (DOUBLE, "reference")
    for sim in alike(net, both, loss=loss, dt=1.0, duration=20_000.0, batch=3, tolerance=1e-12):
        code = sim.run(batch, record=["atoms.a"]).recorded["atoms.a"]
        of_x = sim.input_gradients(batch)[1]["x"]
        found.append((np.asarray(code), sim.gradients(batch)[1], of_x))
    (code, own, of_x), (expected, wanted, wanted_x) = found
    assert np.abs(code - expected).max() < 1e-9
    assert np.abs(of_x - wanted_x).max() < 1e-8
    for name, gradient in wanted.items():
        assert np.abs(own[name] - gradient).max() < 1e-8 * max(1.0, np.abs(gradient).max()), name


def test_threads_do_not_change_a_bit() -> None:
    net = sized(140, 130, 10, per_neuron=True)
    rng = np.random.default_rng()
    batch = gp.data.GradedBatch.of(rng.normal(size=(23, 140)), labels=rng.integers(0, 10, 23))
    found: list[dict[str, np.ndarray]] = []
    for threads in (1, 2, 5):
        sim = gp.compile(
            net, loss=gp.CrossEntropy(gp.final("out", "v")), optimiser=gp.Adam(1e-3), dt=1.0,
            duration=20_000.0, batch=23, backend=gp.Native(threads=threads), tolerance=1e-4, seed=1,
        )  # fmt: skip
        found.append(sim.gradients(batch)[1])
        again = sim.gradients(batch)[1]  # sums are cleared between batches
        assert all(np.array_equal(again[name], value) for name, value in found[-1].items())
    assert all(np.array_equal(found[0][n], each[n]) for each in found[1:] for n in found[0])
