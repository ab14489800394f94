"""The part of a projection's synapses that is removed at once."""

from __future__ import annotations

import numpy as np

from genprop.errors import DescriptionError

__all__ = ["checked_fraction", "smallest"]


def checked_fraction(rule: str, given: float) -> float:
    """A fraction in (0, 1].

    Raises:
        DescriptionError: for any other number.
    """
    if not 0.0 < given <= 1.0:
        raise DescriptionError(
            f"{rule}(fraction={given}) is no part of the synapses",
            remedy="give one above 0 and up to 1",
        )
    return float(given)


def smallest(size: np.ndarray, fraction: float) -> np.ndarray:
    """The ``fraction`` of smallest magnitudes, (nnz,) bool; of equal ones the first."""
    found = np.zeros(size.shape, bool)
    found[np.argsort(size, kind="stable")[: round(fraction * size.size)]] = True
    return found
