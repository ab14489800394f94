"""Random spikes and labels for a network that is to be checked without data of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.data.spikes import SpikeBatch

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec

__all__ = ["random_batch"]


def random_batch(spec: NetworkSpec, duration: float, seed: int, draw: int = 0) -> SpikeBatch:
    """Two samples of random spikes, with labels of the first observed population."""
    rng = np.random.default_rng([seed, draw] if draw else seed)
    classes = spec.population(spec.loss[0].readout.population).size
    labels = rng.integers(0, classes, 2)
    batches = {
        p.name: SpikeBatch.from_events(
            [_random_events(rng, p.size, duration) for _ in labels],
            channels=p.size,
            duration=duration,
            labels=labels,
        )
        for p in spec.populations
        if p.neuron is None
    }
    return (
        next(iter(batches.values()))
        if len(batches) == 1
        else SpikeBatch.join(batches, labels=labels)
    )


def _random_events(
    rng: np.random.Generator, size: int, duration: float
) -> tuple[np.ndarray, np.ndarray]:
    count = max(10, 3 * size)
    return np.sort(rng.uniform(0, 0.75 * duration, count)), rng.integers(0, size, count)
