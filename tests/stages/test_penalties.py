"""Penalties on parameters: exact gradients, sums with losses, and their place in history."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import genprop as gp
from genprop.describe.objective import Loss
from genprop.describe.topology import Synapses
from genprop.stages.wiring_cost import WiringCost
from tests.stages.spatial import RECURRENT, spatial
from tests.stages.staged import batch, exact, quotient_error
from tests.stages.test_kept import data

X, WEIGHT = "hidden.position", f"{RECURRENT}.weight"


def wiring(*, moves: bool, power: float = 1.0) -> Loss:
    return Loss((), (WiringCost(RECURRENT, "hidden", "hidden", power, moves, 0.05),))


MAGNITUDE = f"{RECURRENT}.magnitude"
COSTS: dict[str, tuple[Callable[[], Loss], list[str]]] = {
    "L1": (lambda: 0.3 * gp.L1(WEIGHT), [WEIGHT]),
    "L2": (lambda: 0.3 * gp.L2("weight", "position"), [WEIGHT, X]),
    "linear": (lambda: wiring(moves=True), [WEIGHT, X]),
    "square": (lambda: wiring(moves=True, power=2.0), [WEIGHT, X]),
    "sum, Dale": (lambda: wiring(moves=True, power=0.5) + gp.L1("magnitude"), [MAGNITUDE, X]),
}
FEW = [("L2", False), ("square", True), ("sum, Dale", False)]


@pytest.mark.parametrize(
    ("cost", "sparse"),
    [
        pytest.param(kind, sparse, marks=() if (kind, sparse) in FEW else pytest.mark.nightly)
        for kind in COSTS
        for sparse in (False, True)
    ],
)
def test_gradients_with_penalties_are_quotients_of_the_exact_loss(cost: str, sparse: bool) -> None:
    extra, names = COSTS[cost]
    weight = gp.dale(gp.learn(gp.uniform(0.1, 0.5))) if MAGNITUDE in names else None
    sim = spatial(
        recur=gp.distance(max=40), weight=weight, extra=extra(), sparse=sparse, backend="reference"
    )
    slopes = exact(sim, gradient=True)[1]
    for name in names:
        assert quotient_error(sim, slopes, name) < 1e-6


def wiring_cost(
    power: float, moves: bool = True
) -> tuple[float, dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng()
    made = WiringCost(RECURRENT, "hidden", "hidden", power, moves)
    values = {X: rng.normal(size=(9, 3)), WEIGHT: rng.normal(size=(9, 9))}
    found = made.penalty(values, {RECURRENT: Synapses(9, 9)})
    assert found is not None
    return *found, values[X]


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_wiring_cost_has_no_scale(power: float) -> None:
    _, slopes, x = wiring_cost(power)
    assert abs(float((x * slopes[X]).sum())) < 1e-11 * np.abs(x * slopes[X]).sum()
    assert np.abs(slopes[X].sum(axis=0)).max() < 1e-11 * np.abs(slopes[X]).max()
    assert X not in wiring_cost(power, moves=False)[1]


def test_power_0_is_l1_and_coincident_neurons_cost_nothing() -> None:
    rng = np.random.default_rng()
    values = {X: rng.normal(size=(5, 2)), WEIGHT: rng.normal(size=(5, 5))}
    topology = {RECURRENT: Synapses(5, 5)}
    flat = WiringCost(RECURRENT, "hidden", "hidden", 0.0, True).penalty(values, topology)
    assert flat is not None and flat[0] == pytest.approx(np.abs(values[WEIGHT]).sum())
    assert np.array_equal(flat[1][WEIGHT], np.sign(values[WEIGHT])) and not flat[1][X].any()
    values[X][:] = 1.0
    assert WiringCost(RECURRENT, "hidden", "hidden").penalty(values, topology) == (0.0, {})


def test_penalties_add_up_and_stand_apart_in_history() -> None:
    extra = 0.1 * (gp.L1("weight") + 2.0 * gp.L2(WEIGHT))
    bare, sim = spatial(), spatial(extra=extra)
    value, loss = sim.gradients(batch())[0], bare.gradients(batch())[0]
    used = sim.arrays()
    ones = [np.abs(a).sum() for n, a in used.items() if n.endswith(".weight")]
    parts = {"L1 weight": 0.1 * sum(ones), f"L2 {WEIGHT}": 0.2 * (used[WEIGHT] ** 2).sum()}
    for name, wanted in parts.items():
        assert sim.last.terms[name] == pytest.approx(wanted)
    assert value == pytest.approx(loss + sum(parts.values()))
    assert sim.spec.digest() not in (bare.spec.digest(), spatial(extra=2 * extra).spec.digest())
    history = gp.fit(sim, data(), epochs=2, progress=False)
    apart = sum(history[f"train.loss.{name}"] for name in sim.last.terms)
    np.testing.assert_allclose(apart, history["train.loss"])


def test_penalties_shrink_what_they_cost() -> None:
    sims = [spatial(extra=e) for e in (None, 10.0 * gp.L1("weight"))]
    for sim in sims:
        gp.fit(sim, data(), epochs=10, progress=False)
    left, right = (np.abs(s.parameters[WEIGHT]).sum() for s in sims)
    assert right < 0.8 * left


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: spatial(extra=gp.L1("wait")), r"no parameter 'wait'[\s\S]*weight"),
        (lambda: gp.L1(), "was given none"),
        (lambda: spatial(extra=gp.L1("weight") + gp.L1("weight")), "two stages are called"),
        (lambda: spatial(extra=Loss((), (WiringCost("hidden->out", "hidden", "out"),))),
         "out has no positions"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(made: Callable[[], object], told: str) -> None:
    with pytest.raises(gp.GenpropError, match=told):
        made()


def test_a_penalty_alone_is_no_loss() -> None:
    net = gp.Network("alone")
    source, out = net.population("in", 2, gp.spikes()), net.population("out", 2, gp.neuron("LI"))
    made = net.connect(source, out, gp.synapse("exp"), weight=gp.learn(1.0))
    with pytest.raises(gp.GenpropError, match="power"):
        gp.DistanceCost(made, power=-1)
    sim = gp.compile(net, loss=gp.L1("weight"), optimiser=gp.Adam(),
            clock="grid", dt=1.0, duration=9.0,
                     backend="reference")  # fmt: skip
    with pytest.raises(gp.GenpropError, match="no loss"):
        sim.gradients(batch())
