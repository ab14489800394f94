"""Sparse codes of the numpy solvers fulfil the conditions of a minimum, and agree with others'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import genprop as gp
from genprop.errors import ConfigurationError, TrainingError
from genprop.testing.basis_pursuit import (
    Array,
    Penalty,
    deep_pursuit,
    kkt_residual,
    layered_pursuit,
    objective,
    pursue,
)

ATOMS, SIZE = 24, 4
GROUPS = gp.groups(ATOMS, SIZE)
CLOSE = 1e-9  # steps end at 1e-12, and residuals are a few λ_max larger


def problem(batch: int = 12, dim: int = 16) -> tuple[Array, Array]:
    """Samples and a dictionary of unit columns, new ones each time."""
    rng = np.random.default_rng()
    dictionary = rng.normal(size=(dim, ATOMS))
    return rng.normal(size=(batch, dim)), dictionary / np.linalg.norm(dictionary, axis=0)


def penalties() -> dict[str, Penalty]:
    weights = np.random.default_rng().uniform(0.5, 1.5, GROUPS.count)
    return {
        "l1": Penalty(0.2),
        "l1 weighted": Penalty(np.random.default_rng().uniform(0.05, 0.4, ATOMS)),
        "l1 nonnegative": Penalty(0.2, nonnegative=True),
        "group": Penalty(1.0, GROUPS),
        "group weighted": Penalty(weights, GROUPS),
        "group nonnegative": Penalty(1.0, GROUPS, nonnegative=True),
        "sparse group": Penalty(1.0, GROUPS, beta=0.4),
        "sparse group weighted nonnegative": Penalty(weights, GROUPS, 0.4, nonnegative=True),
    }


@pytest.mark.parametrize("accelerated", [True, False])
@pytest.mark.parametrize("name", penalties())
def test_codes_fulfil_the_conditions_of_a_minimum(name: str, accelerated: bool) -> None:
    (x, dictionary), penalty = problem(), penalties()[name]
    code = pursue(x, dictionary, penalty, accelerated=accelerated).code
    assert kkt_residual(x, dictionary, penalty, code).max() < CLOSE
    assert 0 < np.count_nonzero(code) < code.size


@pytest.mark.parametrize("name", penalties())
def test_no_nearby_code_has_a_lower_objective(name: str) -> None:
    (x, dictionary), penalty = problem(), penalties()[name]
    code = pursue(x, dictionary, penalty).code
    least = objective(x, dictionary, penalty, code)
    rng = np.random.default_rng()
    for scale in (1e-3, 1e-1):
        other = code + scale * rng.normal(size=code.shape)
        other = np.maximum(other, 0) if penalty.nonnegative else other
        assert np.all(objective(x, dictionary, penalty, other) > least)


@pytest.mark.parametrize("name", penalties())
def test_another_gamma_is_seen_in_the_residual(name: str) -> None:
    (x, dictionary), penalty = problem(), penalties()[name]
    code = pursue(x, dictionary, replace(penalty, gamma=0.9 * np.asarray(penalty.gamma))).code
    assert kkt_residual(x, dictionary, penalty, code).max() > 1e-3


def test_basis_pursuit_agrees_with_scikit_learns_lasso() -> None:
    from sklearn.linear_model import Lasso

    x, dictionary = problem()
    gamma = 0.2
    for positive in (False, True):
        lasso = Lasso(gamma / len(dictionary), fit_intercept=False, positive=positive, tol=1e-12)
        lasso.set_params(max_iter=100_000)
        theirs = np.stack([lasso.fit(dictionary, sample).coef_ for sample in x])
        ours = pursue(x, dictionary, Penalty(gamma, nonnegative=positive)).code
        assert np.abs(ours - theirs).max() < 1e-6  # their gap, not their coefficients, is bounded


def test_groups_of_one_and_beta_of_one_are_basis_pursuit() -> None:
    x, dictionary = problem()
    plain = pursue(x, dictionary, Penalty(0.2)).code
    for same in (Penalty(0.2, gp.groups(ATOMS, 1)), Penalty(0.2, GROUPS, beta=1.0)):
        assert np.abs(pursue(x, dictionary, same).code - plain).max() < CLOSE


def test_layers_code_each_other() -> None:
    x, first = problem()
    second = np.random.default_rng().normal(size=(ATOMS, 12)) / np.sqrt(ATOMS)
    layers = [(first, Penalty(0.1, GROUPS)), (second, Penalty(0.05))]
    codes = layered_pursuit(x, layers)
    assert kkt_residual(x, first, layers[0][1], codes[0]).max() < CLOSE
    assert kkt_residual(codes[0], second, layers[1][1], codes[1]).max() < CLOSE


def test_joint_codes_minimise_the_sum_over_layers() -> None:
    """Both residuals written out; the solver knows one block matrix only."""
    x, first = problem()
    second = np.random.default_rng().normal(size=(ATOMS, 12)) / np.sqrt(ATOMS)
    a, b = deep_pursuit(x, [(first, Penalty(0.1, GROUPS)), (second, Penalty(0.05))])
    lower = (x - a @ first.T) @ first - (a - b @ second.T)
    upper = (a - b @ second.T) @ second
    sizes = np.linalg.norm(a.reshape(len(x), -1, SIZE), axis=2)
    forces = np.linalg.norm(lower.reshape(len(x), -1, SIZE), axis=2)
    assert np.abs(forces[sizes > 0] - 0.1).max() < CLOSE and forces.max() < 0.1 + CLOSE
    assert np.abs(upper - 0.05 * np.sign(b))[b != 0].max(initial=0) < CLOSE
    assert np.abs(upper).max() < 0.05 + CLOSE


def test_a_solver_that_does_not_arrive_tells() -> None:
    x, dictionary = problem()
    with pytest.raises(TrainingError, match=r"still change by .* after 3 steps"):
        pursue(x, dictionary, Penalty(0.1), iterations=3)


def test_penalties_that_are_none_are_refused() -> None:
    for wrong in (lambda: Penalty(-0.1), lambda: Penalty(0.1, GROUPS, beta=1.5)):
        with pytest.raises(ConfigurationError, match="no penalty"):
            wrong()
    x, dictionary = problem()
    layers = [(dictionary, Penalty(0.1, GROUPS)), (np.eye(ATOMS), Penalty(0.1, beta=0.5))]
    with pytest.raises(ConfigurationError, match="cannot be solved jointly"):
        deep_pursuit(x, layers)
