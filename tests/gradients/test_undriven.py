"""The adjoint where nothing pulls on it: the series beside collocation."""

from __future__ import annotations

import numpy as np
import pytest

from genprop.backends.reference.exact.quadrature import NODES, solve_linear
from genprop.backends.reference.exact.undriven import Undriven


@pytest.mark.parametrize("seed", range(30))
def test_the_series_is_what_collocation_gives_without_drive(seed: int) -> None:
    rng = np.random.default_rng(seed)
    states, stretches = int(rng.integers(1, 5)), int(rng.integers(1, 9))
    matrix = rng.normal(0, 1, (states, states)) * 10.0 ** rng.integers(-3, 4)
    if seed % 10 == 0:
        matrix = np.zeros_like(matrix)
    norm = max(np.abs(matrix).sum(1).max(), 1e-3)
    lengths = rng.uniform(0, 1, stretches) / norm
    start = rng.normal(0, 1, states)
    nodes, end = Undriven(matrix).solve(start, lengths)
    expected, wanted = solve_linear(matrix, np.zeros((stretches, NODES, states)), start, lengths)
    scale = np.abs(expected).max()
    assert np.abs(nodes - expected).max() < 1e-13 * scale
    assert np.abs(end - wanted).max() < 1e-13 * scale


def test_a_stretch_beyond_the_reach_of_the_series_is_left_to_collocation() -> None:
    matrix, start = np.array([[-3.0, 1.0], [0.0, -2.0]]), np.array([1.0, 2.0])
    lengths = np.array([0.5, 3.0, 0.1])
    nodes, end = Undriven(matrix).solve(start, lengths)
    one, middle = Undriven(matrix).solve(start, lengths[:1])
    rest, wanted = solve_linear(matrix, np.zeros((2, NODES, 2)), middle, lengths[1:])
    assert np.array_equal(nodes, np.concatenate([one, rest]))
    assert np.array_equal(end, wanted)


def test_numbers_beyond_the_finite_stay_so() -> None:
    """As a neuron that cannot be followed has them; nothing takes for ever."""
    nodes, end = Undriven(np.array([[np.nan]])).solve(np.ones(1), np.ones(1))
    assert np.isnan(nodes).all()
    assert np.isnan(end).all()
