"""Networks whose neurons send values settle at the codes that FISTA finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

import genprop as gp
from genprop.testing.basis_pursuit import kkt_residual, objective
from tests.graded.networks import DIM, DOUBLE, GROUPS, INHIBITION, Problem

if TYPE_CHECKING:
    from genprop.backends.graded import GradedOutcome

BACKENDS = {"native": DOUBLE, "reference": "reference"}
AGREES = 1e-6  # of codes in double precision at the fixed point


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("backend", BACKENDS)
def test_codes_are_fistas(backend: str, grouped: bool) -> None:
    problem = Problem(grouped)
    outcome = problem.compiled(BACKENDS[backend]).run(problem.samples, record=["atoms.a"])
    code = np.asarray(outcome.recorded["atoms.a"])
    assert np.abs(code - problem.code).max() < AGREES
    assert np.abs(code - problem.known).max() < AGREES
    settled = np.where(np.abs(code) < AGREES, 0.0, code)  # a group comes near 0, and never there
    residual = kkt_residual(problem.x, problem.dictionary, problem.penalty, settled)
    assert residual.max() < 10 * AGREES  # of which it is λ_max times the code's


@pytest.mark.parametrize("grouped", [False, True])
def test_what_settles_is_a_minimum_of_any_draw(grouped: bool) -> None:
    """However badly conditioned its active set is, and where codes may be far from one another."""
    problem = Problem(grouped, any_draw=True)
    sim = problem.compiled(tolerance=1e-8, duration=1_000_000.0)
    code = np.asarray(sim.run(problem.samples, record=["atoms.a"]).recorded["atoms.a"], np.float64)
    excess = (objective(problem.x, problem.dictionary, problem.penalty, c)
              for c in (code, problem.code))  # fmt: skip
    assert np.abs(np.subtract(*excess)).max() < AGREES


def test_momentum_has_the_same_fixed_point_in_fewer_steps() -> None:
    """Eight atoms with products of .97: λ_max/λ_min is 260, and Euler's steps leave 1 − 1.5/260.

    Heavy balls of momentum β near it as β^(k/2) where √β ≥ 1 − √(1.5/κ): a ninth of the steps.
    """
    rng, gamma = np.random.default_rng(), 0.05
    gram = 0.03 * np.eye(8) + 0.97 * np.ones((8, 8))
    code = rng.uniform(1.0, 2.0, size=(3, 8))  # all atoms are active, on one side
    batch = gp.data.GradedBatch.of(code @ gram + gamma)
    steps: dict[str, int] = {}
    for model in ("lca", "lca_momentum"):
        net = gp.Network("alike")
        x = net.population("b", 8, gp.graded())
        tau = 7.79 / 1.5
        atoms = net.population("atoms", 8, gp.neuron(model, gamma=gamma, tau=tau))
        net.connect(x, atoms, gp.synapse("graded"), weight=1.0, pattern=gp.one_to_one())
        net.connect(atoms, atoms, INHIBITION, weight=np.eye(8) - gram)
        sim = gp.compile(net, dt=1.0, duration=1e5, batch=3, backend=DOUBLE, tolerance=1e-10)
        outcome = cast("GradedOutcome", sim.run(batch, record=["atoms.a"]))
        assert np.abs(np.asarray(outcome.recorded["atoms.a"]) - code).max() < AGREES
        steps[model] = int(outcome.steps.max())
    assert steps["lca_momentum"] < steps["lca"] / 5


def test_the_pooled_code_is_the_norm_of_each_group() -> None:
    problem = Problem(grouped=True)
    outcome = problem.compiled().run(problem.samples, record=["norms.pooled"])
    wanted = problem.penalty.norms(problem.code)
    assert np.abs(np.asarray(outcome.recorded["norms.pooled"]) - wanted).max() < AGREES


def test_another_threshold_is_another_code() -> None:
    """The planted mistake: what is compared above can be seen to differ."""
    problem = Problem(grouped=True)
    sim = problem.compiled()
    sim.parameters["norms.gamma"] = np.full(GROUPS.count, 1.05 * problem.gamma)
    found = sim.run(problem.samples, record=["atoms.a"]).recorded["atoms.a"]
    assert np.abs(np.asarray(found) - problem.code).max() > 1e-4


@pytest.mark.parametrize("grouped", [False, True])
def test_native_makes_the_steps_of_the_reference(grouped: bool) -> None:
    """Also before it has settled, where nothing attracts the two to the same numbers."""
    problem = Problem(grouped)
    record = ["atoms.a", "atoms.u"]
    both = [
        problem.compiled(b, duration=40.0, tolerance=None).run(problem.samples, record=record)
        for b in BACKENDS.values()
    ]
    for name in record:
        ours, theirs = (np.asarray(one.recorded[name]) for one in both)
        assert np.abs(ours - theirs).max() < 1e-12
    assert all((cast("GradedOutcome", one).steps == 40).all() for one in both)


def test_values_that_change_in_steps_are_seen_in_their_steps() -> None:
    problem = Problem(grouped=False)
    steps = 30
    x = np.random.default_rng().normal(size=(problem.batch, steps, DIM))
    batch = gp.data.GradedBatch.of(x)
    both = [
        problem.compiled(b, duration=float(steps), tolerance=None).run(batch, record=["atoms.u"])
        for b in BACKENDS.values()
    ]
    ours, theirs = (np.asarray(one.recorded["atoms.u"]) for one in both)
    assert np.abs(ours - theirs).max() < 1e-12
    u = np.zeros((problem.batch, len(problem.dictionary.T)))
    a, gram = u, problem.dictionary.T @ problem.dictionary
    for k in range(steps):  # the equations written out: τ = 10, dt = 1
        u = u + 0.1 * (x[:, k] @ problem.dictionary - a @ (gram - np.eye(len(gram))) - u)
        a = np.sign(u) * np.maximum(np.abs(u) - problem.gamma, 0)
    assert np.abs(ours - u).max() < 1e-12


def test_results_do_not_depend_on_threads_or_on_the_batch() -> None:
    problem = Problem(grouped=True, learned=True, batch=37)
    one, many = (
        problem.compiled(gp.Native("double", threads=n), classifier=True, tolerance=1e-6)
        for n in (1, 3)
    )
    for a, b in zip(one.gradients(problem.samples)[1].values(),
                    many.gradients(problem.samples)[1].values(), strict=True):  # fmt: skip
        assert np.array_equal(a, b)
    whole = np.asarray(one.run(problem.samples, record=["atoms.a"]).recorded["atoms.a"])
    part = one.run(problem.samples.select([5, 30]), record=["atoms.a"]).recorded["atoms.a"]
    assert np.array_equal(whole[[5, 30]], np.asarray(part))


def test_single_precision_is_close_to_double() -> None:
    problem = Problem(grouped=False)
    sim = problem.compiled(gp.Native(threads=1), tolerance=1e-5)
    code = np.asarray(sim.run(problem.samples, record=["atoms.a"]).recorded["atoms.a"])
    assert np.abs(code - problem.code).max() < 1e-2


def test_a_sample_that_has_settled_makes_no_more_steps() -> None:
    problem = Problem(grouped=False)
    problem.x[0] = 0.0
    outcome = cast("GradedOutcome", problem.compiled().run(problem.samples))
    assert outcome.steps[0] == 1 and (outcome.steps[1:] > 10).all()
    assert (outcome.speed <= 1e-9).all()
