"""The stability theorem of group basis pursuit, over random dictionaries that fulfil it."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.errors import ConfigurationError
from genprop.testing.basis_pursuit import Array, Penalty, pursue
from genprop.testing.incoherent import (
    ERROR,
    THRESHOLD,
    block_coherence,
    incoherent_dictionary,
    most_groups,
)

SIZE, COUNT, DIM, SAMPLES = 3, 14, 30, 40
GROUPS = gp.groups(COUNT * SIZE, SIZE)
ROUNDING = 1e-9  # to which codes are found


def incoherent(iterations: int) -> Array:
    seed = np.random.default_rng()
    return incoherent_dictionary(DIM, COUNT, SIZE, 0.2, iterations=iterations, seed=seed)


def dictionary() -> tuple[Array, int]:
    """One whose groups may be active one or two at a time, and how many."""
    found = incoherent(60)
    return found, most_groups(block_coherence(found, GROUPS))


def noisy(found: Array, active: int, eps: float, *, aligned: bool) -> tuple[Array, Array]:
    """Samples of ``active`` groups with noise of norm ε, random or along groups that are silent."""
    rng = np.random.default_rng()
    code, noise = np.zeros((SAMPLES, COUNT * SIZE)), rng.normal(size=(SAMPLES, DIM))
    for k in range(SAMPLES):
        order = rng.permutation(COUNT)
        for group in order[:active]:
            code[k, GROUPS.of == group] = rng.uniform(1, 2, SIZE) * rng.choice([-1, 1], SIZE)
        if aligned:
            noise[k] = found[:, GROUPS.of == order[-1]] @ rng.normal(size=SIZE)
    noise *= eps / np.linalg.norm(noise, axis=1, keepdims=True)
    return code @ found.T + noise, code


def norms(code: Array) -> Array:
    return np.linalg.norm(code.reshape(SAMPLES, COUNT, SIZE), axis=2)


def false_groups(true: Array, code: Array) -> int:
    return int(np.count_nonzero((norms(true) == 0) & (norms(code) > ROUNDING)))


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("eps", [0.01, 0.1])
def test_no_false_group_and_an_error_below_the_bound(eps: float, aligned: bool) -> None:
    found, active = dictionary()
    assert active >= 1  # the condition of the theorem is fulfilled
    x, true = noisy(found, active, eps, aligned=aligned)
    code = pursue(x, found, Penalty(THRESHOLD * eps, GROUPS)).code
    assert false_groups(true, code) == 0
    assert norms(code - true).max() < ERROR * eps
    assert np.all(norms(code)[norms(true) > ERROR * eps] > 0)


def test_a_smaller_gamma_lets_false_groups_in() -> None:
    """The planted mistake: half of ε instead of four times."""
    found, active = dictionary()
    x, true = noisy(found, active, 0.1, aligned=True)
    code = pursue(x, found, Penalty(0.5 * 0.1, GROUPS)).code
    assert false_groups(true, code) > 0


def test_groups_are_orthonormal_and_less_coherent_than_random_ones() -> None:
    found, _ = dictionary()
    gram = (found.T @ found).reshape(COUNT, SIZE, COUNT, SIZE)
    for k in range(COUNT):
        assert np.allclose(gram[k, :, k, :], np.eye(SIZE))
    random = incoherent(0)
    assert block_coherence(found, GROUPS) < block_coherence(random, GROUPS)


def test_the_condition_is_a_strict_bound() -> None:
    assert most_groups(0.194) == 2 and most_groups(0.5) == 0 and most_groups(0.2) == 1


def test_too_few_atoms_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="make no frame"):
        incoherent_dictionary(30, 4, 3, 0.2)
