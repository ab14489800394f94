"""The part of a projection's synapses that is removed at once."""

from __future__ import annotations

import numpy as np

from genprop._checks import real
from genprop.errors import DescriptionError

__all__ = ["checked_fraction", "smallest"]


def checked_fraction(rule: str, given: float) -> float:
    """A fraction in (0, 1].

    Raises:
        DescriptionError: for any other number.
    """
    return real(given, f"{rule}(fraction=…)", above=0.0, most=1.0, fault=DescriptionError)


def smallest(size: np.ndarray, fraction: float) -> np.ndarray:
    """The ``fraction`` of smallest magnitudes, (nnz,) bool; of equal ones the first."""
    found = np.zeros(size.shape, bool)
    found[np.argsort(size, kind="stable")[: round(fraction * size.size)]] = True
    return found
