"""Codes whose values are sent by change or as spikes, and codes of two layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

import genprop as gp
from genprop.errors import ConvergenceError, DescriptionError
from genprop.testing.basis_pursuit import Array, Penalty, objective, pursue
from tests.graded.networks import ATOMS, DIM, DOUBLE, INHIBITION, Problem

if TYPE_CHECKING:
    from genprop.backends.graded import GradedOutcome

AGREES = 1e-6
TAU = 10.0  # [ms] of the atoms
DRAWS = 3
SENDERS = {
    "sigma_delta": gp.neuron("sigma_delta", theta=0.01),
    "spike_rate": gp.neuron("spike_rate", q=2.0),
    "signed_spikes": gp.neuron("signed_spikes", q=2.0),
}
"""The library's senders, with what makes them send now and then."""


def sent_code(problem: Problem, sender: gp.Neuron) -> gp.Network:
    """The code's network, with senders between the atoms and those that they inhibit."""
    net = gp.Network("sent-code")
    x = net.population("x", DIM, gp.graded())
    atoms = net.population("atoms", ATOMS, gp.neuron("lca", gamma=problem.gamma))
    between = net.population("senders", ATOMS, sender)
    net.connect(x, atoms, gp.synapse("graded"), weight=problem.dictionary)
    net.connect(atoms, between, INHIBITION, weight=1.0, pattern=gp.one_to_one())
    lateral = np.eye(ATOMS) - problem.dictionary.T @ problem.dictionary
    net.connect(between, atoms, gp.synapse("graded"), weight=lateral)
    return net


def sent(problem: Problem, sender: gp.Neuron, backend: object = DOUBLE, *, steps: int = 4000,
         tolerance: float | None = None, batch: int = 64) -> gp.Simulator:  # fmt: skip
    """That network, compiled."""
    return gp.compile(sent_code(problem, sender), dt=1.0, duration=float(steps), batch=batch,
                      backend=backend, tolerance=tolerance)  # type: ignore[arg-type]  # fmt: skip


def recorded(sim: gp.Simulator, problem: Problem, *names: str) -> list[Array]:
    outcome = sim.run(problem.samples, record=list(names))
    return [np.asarray(outcome.recorded[name], np.float64) for name in names]


def gaps(problem: Problem, code: Array, *, nonnegative: bool = False) -> Array:
    """How far each sample's objective is above its minimum, as a part of it."""
    penalty = Penalty(problem.gamma, nonnegative=nonnegative)
    best = pursue(problem.x, problem.dictionary, penalty).code
    least = objective(problem.x, problem.dictionary, penalty, best)
    return objective(problem.x, problem.dictionary, penalty, code) / least - 1


@pytest.mark.parametrize("backend", [DOUBLE, "reference"])
def test_what_changed_by_less_than_theta_is_not_sent(backend: object) -> None:
    """At rest every value is within θ of what was sent, and the code errs by at most that allows.

    The atoms see b + W h instead of b + W a, so their code is that of another input, and
    ‖a − a*‖ ≤ ‖W (h − a)‖/λ with λ the least eigenvalue of DᵀD on all atoms of either code.
    """
    problem = Problem(grouped=False)
    lateral = np.eye(ATOMS) - problem.dictionary.T @ problem.dictionary
    events: list[float] = []
    sim = sent(problem, gp.neuron("sigma_delta"), backend, tolerance=1e-8)
    for theta in (0.0, 0.001, 0.01, 0.03):
        sim.parameters["senders.theta"] = theta
        a, held, count = recorded(sim, problem, "atoms.a", "senders.held", "senders.events")
        assert np.abs(a - held).max() <= theta + 1e-6
        error = np.linalg.norm(a - problem.known, axis=1)
        for own, best, seen, found in zip(a, problem.known, (held - a) @ lateral, error,
                                          strict=True):  # fmt: skip
            used = problem.dictionary[:, (own != 0) | (best != 0)]
            least = np.linalg.eigvalsh(used.T @ used)[0]
            assert found <= np.linalg.norm(seen) / least + AGREES
        assert count.sum() == np.round(count).sum()
        events.append(float(count.mean()))
    assert events[0] > events[1] > events[2] > events[3] > 0


