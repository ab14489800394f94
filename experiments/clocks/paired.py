"""Times that can be compared on a machine whose speed drifts: all in one process, in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence


def paired(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """The processor time [s] of each of ``works``, once per round, after one that is not counted.

    It is the time of all threads of this process, in which other processes are not counted.
    """
    for work in works.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.process_time()
            work()
            found[name].append(time.process_time() - begun)
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    """Least, median and largest."""
    picked = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    return {name: float(f"{value:.4g}") for name, value in picked.items()}


def ratios(above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    """Round by round."""
    return spread([a / b for a, b in zip(above, below, strict=True)])
