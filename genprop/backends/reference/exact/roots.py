"""Where a polynomial changes sign, without missing a root.

Between two events every state is a short Taylor polynomial in time, so crossings of a threshold and
maxima of a readout are roots of polynomials. Intervals are halved until bounds of the value or of
its slope decide them; each root is then found to machine precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import numpy as np

__all__ = ["Rise", "next_rise", "sign_changes"]

_sum = np.add.reduce
_SMALLEST = 2.0**-34
"""Below this fraction of the first interval two roots are not distinguished (a graze)."""


def sign_changes(coefficients: np.ndarray, reach: float) -> Iterator[float]:
    """The points in (0, reach] where Σ c_k s^k changes sign, ascending.

    Args:
        coefficients: c, (order + 1,).
        reach: end of the interval.
    """
    order = len(coefficients) - 1
    scaled = coefficients * reach ** np.arange(order + 1)
    return (u * reach for u in _unit(scaled, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Rise:
    """When a polynomial next rises through 0, and whether it is below 0 at the end."""

    after: float | None
    below: bool


def next_rise(coefficients: np.ndarray, reach: float, *, spiked: bool) -> Rise:
    """The first rise through 0 in (0, ``reach``].

    ``spiked``: where it is 0 to rounding it has just risen, and what the spike has kicked may turn
    it downwards at once.
    """
    changes = list(sign_changes(coefficients, reach))
    above = bool(coefficients[0] >= 0)
    if spiked and abs(coefficients[0]) <= 1e-12 * (1.0 + np.abs(coefficients[1:]).sum()):
        above = bool(coefficients[1] >= 0)
        changes = [s for s in changes if s > 1e-9 * reach]
    rises = changes[1:] if above else changes
    return Rise(rises[0] if rises else None, above == (len(changes) % 2 == 1))


def _unit(c: np.ndarray, start: float, width: float) -> Iterator[float]:
    """Sign changes of Σ c_k u^k over (0, 1], mapped to ``start + width·u``."""
    tail = c[1:]
    highest, lowest = c[0] + _sum(np.maximum(tail, 0)), c[0] + _sum(np.minimum(tail, 0))
    if highest < 0 or lowest > 0 or (c[0] == 0 and (highest == 0 or lowest == 0)):
        return
    end = float(_sum(c))
    slopes = tail * np.arange(1, len(c))
    steepest = slopes[0] + _sum(np.maximum(slopes[1:], 0))
    flattest = slopes[0] + _sum(np.minimum(slopes[1:], 0))
    if steepest <= 0 or flattest >= 0 or width < _SMALLEST:
        if c[0] < 0 <= end or c[0] > 0 >= end:
            yield start + width * _polish(c.tolist())
        return
    half = 0.5 * width
    left = c * 0.5 ** np.arange(len(c))
    yield from _unit(left, start, half)
    yield from _unit(_shifted(left), start + half, half)


def _shifted(c: np.ndarray) -> np.ndarray:
    """The coefficients of Σ c_k (1 + u)^k."""
    order = len(c) - 1
    if order not in _BINOMIALS:
        _BINOMIALS[order] = np.array(
            [[comb(i, k) for i in range(order + 1)] for k in range(order + 1)], dtype=np.float64
        )
    return _BINOMIALS[order] @ c


_BINOMIALS: dict[int, np.ndarray] = {}


def _polish(c: list[float]) -> float:
    """The root of a polynomial monotone on [0, 1], by Newton's method kept inside a bracket."""
    rising = c[0] < 0
    low, high, u = 0.0, 1.0, 0.5
    for _ in range(100):
        value, slope = 0.0, 0.0
        for coefficient in reversed(c):
            slope = slope * u + value
            value = value * u + coefficient
        if value == 0.0:
            return u
        if (value < 0) == rising:
            low = u
        else:
            high = u
        step = u - value / slope if slope != 0.0 else low
        following = step if low < step < high else 0.5 * (low + high)
        if abs(following - u) <= 2e-17 or following in (low, high):
            return following
        u = following
    return u
