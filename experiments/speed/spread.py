"""Least, median and largest of what rounds gave."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

__all__ = ["ratios", "spread"]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Of single times, or what else a round gives."""
    names = ("min", "median", "max")
    picks = (min(values), statistics.median(values), max(values))
    return {name: round(value, 3) for name, value in zip(names, picks, strict=True)}


def ratios(above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    """Pair by pair, so that a machine whose speed drifts does not matter."""
    return spread([a / b for a, b in zip(above, below, strict=True)])
