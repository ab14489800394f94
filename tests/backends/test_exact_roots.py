"""Sign changes of polynomials: none missed, none invented, each to machine precision."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import polynomial

from genprop.backends.reference.exact.roots import sign_changes


def padded(roots: list[float], order: int = 12) -> np.ndarray:
    coefficients = polynomial.polyfromroots(roots)
    return np.pad(coefficients, (0, order + 1 - len(coefficients)))


@pytest.mark.parametrize(
    "roots",
    [[0.3], [0.1, 0.9], [0.5, 0.5 + 1e-5], [0.2, 0.4, 0.6, 0.8], [1e-6, 0.7], [0.25, 0.75, 1.5]],
)
def test_every_simple_root_is_found(roots: list[float]) -> None:
    inside = [r for r in roots if r <= 1]
    assert list(sign_changes(padded(roots), 1.0)) == pytest.approx(inside, abs=1e-11)
    assert list(sign_changes(-padded(roots), 1.0)) == pytest.approx(inside, abs=1e-11)


def test_a_touch_is_no_sign_change() -> None:
    assert list(sign_changes(padded([0.4, 0.4]), 1.0)) == []


def test_zero_and_constants_have_none() -> None:
    assert list(sign_changes(np.zeros(9), 1.0)) == []
    assert list(sign_changes(np.array([1.0, 0, 0]), 1.0)) == []


def test_a_root_at_the_start_does_not_count() -> None:
    assert list(sign_changes(padded([0.0, 0.5]), 1.0)) == pytest.approx([0.5], abs=1e-15)


def test_roots_scale_with_the_interval() -> None:
    assert list(sign_changes(padded([2.0, 30.0, 41.0]), 40.0)) == pytest.approx([2.0, 30.0])


def test_random_polynomials_agree_with_dense_sampling() -> None:
    rng = np.random.default_rng(0)
    s = np.linspace(0, 1, 20001)
    for _ in range(50):
        c = rng.normal(size=9) * 3.0 ** np.arange(9)
        values = polynomial.polyval(s, c)
        expected = int(np.sum(values[1:] * values[:-1] < 0))
        found = np.array(list(sign_changes(c, 1.0)))
        assert len(found) == expected
        assert np.all(np.abs(polynomial.polyval(found, c)) < 1e-11 * np.abs(c).max())
