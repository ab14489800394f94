"""Delays that are distances: their gradients, their symmetries, and what is refused."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop.describe.topology import Synapses
from genprop.stages.distance import Distance
from tests.stages.spatial import RECURRENT, spatial
from tests.stages.staged import Quotients, batch, exact, quotient_error

if TYPE_CHECKING:
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

DELAY, X, Y = f"{RECURRENT}.delay", "hidden.position", "in.position"
PACES = {
    "none": None,
    "fixed": 1.5,
    "learned": gp.learn(1.5, min=0.5),
    "per neuron": gp.learn(gp.uniform(0.8, 2.0), min=0.5),
}


CASES = [(2, False, "none"), (2, True, "fixed"), (3, True, "learned"), (4, False, "per neuron")]
ALL = [(d, sparse, pace) for d in (2, 3, 4) for sparse in (False, True) for pace in PACES]


@pytest.mark.parametrize(
    ("dims", "sparse", "pace"),
    [pytest.param(*c, marks=() if c in CASES else pytest.mark.nightly) for c in ALL],
)
def test_position_gradients_are_quotients_of_the_exact_loss(
    dims: int, sparse: bool, pace: str
) -> None:
    """Two populations and one that projects to itself: every position has each of its roles."""
    delay = gp.distance(max=40, speed=PACES[pace])
    sim = spatial(dims=dims, sparse=sparse, feed=delay, recur=delay, backend="reference")
    slopes = exact(sim, gradient=True)[1]
    learned = [n for n in sim.settings if n.endswith((".position", ".speed"))]
    assert len(learned) == (2 if pace in ("none", "fixed") else 4)
    for name in learned:
        assert np.abs(slopes[name]).max() > 1e-4
        assert quotient_error(sim, slopes, name) < 1e-6


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_on_the_exact_clock_positions_have_the_gradient_of_the_exact_solver(sparse: bool) -> None:
    delay = gp.distance(max=40, speed=PACES["per neuron"])
    sim = spatial(dims=3, sparse=sparse, feed=delay, recur=delay, clock="exact")
    (loss, slopes), (wanted, reference) = sim.gradients(batch()), exact(sim, gradient=True)
    assert loss == pytest.approx(wanted, rel=1e-9)
    for name in sim.settings:
        scale = float(np.abs(reference[name]).max())
        np.testing.assert_allclose(slopes[name], reference[name], atol=1e-7 * scale, rtol=0)


@dataclass(frozen=True)
class MinusOne(Distance):
    """x − 1 where x_i − x_j is meant."""

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        apart = np.linalg.norm(values[X][:, None] - values[X][None], axis=2)
        given = gradients[self.target]
        pull = np.divide(given + given.T, apart, out=np.zeros_like(apart), where=apart > 0)
        return {X: ((values[X][:, None] - 1.0) * pull[:, :, None]).sum(axis=1)}


@dataclass(frozen=True)
class OneRole(Distance):
    """The presynaptic role alone."""

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        offset = values[X][:, None] - values[X][None]
        apart = np.linalg.norm(offset, axis=2)
        given = gradients[self.target]
        pull = np.divide(given, apart, out=np.zeros_like(apart), where=apart > 0)
        return {X: (offset * pull[:, :, None]).sum(axis=1)}


@dataclass(frozen=True)
class SymmetricTwice(Distance):
    """Both roles of the symmetrised gradient: everything twice."""

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        given = gradients[self.target]
        return super().backward(values, {self.target: given + given.T}, topology)


def test_planted_mistakes_in_the_chain_rule_are_seen() -> None:
    sim, known = spatial(recur=gp.distance(max=40), backend="reference"), Quotients()
    stages = list(sim.stages.all)
    assert quotient_error(sim, exact(sim, gradient=True)[1], X, known) < 1e-6
    for wrong in (MinusOne, OneRole, SymmetricTwice):
        sim.stages.all = (wrong(RECURRENT, "hidden", "hidden", 40.0), *stages[1:])
        assert quotient_error(sim, exact(sim, gradient=True)[1], X, known) > 0.1, wrong


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_translations_and_rotations_have_no_gradient(sparse: bool) -> None:
    sim = spatial(dims=3, sparse=sparse, recur=gp.distance(max=40))
    slope = np.asarray(sim.gradients(batch())[1][X])
    x, scale = np.asarray(sim.parameters[X]), float(np.abs(slope).max())
    assert scale > 0
    assert np.abs(slope.sum(axis=0)).max() < 1e-12 * scale
    assert np.abs(np.cross(x, slope).sum(axis=0)).max() < 1e-11 * scale
    before = np.array(sim.arrays()[DELAY])
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    sim.parameters[X] = x @ turn.T + 7.0
    np.testing.assert_allclose(sim.arrays()[DELAY], before, atol=1e-12)


def stage(longest: float = 40.0) -> tuple[Distance, Synapses]:
    return Distance("a->b", "a", "b", longest), Synapses(4, 3)


def test_coincident_positions_and_clipped_delays_are_finite() -> None:
    made, synapses = stage(2.0)
    values = {"a.position": np.ones((4, 2)), "b.position": np.ones((3, 2))}
    values["a.position"][3] = 5.0
    delays = made.forward(values, {"a->b": synapses})["a->b.delay"]
    assert np.all(delays[:3] == 0) and np.all(delays[3] == 2.0)
    found = made.backward(values, {"a->b.delay": np.ones((4, 3))}, {"a->b": synapses})
    assert all(np.all(slope == 0) for slope in found.values())


def test_sparse_synapses_give_what_the_same_dense_ones_give() -> None:
    rng = np.random.default_rng()
    made, dense = stage()
    pairs = np.stack(np.nonzero(rng.random((4, 3)) < 0.6), axis=1)
    some = Synapses.of_pairs(4, 3, pairs)
    values = {"a.position": rng.normal(size=(4, 3)), "b.position": rng.normal(size=(3, 3))}
    whole = made.forward(values, {"a->b": dense})["a->b.delay"]
    np.testing.assert_array_equal(
        made.forward(values, {"a->b": some})["a->b.delay"], whole[some.all_pairs()]
    )
    given = rng.normal(size=some.shape)
    spread = np.zeros((4, 3))
    spread[some.all_pairs()] = given
    left = made.backward(values, {"a->b.delay": given}, {"a->b": some})
    right = made.backward(values, {"a->b.delay": spread}, {"a->b": dense})
    for name, slope in left.items():
        np.testing.assert_allclose(slope, right[name], atol=1e-14)


def test_backends_agree_and_positions_learn() -> None:
    delay = gp.distance(max=40, speed=gp.learn(1.0, min=0.2))
    sims = [spatial(feed=delay, recur=delay, backend=b) for b in (None, "reference")]
    start = np.array(sims[0].parameters[X])
    for sim in sims:
        for k in range(4):
            sim.gradients(batch(k))
            sim.step()
    assert not np.allclose(start, sims[0].parameters[X])
    for name, value in sims[0].parameters.items():
        np.testing.assert_allclose(value, sims[1].parameters[name], rtol=1e-9, atol=1e-12)


def test_fixed_positions_are_not_learned_but_saved() -> None:
    sim = spatial(recur=gp.distance(max=40), learn_positions=False)
    assert X in sim.parameters and X not in sim.settings
    assert f"parameter/{X}" in sim.state()
    assert not any(name.startswith(X) for name in sim.gradients(batch())[1])
    assert DELAY not in sim.parameters


def test_distances_of_sparse_synapses_take_no_matrix_of_all_pairs() -> None:
    """4000 × 4000 pairs: a byte for each is 16 MB; what a step holds goes with the synapses."""
    size = 4000
    net, exp = gp.Network("large"), gp.synapse("exp")
    box = gp.learn(gp.uniform(-5, 5))
    source = net.population("in", 50, gp.spikes())
    hidden = net.population("hidden", size, gp.neuron("LIF"), position=box, dims=3)
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(source, hidden, exp, weight=1.0, pattern=gp.sparse(0.05))
    back = net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.0, 1.0)),
                       delay=gp.distance(max=20), pattern=gp.sparse(0.001))  # fmt: skip
    net.connect(hidden, out, exp, weight=gp.learn(0.1))
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    loss += 1e-3 * gp.DistanceCost(back, move_positions=True)
    sim = gp.compile(net, loss=loss, optimiser=gp.Adam(0.1), clock="grid", dt=1.0, duration=20,
                     batch=1)  # fmt: skip
    rng = np.random.default_rng()
    train = (np.sort(rng.uniform(0, 9, 500)), rng.integers(0, 50, 500))
    one = gp.data.SpikeBatch.from_events([train], channels=50, duration=20, labels=np.array([1]))
    sim.gradients(one)
    sim.step()
    tracemalloc.start()
    for _ in range(2):
        sim.gradients(one)
        sim.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500 * sim.topology[RECURRENT].column.size < size * size


def bare(dims: tuple[int | None, int | None]) -> gp.Network:
    net = gp.Network("bare")
    a, b = (
        net.population(
            name, 3, gp.neuron("LIF"), position=None if d is None else gp.learn(0.0, dims=d)
        )
        for name, d in zip("ab", dims, strict=True)
    )
    net.connect(a, b, gp.synapse("exp"), weight=1.0, delay=gp.distance(max=9))
    return net


def box(**bounds: Any) -> gp.Network:
    net = gp.Network("box")
    where = gp.learn(gp.uniform(-1, 1), dims=3, **bounds)
    net.population("a", 30, gp.neuron("LIF"), position=where)
    return net


@pytest.mark.parametrize("dims", [1, 3])
def test_positions_within_a_distance_stay_within_it_however_they_are_pushed(dims: int) -> None:
    sim = spatial(
        recur=gp.distance(max=62),
        dims=dims,
        within=5.0,
        box=1.0,
        backend="reference",
        clock="exact",
    )
    sim.settings[X]["rate"] = 100.0
    rng = np.random.default_rng()
    for _ in range(3):
        none = {name: np.zeros_like(sim.parameters[name]) for name in sim.settings}
        sim.step({**none, X: rng.choice([-1e3, 1e3], sim.parameters[X].shape)})
    x = np.asarray(sim.parameters[X])
    assert np.allclose(np.abs(x), 5 / (2 * np.sqrt(dims)))
    assert sim.arrays()[DELAY].max() <= 5.0 * (1 + 1e-12)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: bare((2, None)).freeze(), "b has no positions"),
        (lambda: bare((2, 3)).freeze(), "a lies in 2 dimensions, b in 3"),
        (lambda: gp.distance(max=0), "longest delay is above 0"),
        (lambda: gp.distance(max=9, speed=0.0), "below its minimum"),
        (lambda: gp.Network("n").population("a", 3, gp.spikes(), position=0.0, dims=0),
         "no number of dimensions"),
        (lambda: gp.Network("n").population("a", 3, gp.spikes(), position=np.zeros((3, 2)),
                                            dims=3), "2 and 3|3 and 2"),
        (lambda: gp.Network("n").population("a", 3, gp.spikes(), position=np.zeros((4, 2))),
         "shape"),
        (lambda: gp.neuron("LIF", tau_mem=gp.learn(20.0, dims=2)), "only positions have dims"),
        (lambda: gp.neuron("LIF", tau_mem=gp.learn(20.0, within=2)), "lie within a distance"),
        (lambda: box(within=0), "cannot lie within 0"),
        (lambda: box(within=9, max=3), "bounded twice"),
        (lambda: box(within=9 * gp.ms), "declared in dimensionless numbers but"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(made: Callable[[], object], said: str) -> None:
    with pytest.raises(gp.GenpropError, match=said):
        made()