def test_the_price_of_theta_is_that_of_its_scale() -> None:
    """Gaps of 1e-5, 1e-3 and 9e-3 at θ = .001, .01 and .03 are published, of another dictionary;
    here the median is 8e-5, 2e-3 and 5e-3 over 20 draws, and has twice that room.
    """
    problem = Problem(grouped=False, batch=32)
    sim = sent(problem, gp.neuron("sigma_delta"), "reference", tolerance=1e-6)
    for theta, most in ((0.001, 2e-4), (0.01, 4e-3), (0.03, 9e-3)):
        sim.parameters["senders.theta"] = theta
        (held,) = recorded(sim, problem, "senders.held")
        assert 0 < np.median(gaps(problem, held)) < most


@pytest.mark.parametrize("model", ["spike_rate", "signed_spikes"])
def test_spikes_near_the_code_with_time(model: str) -> None:
    """Published gaps are 1.4 %, 0.13 % and 0.05 % after 20, 100 and 400 time constants."""
    nonnegative = model == "spike_rate"
    published = {20: 0.014, 100: 0.0013, 400: 0.0005}
    found: dict[int, list[Array]] = {constants: [] for constants in published}
    for _ in range(DRAWS):
        problem = Problem(grouped=False, batch=32)
        penalty = Penalty(problem.gamma, nonnegative=nonnegative)
        largest = np.abs(pursue(problem.x, problem.dictionary, penalty).code).max()
        q = 1.2 * float(largest)  # no value saturates
        for constants, each in found.items():
            steps = round(constants * TAU)
            sim = sent(problem, gp.neuron(model, q=q), "reference", steps=steps)
            total, left, events = recorded(
                sim, problem, "senders.total", "senders.sum", "senders.events"
            )
            assert np.abs(left).max() <= 3 * q  # nothing piles up
            assert np.abs(total).max() <= q * events.max() * (1 + 1e-12)
            each.append(gaps(problem, total / steps, nonnegative=nonnegative))
    medians = {constants: float(np.median(each)) for constants, each in found.items()}
    assert all(medians[constants] < most for constants, most in published.items())


@pytest.mark.parametrize("model", SENDERS)
def test_native_sends_in_the_steps_of_the_reference(model: str) -> None:
    problem = Problem(grouped=False)
    names = ["atoms.u", "senders.events", "senders.value"]
    native, reference = (
        recorded(sent(problem, SENDERS[model], backend, steps=200), problem, *names)
        for backend in (DOUBLE, "reference")
    )
    for ours, theirs in zip(native, reference, strict=True):
        assert np.abs(ours - theirs).max() < 1e-12
    assert 0 < native[1].max() < 200


def test_a_quantum_below_the_code_saturates() -> None:
    """Planted: then the sum piles up, and the code does not come near however long it runs."""
    problem = Problem(grouped=False, batch=32)
    sender = gp.neuron("signed_spikes", q=0.2)
    total, left = recorded(sent(problem, sender, "reference"), problem,
                           "senders.total", "senders.sum")  # fmt: skip
    assert np.abs(left).max() > 100 * 0.2
    assert np.median(gaps(problem, total / 4000)) > 0.01


def test_a_sender_by_change_has_no_gradient_to_settle() -> None:
    problem = Problem(grouped=False)
    net = gp.Network("held")
    x = net.population("x", DIM, gp.graded())
    held = net.population("held", DIM, gp.neuron("sigma_delta"))
    out = net.population("out", 3, gp.neuron("li"))
    net.connect(x, held, gp.synapse("graded"), weight=gp.learn(1.0), pattern=gp.one_to_one())
    net.connect(held, out, gp.synapse("graded"), weight=gp.learn(gp.normal(0, 1)))
    loss = gp.CrossEntropy(gp.final(out, "v"))
    sim = gp.compile(net, loss=loss, dt=1.0, duration=1000.0, batch=8, backend=DOUBLE,
                     tolerance=1e-6)  # fmt: skip
    with pytest.raises(ConvergenceError, match="adjoint has not settled"):
        sim.gradients(problem.samples)


