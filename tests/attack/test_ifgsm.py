"""Attacks stay within their bound, raise the loss, and go the way that the gradient says."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from tests.graded.networks import DIM, Problem


def attacked(norm: str, eps: float, steps: int = 5, **options: object) -> tuple[Problem, object]:
    problem = Problem(grouped=False, learned=True, batch=8)
    sim = problem.compiled(classifier=True, tolerance=1e-7)
    return problem, gp.attack.ifgsm(sim, problem.samples, eps, norm, steps, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_the_change_is_at_most_eps_and_the_loss_rises(norm: str) -> None:
    problem, found = attacked(norm, 0.3)
    assert isinstance(found, gp.attack.Attacked)
    change = np.asarray(found.batch.values_of("x")) - problem.x
    size = np.linalg.norm(change, axis=1) if norm == "l2" else np.abs(change).max(axis=1)
    assert (size <= 0.3 * (1 + 1e-9)).all() and np.allclose(size, found.size)
    assert size.max() > 0.29  # it uses what it may
    assert found.loss[-1] > found.loss[0] and len(found.loss) == 6
    assert np.array_equal(found.batch.labels, problem.labels)  # type: ignore[arg-type]


def test_no_random_change_of_that_size_does_as_much() -> None:
    problem = Problem(grouped=False, learned=True, batch=8)
    sim = problem.compiled(classifier=True, tolerance=1e-7)
    found = gp.attack.ifgsm(sim, problem.samples, 0.3)
    rng = np.random.default_rng()
    for _ in range(5):
        change = rng.normal(size=problem.x.shape)
        change *= 0.3 / np.linalg.norm(change, axis=1, keepdims=True)
        other = gp.data.GradedBatch.of(problem.x + change, labels=problem.labels)
        assert sim.run(other).loss < found.loss[-1]


def test_one_small_step_raises_the_loss_by_the_gradient() -> None:
    problem = Problem(grouped=False, learned=True, batch=8)
    sim = problem.compiled(classifier=True, tolerance=1e-9)
    _, slopes = sim.input_gradients(problem.samples)  # type: ignore[attr-defined]
    eps = 1e-5
    found = gp.attack.ifgsm(sim, problem.samples, eps, steps=1)
    rise = found.loss[-1] - found.loss[0]
    expected = eps * np.linalg.norm(slopes["x"], axis=1).sum()
    assert abs(rise - expected) < 1e-3 * expected


def test_values_stay_within_their_bounds() -> None:
    problem = Problem(grouped=False, learned=True)
    problem.x = np.random.default_rng().uniform(0, 1, (4, DIM))
    sim = problem.compiled(classifier=True, tolerance=1e-7)
    found = gp.attack.ifgsm(sim, problem.samples, 0.4, "linf", within=(0.0, 1.0))
    values = np.asarray(found.batch.values_of("x"))
    assert values.min() >= 0 and values.max() <= 1
    with pytest.raises(DataError, match="are not within"):
        gp.attack.ifgsm(sim, problem.samples, 0.4, within=(0.0, 0.5))


def test_spikes_are_refused_with_the_reason() -> None:
    net = gp.Network("spikes")
    inp = net.population("input", 2, gp.spikes())
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(inp, out, gp.synapse("exp"), weight=1.0)
    loss = gp.CrossEntropy(gp.maximum(out, "v"))
    sim = gp.compile(net, loss=loss, dt=1.0, duration=10.0, backend="reference")
    batch = gp.data.SpikeBatch.from_events([([1.0], [0])], channels=2, duration=10.0, labels=[0])
    with pytest.raises(UnsupportedError, match="no change of it is small"):
        gp.attack.ifgsm(sim, batch, 0.1)


def test_numbers_that_are_none_are_refused() -> None:
    problem = Problem(grouped=False, learned=True)
    sim = problem.compiled(classifier=True, tolerance=1e-7)
    with pytest.raises(ConfigurationError, match="no norm 'l1'"):
        gp.attack.ifgsm(sim, problem.samples, 0.1, "l1")
    with pytest.raises(ConfigurationError, match="eps"):
        gp.attack.ifgsm(sim, problem.samples, -0.1)
