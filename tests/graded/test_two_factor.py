"""The two-factor rule is the gradient of the objective that a sparse code minimises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.errors import ConfigurationError
from genprop.testing.basis_pursuit import objective, pursue
from tests.graded.networks import CLASSES, DOUBLE, Problem

if TYPE_CHECKING:
    from genprop.train import Training

DICTIONARY = "x->atoms.weight"


class Seen(gp.train.Callback):
    """Keeps the gradients of the first batch."""

    found: np.ndarray

    def on_gradients(self, training: Training) -> None:
        self.found = np.array(training.gradients[DICTIONARY])


def learned(problem: Problem, backend: object, *callbacks: gp.train.Callback) -> gp.train.History:
    data = gp.data.Dataset(problem.samples, CLASSES)
    sim = problem.compiled(backend, classifier=True)
    return gp.fit(sim, data, epochs=1, callbacks=callbacks, progress=False)


def minimum(problem: Problem, dictionary: np.ndarray) -> float:
    """Mean over samples of the smallest objective there is with a dictionary."""
    code = pursue(problem.x, dictionary, problem.penalty).code
    return float(objective(problem.x, dictionary, problem.penalty, code).mean())


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("backend", [DOUBLE, "reference"])
def test_the_rule_is_the_quotient_of_the_least_objective(backend: object, grouped: bool) -> None:
    problem, seen = Problem(grouped, learned=True), Seen()
    record = learned(problem, backend, gp.train.TwoFactor(2.0, alone=True), seen).records[0]
    direction = np.random.default_rng().normal(size=problem.dictionary.shape)
    h = 1e-5
    sides = [minimum(problem, problem.dictionary + s * h * direction) for s in (1, -1)]
    quotient = 2.0 * (sides[0] - sides[1]) / (2 * h)
    size = float(np.linalg.norm(seen.found))
    assert abs(quotient - np.sum(seen.found * direction)) < 1e-4 * size
    missing = problem.x - problem.code @ problem.dictionary.T
    wanted = 0.5 * float((missing**2).sum(axis=1).mean())
    assert record.metrics["reconstruction.residual"] == pytest.approx(wanted, rel=1e-5)


def test_it_is_added_to_the_gradient_of_the_loss() -> None:
    problem = Problem(grouped=True, learned=True)
    both, rule, loss = Seen(), Seen(), Seen()
    learned(problem, DOUBLE, gp.train.TwoFactor(0.5), both)
    learned(problem, DOUBLE, gp.train.TwoFactor(0.5, alone=True), rule)
    learned(problem, DOUBLE, loss)
    assert np.abs(loss.found).max() > 1e-3
    assert both.found == pytest.approx(rule.found + loss.found, abs=1e-9)


def test_what_is_no_dictionary_is_refused() -> None:
    problem = Problem(grouped=False, learned=True)
    with pytest.raises(ConfigurationError, match="no dense weights that are learned"):
        learned(problem, DOUBLE, gp.train.TwoFactor(dictionary="atoms->atoms.weight"))
    with pytest.raises(ConfigurationError, match="nothing that the receivers"):
        learned(problem, DOUBLE, gp.train.TwoFactor(code="out.v"))