def two_layers(problem: Problem, *, learned: bool = False) -> gp.Network:
    net = gp.Network("two-layers")
    x = net.population("x", DIM, gp.graded())
    residual = net.population("residual", DIM, gp.neuron("residual"))
    atoms = net.population("atoms", ATOMS, gp.neuron("lca", gamma=problem.gamma))
    weight = gp.learn(problem.dictionary) if learned else problem.dictionary
    net.connect(x, residual, gp.synapse("graded"), weight=1.0, pattern=gp.one_to_one())
    net.connect(residual, atoms, gp.Synapse("up", arrival="I = I + w*r"), weight=weight)
    net.connect(atoms, residual, INHIBITION, weight=gp.feedback("residual->atoms.weight"))
    net.connect(atoms, atoms, INHIBITION, weight=1.0, pattern=gp.one_to_one())
    return net


@pytest.mark.parametrize("backend", [DOUBLE, "reference"])
def test_two_layers_have_the_fixed_point_of_one(backend: object) -> None:
    problem = Problem(grouped=False)
    sim = gp.compile(two_layers(problem), dt=1.0, duration=100_000.0, batch=8,
                     backend=backend, tolerance=1e-9)  # type: ignore[arg-type]  # fmt: skip
    a, left = recorded(sim, problem, "atoms.a", "residual.v")
    (one,) = recorded(problem.compiled(backend), problem, "atoms.a")
    assert np.abs(a - one).max() < AGREES
    assert np.abs(a - problem.code).max() < AGREES  # FISTA's
    assert np.abs(left - (problem.x - a @ problem.dictionary.T)).max() < AGREES


def test_the_gradient_of_two_layers_is_that_of_one() -> None:
    """Through the feedback, too: −Dᵀ gives its part of the slope to D."""
    problem = Problem(grouped=False, learned=True, batch=3)
    net = two_layers(problem, learned=True)
    out = net.population("out", 3, gp.neuron("li", tau_mem=5 * gp.ms))
    net.connect("atoms", out, INHIBITION, weight=gp.learn(problem.read), name="read")
    loss = gp.CrossEntropy(gp.final(out, "v"))
    two = gp.compile(net, loss=loss, dt=1.0, duration=100_000.0, batch=8, backend=DOUBLE,
                     tolerance=1e-11)  # fmt: skip
    found = two.gradients(problem.samples)[1]
    wanted = problem.compiled(classifier=True, tolerance=1e-11).gradients(problem.samples)[1]
    for ours, theirs in (("residual->atoms.weight", "x->atoms.weight"), ("read.weight",) * 2):
        scale = np.abs(wanted[theirs]).max()
        assert np.abs(found[ours] - wanted[theirs]).max() < 1e-6 * scale
    assert cast("GradedOutcome", two.last).steps.max() < 100_000


def test_feedback_needs_a_dictionary_of_its_size() -> None:
    net = gp.Network("feedback")
    x = net.population("x", DIM, gp.graded())
    atoms = net.population("atoms", ATOMS, gp.neuron("lca"))
    with pytest.raises(DescriptionError, match=r"feedback\('x->atoms.weight'\): there are no such"):
        net.connect(atoms, atoms, INHIBITION, weight=gp.feedback("x->atoms.weight"))
    with pytest.raises(DescriptionError, match="no name of weights"):
        gp.feedback(0)  # type: ignore[arg-type]
    net.connect(x, atoms, gp.synapse("graded"), weight=0.1)
    net.connect(atoms, atoms, INHIBITION, weight=gp.feedback("x->atoms.weight"))
    with pytest.raises(DescriptionError, match="which has other sizes or synapses"):
        net.freeze()
