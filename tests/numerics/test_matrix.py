"""The matrix exponential against closed forms, another implementation and difference quotients."""

from __future__ import annotations

import numpy as np
import pytest

from genprop.numerics.matrix import expm, expm_derivative, expm_integral


def lif(tau_mem: float, tau_syn: float) -> np.ndarray:
    return np.array([[-1 / tau_mem, 1 / tau_mem], [0.0, -1 / tau_syn]])


@pytest.mark.parametrize("tau_syn", [5.0, 10.0, 20.0, 40.0])
@pytest.mark.parametrize("s", [1e-6, 0.1, 1.0, 37.0, 500.0])
def test_exponential_equals_closed_form_of_lif(tau_syn: float, s: float) -> None:
    tau = 20.0
    a, b = np.exp(-s / tau), np.exp(-s / tau_syn)
    apart = np.expm1(s / tau_syn - s / tau)  # a − b = b · apart, without what a difference cancels
    k = s / tau * a if tau == tau_syn else tau_syn / (tau - tau_syn) * b * apart
    assert np.allclose(expm(lif(tau, tau_syn) * s), [[a, k], [0, b]], rtol=2e-13, atol=1e-16)


def test_exponential_of_nearly_equal_time_constants_is_smooth() -> None:
    # K(s) = (s/τ) e^{−s/τ} (1 + O(ε)): the quotient of the closed form would cancel here.
    s, tau = 7.0, 20.0
    for epsilon in (1e-4, 1e-8, 1e-12):
        k = expm(lif(tau, tau * (1 + epsilon)) * s)[0, 1]
        assert abs(k - s / tau * np.exp(-s / tau)) < epsilon


def test_exponential_equals_scipy_on_random_stacks() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(0)
    for size in (0.01, 1.0, 10.0, 100.0):
        stack = rng.normal(size=(3, 2, 5, 5)) * size / 5
        expected = linalg.expm(stack)
        scale = np.abs(expected).max(axis=(-1, -2), keepdims=True)
        # Squaring loses about one ulp per unit of the norm.
        assert np.max(np.abs(expm(stack) - expected) / scale) < 1e-13 * max(size, 1.0) * 5


def test_each_matrix_of_a_stack_is_independent_of_its_neighbours() -> None:
    rng = np.random.default_rng(1)
    stack = rng.normal(size=(4, 3, 3)) * np.array([1e-3, 1.0, 30.0, 100.0])[:, None, None]
    assert all(np.array_equal(expm(stack)[k], expm(stack[k])) for k in range(4))


def test_exponential_adds_in_time() -> None:
    a = np.random.default_rng(2).normal(size=(4, 4)) * 0.3
    assert np.allclose(expm(a * 3.0) @ expm(a * 4.0), expm(a * 7.0), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_derivative_equals_central_difference(scale: float) -> None:
    rng = np.random.default_rng(3)
    a, e = rng.normal(size=(2, 4, 4)), rng.normal(size=(2, 4, 4))
    value, derivative = expm_derivative(a, e * scale)
    h = 1e-3

    def at(k: int) -> np.ndarray:
        return expm(a + k * h * e)

    expected = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h) * scale
    assert np.allclose(value, expm(a), rtol=1e-13, atol=1e-13)
    assert np.allclose(derivative, expected, rtol=1e-9, atol=1e-9 * scale)


def test_derivative_of_commuting_direction_is_product() -> None:
    a = lif(20.0, 20.0)
    assert np.allclose(expm_derivative(a, a)[1], a @ expm(a), rtol=1e-13, atol=1e-16)


def test_integral_of_singular_and_regular_flow() -> None:
    value, integral = expm_integral(np.zeros((2, 2)), 3.0)
    assert np.allclose(value, np.eye(2), atol=1e-15)
    assert np.allclose(integral, 3.0 * np.eye(2), atol=1e-14)
    a = lif(20.0, 5.0)
    value, integral = expm_integral(a, np.array([1.0, 200.0]))
    expected = np.linalg.inv(a) @ (value - np.eye(2))
    assert np.allclose(integral, expected, rtol=1e-13, atol=1e-13)
