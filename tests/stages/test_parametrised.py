"""Axonal, dendritic and tied delays, signs and magnitudes: gradients and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop.describe.topology import Synapses
from genprop.stages.signed import SignedWeight
from tests.stages.spatial import RECURRENT, spatial
from tests.stages.staged import HIDDEN, IN, batch, exact, quotient_error

if TYPE_CHECKING:
    from genprop.describe.derivation import Derivation
    from genprop.describe.initial import Learn

WEIGHT, DELAY = f"{RECURRENT}.weight", f"{RECURRENT}.delay"
DRAWN = gp.learn(gp.uniform(0.5, 8.0), max=12)


def magnitudes() -> Learn:
    return gp.learn(gp.normal(0.0, 0.4))


MADE: Mapping[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "axonal": (lambda: {"recur": gp.axonal(DRAWN)}, f"{RECURRENT}.axonal_delay"),
    "dendritic": (lambda: {"recur": gp.dendritic(DRAWN)}, f"{RECURRENT}.dendritic_delay"),
    "dale": (lambda: {"weight": gp.dale(magnitudes())}, f"{RECURRENT}.magnitude"),
    "signed": (lambda: {"weight": gp.signed(magnitudes())}, f"{RECURRENT}.magnitude"),
}


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("kind", MADE)
def test_leaf_gradients_are_quotients_of_the_exact_loss(kind: str, sparse: bool) -> None:
    arguments, leaf = MADE[kind]
    sim = spatial(**arguments(), sparse=sparse, backend="reference")
    slopes = exact(sim, gradient=True)[1]
    assert np.abs(slopes[leaf]).max() > 1e-5
    assert quotient_error(sim, slopes, leaf) < 1e-6


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize(("made", "key"), [(gp.axonal, "axonal"), (gp.dendritic, "dendritic")])
def test_one_delay_per_neuron_is_a_synaptic_one_with_tied_values(
    made: Callable[[Learn], Derivation], key: str, sparse: bool
) -> None:
    leaf = f"{RECURRENT}.{key}_delay"
    one = spatial(recur=made(DRAWN), sparse=sparse)
    other = spatial(recur=DRAWN, sparse=sparse)
    other.parameters[DELAY] = one.arrays()[DELAY]
    for name in one.parameters.keys() & other.parameters.keys():
        other.parameters[name] = one.parameters[name]
    (loss, slopes), (tied, free) = one.gradients(batch()), other.gradients(batch())
    synapses = one.topology[RECURRENT]
    summed = synapses.sum_pre if key == "axonal" else synapses.sum_post
    assert loss == tied
    np.testing.assert_allclose(slopes[leaf], summed(free[DELAY]), rtol=1e-12)
    assert one.parameters[leaf].shape == (HIDDEN,)


def tied_network() -> gp.Simulator:
    net, exp = gp.Network("tied"), gp.synapse("exp")
    source = net.population("in", IN, gp.spikes())
    first, second = (net.population(n, 4, gp.neuron("LIF")) for n in ("first", "second"))
    out = net.population("out", 3, gp.neuron("LI"))
    net.connect(source, first, exp, weight=gp.learn(gp.normal(0.9, 0.9)), delay=DRAWN)
    net.connect(source, second, exp, weight=gp.tied("in->first.weight"),
                delay=gp.tied("in->first.delay"))  # fmt: skip
    for hidden in (first, second):
        net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    return gp.compile(
        net, loss=gp.CrossEntropy(gp.integral(out, "v")), optimiser=gp.Adam(1e-2),
        clock="grid", dt=1.0,
        duration=40, batch=4, backend="reference",
    )  # fmt: skip


def test_tied_parameters_are_one_and_have_the_sum_of_both_gradients() -> None:
    sim = tied_network()
    assert not [name for name in sim.parameters if name.startswith("in->second")]
    slopes = exact(sim, gradient=True)[1]
    for name in ("in->first.weight", "in->first.delay"):
        assert quotient_error(sim, slopes, name) < 1e-6
    sim.gradients(batch())
    sim.step()
    used = sim.arrays()
    assert np.array_equal(used["in->first.weight"], used["in->second.weight"])


def test_dale_gives_all_projections_of_a_population_its_signs() -> None:
    sim = spatial(weight=gp.dale(magnitudes()), sparse=True)
    signs, weight = sim.parameters["hidden.sign"], sim.arrays()[WEIGHT]
    assert set(np.unique(signs)) <= {-1.0, 1.0} and "hidden.sign" not in sim.settings
    assert np.array_equal(np.sign(weight), sim.topology[RECURRENT].of_pre(signs))
    for k in range(5):
        sim.gradients(batch(k))
        sim.step()
    assert np.array_equal(sim.parameters["hidden.sign"], signs)
    assert np.all(sim.parameters[f"{RECURRENT}.magnitude"] >= 0)
    sim.parameters["hidden.sign"] = 0.5
    with pytest.raises(gp.GenpropError, match="no sign"):
        sim.gradients(batch())


def test_the_sign_of_a_pair_depends_on_the_pair_alone() -> None:
    stage = spatial(weight=gp.signed(magnitudes(), excitatory=0.3)).stages.all[0]
    assert isinstance(stage, SignedWeight)
    whole = stage.signs({}, Synapses(200, 100))
    assert abs(float((whole > 0).mean()) - 0.3) < 5 * (0.21 / whole.size) ** 0.5
    some = Synapses.of_pairs(
        200, 100, np.argwhere(np.random.default_rng().random((200, 100)) < 0.1)
    )
    assert np.array_equal(stage.signs({}, some), whole[some.all_pairs()])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: spatial(weight=gp.dale(gp.learn(0.2, min=-1.0))), "magnitude is not negative"),
        (lambda: spatial(weight=gp.dale(gp.learn(-0.2))), "magnitude is not negative"),
        (lambda: spatial(weight=gp.dale(gp.learn(0.2), signs=[1, -1])), "shape"),
        (lambda: gp.dale(1.0, signs=[1, 0.5]), "signs are"),
        (lambda: gp.signed(1.0, excitatory=1.5), "from 0 to 1"),
        (lambda: spatial(recur=gp.axonal(gp.learn(gp.normal(3, 1)))), "not bounded"),
        (lambda: spatial(weight=gp.tied("in->hidden.wait")), "no such weight"),
        (lambda: spatial(weight=gp.tied("in->hidden.weight")), "other synapses"),
        (lambda: spatial(feed=DRAWN, weight=gp.tied("in->hidden.delay")), "another kind"),
    ],
)
def test_errors_say_what_is_wrong(made: Callable[[], object], said: str) -> None:
    with pytest.raises(gp.GenpropError, match=said):
        made()


def test_two_projections_with_contradicting_signs_are_refused() -> None:
    net = gp.Network("two")
    hidden = net.population("hidden", 2, gp.neuron("LIF"))
    for signs in ([1, -1], [1, 1]):
        net.connect(hidden, hidden, gp.synapse("exp"), weight=gp.dale(0.5, signs=signs))
    with pytest.raises(gp.GenpropError, match="other signs"):
        net.freeze()
