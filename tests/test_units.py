"""Arithmetic of quantities: dimensions combine, and what has none is told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from genprop.errors import GenpropError
from genprop.units import Quantity, ms, mV, s


def test_dimensions_combine_as_units_do() -> None:
    assert 3 * ms * 2 == Quantity(6.0, (1, 0, 0)) == ms * 6
    assert mV / ms == Quantity(1.0, (-1, 1, 0)) and 1 / ms == Quantity(1.0, (-1, 0, 0))
    assert s**2 == Quantity(1e6, (2, 0, 0)) and (2 * ms) ** -1 == 0.5 / ms
    assert 1 * s + 5 * ms == 1005 * ms and 1 * s - 5 * ms == 995 * ms
    assert ms / ms + 1 == 1 + ms / ms == Quantity(2.0) and 3 - ms / ms == Quantity(2.0)


def test_an_array_of_quantities_is_made_from_either_side() -> None:
    for made in (np.array([1.0, 2.0]) * ms, ms * np.array([1.0, 2.0])):
        assert made.tolist() == [1 * ms, 2 * ms]


WRONG: dict[str, Callable[[], object]] = {
    "a number and a time": lambda: ms + 1,
    "a time from a number": lambda: 1 - ms,
    "a voltage and a time": lambda: mV + ms,
    "divided by zero": lambda: ms / 0,
    "the inverse of zero": lambda: 1 / (0 * ms),
    "a negative power of zero": lambda: (0 * ms) ** -1,
    "half a power": lambda: ms**0.5,  # type: ignore[operator]
    "a power beyond": lambda: (1000 * ms) ** 400,
    "a power without end": lambda: ms**10**10**2,
    "a power that is no number": lambda: ms ** float("nan"),  # type: ignore[operator]
}


@pytest.mark.parametrize("case", WRONG)
def test_what_no_quantity_is_is_refused(case: str) -> None:
    with pytest.raises(GenpropError):
        WRONG[case]()
