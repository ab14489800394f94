"""Stages between parameters and the arrays that run: leaves, chain rule, penalties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.errors import (
    DescriptionError,
)
from tests.stages.staged import (
    DELAY,
    WEIGHT,
    Cost,
    Signed,
    batch,
    distance,
    exact,
    network,
    quotient_error,
)

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays


LEAVES = ("in->hidden.magnitude", "hidden.x")


@pytest.mark.parametrize("sparse", [False, True])
def test_leaf_gradients_are_difference_quotients_of_the_exact_loss(sparse: bool) -> None:
    sim = network([Signed("in->hidden"), distance(), Cost()], sparse=sparse, dt=1.0)
    assert set(sim.parameters) >= set(LEAVES)
    assert not {WEIGHT, DELAY} & set(sim.parameters)
    slopes = exact(sim, gradient=True)[1]
    assert max(quotient_error(sim, slopes, name) for name in LEAVES) < 1e-6
    assert abs(slopes["hidden.x"].sum()) < 1e-9 * np.abs(slopes["hidden.x"]).max()


def test_a_parameter_of_neurons_is_derived_as_one_of_synapses_is() -> None:
    pace = gp.leaf("hidden.pace", (), gp.learn(1.3))
    tau = gp.derived("hidden.tau_mem", "7 + pace**2", {"pace": "hidden.pace at one"}, [pace])
    native, reference = (network([tau], dt=1.0, backend=b) for b in (None, "reference"))
    slopes = exact(reference, gradient=True)[1]
    assert quotient_error(reference, slopes, "hidden.pace") < 1e-6
    (loss, ours), (same, theirs) = (sim.gradients(batch()) for sim in (native, reference))
    assert loss == pytest.approx(same, rel=1e-12) and "hidden.tau_mem" not in ours
    assert ours["hidden.pace"] == pytest.approx(theirs["hidden.pace"], rel=1e-9) != 0


@dataclass(frozen=True)
class OneRole(gp.Stage):
    """|x_pre − x_post| whose gradient forgets that a neuron also receives."""

    true: gp.Stage

    def declare(self, spec: NetworkSpec) -> gp.Declared:
        return self.true.declare(spec)

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        return self.true.forward(values, topology)

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        x = values["hidden.x"]
        return {"hidden.x": (gradients[DELAY] * np.sign(x[:, None] - x[None, :])).sum(axis=1)}


@pytest.mark.parametrize(
    "planted",
    [
        lambda: [Signed("in->hidden", wrong=-1.0), distance()],
        lambda: [Signed("in->hidden"), OneRole(distance())],
    ],
    ids=["sign", "one role only"],
)
def test_a_planted_mistake_in_the_chain_rule_is_seen(planted: Callable[[], list[gp.Stage]]) -> None:
    sim = network(planted(), dt=1.0)
    slopes = exact(sim, gradient=True)[1]
    assert max(quotient_error(sim, slopes, name) for name in LEAVES) > 0.1


def test_a_penalty_is_a_term_of_the_loss() -> None:
    bare, sim = (network([distance(), *more], dt=0.1) for more in ([], [Cost(0.5)]))
    (loss, plain), (higher, more) = bare.gradients(batch()), sim.gradients(batch())
    used = sim.arrays()
    cost = 0.5 * float(np.sum(np.abs(used["hidden->hidden.weight"]) * used[DELAY]))
    assert sim.last.terms["cost"] == pytest.approx(cost)
    assert higher == pytest.approx(loss + cost)
    np.testing.assert_allclose(
        more["hidden->hidden.weight"] - plain["hidden->hidden.weight"],
        0.5 * np.sign(used["hidden->hidden.weight"]) * used[DELAY],
        atol=1e-12,
    )
    assert not np.allclose(more["hidden.x"], plain["hidden.x"])
    assert "cost" in sim.run(batch()).terms


def test_without_stages_parameters_are_what_runs() -> None:
    sim = network([], dt=1.0)
    assert sim.arrays() is sim.parameters
    assert sim.spec.digest() == network([], dt=1.0).spec.digest()
    assert sim.spec.digest() != network([Cost(1.0)], dt=1.0).spec.digest()
    assert network([Cost(2.0)]).spec.digest() != network([Cost(1.0)]).spec.digest()


def test_a_derived_value_beyond_the_bounds_is_refused() -> None:
    sim = network([gp.derived(DELAY, "3 * a", {"a": "hidden.x at pre"},
                              [gp.leaf("hidden.x", 5, gp.learn(4.0))])], dt=1.0)  # fmt: skip
    sim.gradients(batch())
    for value in (4.5, -0.1):
        sim.parameters["hidden.x"] = value
        with pytest.raises(DescriptionError, match=r"hidden->hidden.delay the value .*beyond"):
            sim.gradients(batch())


def test_bounds_of_leaves_hold_and_backends_agree() -> None:
    sims = [network([distance()], dt=1.0, backend=b) for b in (None, "reference")]
    for sim in sims:
        sim.settings["hidden.x"]["rate"] = 3.0
        for k in range(6):
            sim.gradients(batch(k))
            sim.step()
        assert np.abs(sim.parameters["hidden.x"]).max() == 5.0
    for name, value in sims[0].parameters.items():
        np.testing.assert_allclose(value, sims[1].parameters[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: gp.derived("in->hidden.delay", "a", {"a": "hidden.x at pre"},
                            [gp.leaf("hidden.x", 5, 1.0)]), r"no parameter.*cannot be derived"),
        (lambda: gp.derived(DELAY, "a", {"a": "hidden.y at pre"}), "is no parameter"),
        (lambda: gp.derived(DELAY, "a", {"a": f"{WEIGHT} at left"}), "cannot be read at 'left'"),
        (lambda: gp.derived("hidden.tau_mem", "a", {"a": f"{WEIGHT} at pre"}), "cannot be read"),
        (lambda: gp.derived(DELAY, "a - c", {"a": "hidden.x at pre"}), "c"),
        (lambda: gp.derived(DELAY, "a", {"a": "hidden.x[k] at pre"}), "no column"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(made: Callable[[], gp.Stage], said: str) -> None:
    with pytest.raises(gp.GenpropError, match=said):
        network([made()], dt=1.0)


def test_a_learned_leaf_needs_an_optimiser_and_a_name_of_its_own() -> None:
    net = gp.Network("two")
    source = net.population("in", 2, gp.spikes())
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(source, out, gp.synapse("exp"), weight=1.0)
    gain = gp.derived("in->out.weight", "g", {"g": "out.gain at one"},
                      [gp.leaf("out.gain", (), gp.learn(2.0))])  # fmt: skip
    with pytest.raises(DescriptionError, match=r"out.gain is learned but has no optimiser"):
        net.freeze(None, {"weight": gp.Adam()}, [gain])
    with pytest.raises(DescriptionError, match="derived twice"):
        net.freeze(None, {"gain": gp.Adam()}, [gain, gain])
    sim = gp.compile(
        net, loss=gp.CrossEntropy(gp.final(out, "v")), optimiser={"gain": gp.Adam()},
        clock="grid", dt=1.0,
        duration=20.0, batch=2, backend="reference", stages=[gain],
    )  # fmt: skip
    assert list(sim.settings) == ["out.gain"]
    assert np.all(sim.arrays()["in->out.weight"] == 2.0)
