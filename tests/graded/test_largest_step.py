"""The largest legal step is where the linearised step stops to settle, for every kind of code."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.errors import DescriptionError
from genprop.runtime.graded import GradedSimulator
from tests.graded.networks import DOUBLE, Problem

ATOMS, DIM = 12, 9
SENT = gp.Synapse("sent", arrival="I = I + w*a")


def named(net: gp.Network, dt: float, tolerance: float = 1e-6) -> float | None:
    """The step that the refusal names; None where the network runs."""
    sim = gp.compile(
        net, dt=dt, duration=200_000 * dt, batch=2, backend="reference", tolerance=tolerance
    )
    try:
        sim.run(gp.data.GradedBatch.of(np.zeros((2, DIM))))
    except DescriptionError as refusal:
        found = re.search(r"largest legal step is ([\d.e+-]+) ms", str(refusal))
        assert found is not None, refusal
        return float(found[1])
    return None


def swings(net: gp.Network, dt: float, steps: int = 4000) -> bool:
    """Whether states grow, from an input that makes all atoms active at first."""
    sim = gp.compile(net, dt=dt, duration=steps * dt, batch=1, backend="reference", tolerance=None)
    x = np.random.default_rng().normal(size=(1, DIM))
    found = sim.run(gp.data.GradedBatch.of(x), record=["atoms.u"]).recorded["atoms.u"]
    largest = float(np.abs(np.asarray(found)).max())
    return not np.isfinite(largest) or largest > 1e4


def dictionary() -> tuple[np.ndarray, float]:
    """Unit columns, and λ_max(DᵀD)."""
    d = np.random.default_rng().normal(size=(DIM, ATOMS))
    d /= np.linalg.norm(d, axis=0)
    return d, float(np.linalg.norm(d, 2) ** 2)


def one_layer(neuron: gp.Neuron, d: np.ndarray) -> gp.Network:
    net = gp.Network("one-layer")
    net.population("x", DIM, gp.graded())
    net.population("atoms", ATOMS, neuron)
    net.connect("x", "atoms", gp.synapse("graded"), weight=d)
    net.connect("atoms", "atoms", SENT, weight=gp.gram("x->atoms.weight"))
    return net


def two_layers(neuron: gp.Neuron, d: np.ndarray, tau_residual: float) -> gp.Network:
    net = gp.Network("two-layers")
    net.population("x", DIM, gp.graded())
    net.population("residual", DIM, gp.neuron("residual", tau=tau_residual * ms))
    net.population("atoms", ATOMS, neuron)
    own = gp.one_to_one()
    net.connect("x", "residual", gp.synapse("graded"), weight=1.0, pattern=own)
    net.connect("residual", "atoms", gp.Synapse("up", arrival="I = I + w*r"), weight=d)
    net.connect("atoms", "residual", SENT, weight=gp.feedback("residual->atoms.weight"))
    net.connect("atoms", "atoms", SENT, weight=1.0, pattern=own)
    return net


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_momentum_allows_its_own_largest_step(momentum: float) -> None:
    """Heavy balls settle up to 2 (1 + β) τ/λ_max: z² − (1 + β − dt λ/τ) z + β has roots below 1."""
    d, largest = dictionary()
    bound = 2 * (1 + momentum) / largest  # of dt/τ
    for part, legal in ((0.99, True), (1.01, False)):
        tau = 1 / (part * bound) * ms
        neuron = gp.neuron("lca_momentum", gamma=0.0, tau=tau, momentum=momentum, tau_step=1 * ms)
        net = one_layer(neuron, d)
        assert (named(net, 1.0) is None) == legal
        assert swings(net, 1.0) != legal


def with_momentum(d: np.ndarray) -> gp.Network:
    return one_layer(gp.neuron("lca_momentum", gamma=0.0, momentum=0.7, tau_step=2 * ms), d)


def of_each_its_own(d: np.ndarray) -> gp.Network:
    tau = np.random.default_rng().uniform(5.0, 20.0, ATOMS)
    return one_layer(gp.neuron("lca", gamma=0.0, tau=tau * ms), d)  # pyright: ignore[reportOperatorIssue]


def in_two_layers(d: np.ndarray) -> gp.Network:
    tau = float(np.random.default_rng().uniform(1.0, 4.0))
    return two_layers(gp.neuron("lca", gamma=0.0), d, tau)


@pytest.mark.parametrize("make", [with_momentum, of_each_its_own, in_two_layers])
def test_the_named_step_is_where_it_begins_to_swing(
    make: Callable[[np.ndarray], gp.Network],
) -> None:
    net = make(dictionary()[0])
    legal = named(net, 60.0)
    assert legal is not None
    assert named(net, 0.99 * legal) is None and not swings(net, 0.97 * legal)
    assert named(net, 1.01 * legal) is not None and swings(net, 1.03 * legal)
    assert abs(named(net, 1.5 * legal) - legal) < 1e-4 * legal  # type: ignore[operator]


@pytest.mark.parametrize("backend", [DOUBLE, "reference"])
@pytest.mark.parametrize(("tau", "most"), [("tau_n", 1.0), ("tau_s", 2.0)])
def test_norms_allow_a_step_by_how_large_they_are(tau: str, most: float, backend: object) -> None:
    """n ← n + dt/τ_n (q − n²) up to dt = τ_n/n, s ← s + dt/τ_s (… − s n) up to 2 τ_s/n."""
    problem = Problem(grouped=True, batch=1)
    a, d = problem.code, problem.dictionary
    n = problem.penalty.norms(a + (problem.x - a @ d.T) @ d).max()
    sim = problem.compiled(backend, duration=3_000.0, tolerance=1e-8)
    assert isinstance(sim, GradedSimulator)
    sim.parameters[f"norms.{tau}"] = 1.02 * n / most
    sim.run(problem.samples)
    sim.parameters[f"norms.{tau}"] = 0.98 * n / most
    legal = refused(sim, problem.samples)
    assert legal == pytest.approx(0.98, abs=0.02)  # what the atoms send back moves it a little
    for part in (0.99, 1.01):
        dt = part * legal
        other = sim.on(dt=dt, duration=3_000 * dt, backend="reference")
        if part < 1:
            other.run(problem.samples)
        else:
            assert refused(other, problem.samples) == pytest.approx(legal, rel=1e-3)


def refused(sim: gp.Simulator, batch: gp.data.GradedBatch) -> float:
    """The step that a refusal of norms names."""
    with pytest.raises(DescriptionError, match="'norms' would swing where sample 0") as refusal:
        sim.run(batch)
    found = re.search(r"largest legal step there is ([\d.e+-]+) ms", str(refusal.value))
    assert found is not None
    return float(found[1])


@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_rounded_weights_of_an_overcomplete_dictionary_are_not_refused(momentum: float) -> None:
    """Where DᵀD has eigenvalues of 0, those of rounded weights are a little on either side."""
    d, largest = dictionary()
    rounded = np.eye(ATOMS) - (d.T @ d).astype(np.float32)
    tau = largest / (0.9 * 2 * (1 + momentum)) * ms
    atoms = gp.neuron("lca_momentum", gamma=0.1, tau=tau, momentum=momentum, tau_step=1 * ms)
    for error in (-1e-6, 1e-6):
        net = gp.Network("rounded")
        net.population("x", DIM, gp.graded())
        net.population("atoms", ATOMS, atoms)
        net.connect("x", "atoms", gp.synapse("graded"), weight=d)
        net.connect("atoms", "atoms", SENT, weight=rounded + error * np.eye(ATOMS))
        assert named(net, 1.0) is None


def test_a_network_whose_flow_grows_is_not_refused_for_its_step() -> None:
    """Excitation beyond 1 grows at every step: nothing is said of the step."""
    net = gp.Network("grows")
    net.population("x", DIM, gp.graded())
    net.population("atoms", ATOMS, gp.neuron("lca", gamma=0.5))
    net.connect("x", "atoms", gp.synapse("graded"), weight=0.1)
    net.connect("atoms", "atoms", SENT, weight=0.3)
    assert named(net, 0.5) is None


@pytest.mark.parametrize("backend", ["reference", gp.Native(precision="double", threads=1)])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_the_adjoint_settles_at_every_legal_step(momentum: float, backend: object) -> None:
    """It is the step transposed: what returns to values is of the adjoint states of this step."""
    left, _, right = np.linalg.svd(np.random.default_rng().normal(size=(ATOMS, ATOMS)))
    d = (left * np.linspace(0.5, 1.5, ATOMS)) @ right
    x = np.random.default_rng().normal(size=(2, ATOMS))
    batch = gp.data.GradedBatch.of(x, targets=np.zeros((2, ATOMS)))
    found: list[np.ndarray] = []
    for part in (0.98, 0.4):
        rate = part * 2 * (1 + momentum) / 1.5**2
        neuron = gp.neuron(
            "lca_momentum", gamma=0.0, tau=1 / rate * ms, momentum=momentum, tau_step=1 * ms
        )
        net = gp.Network("one-layer")
        net.population("x", ATOMS, gp.graded())
        net.population("atoms", ATOMS, neuron)
        net.connect("x", "atoms", gp.synapse("graded"), weight=gp.learn(d))
        net.connect("atoms", "atoms", SENT, weight=gp.gram("x->atoms.weight"))
        sim = gp.compile(
            net, loss=gp.MeanSquare(gp.final("atoms", "a")), dt=1.0, duration=5000.0, batch=2,
            backend=backend, tolerance=1e-9,  # type: ignore[arg-type]
        )  # fmt: skip
        found.append(sim.gradients(batch)[1]["x->atoms.weight"])
    assert np.abs(found[0] - found[1]).max() < 1e-6 * np.abs(found[1]).max()
