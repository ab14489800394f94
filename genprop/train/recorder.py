"""A network whose spikes and predictions are recorded while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.train.surface import Outcome, Runnable

__all__ = ["Recorder"]


class Recorder:
    """Runs a network as it is, and records spike counts and predictions."""

    def __init__(self, network: Runnable) -> None:
        self._network = network
        self._samples = 0
        self._spikes: dict[str, np.ndarray] = {}
        self._predictions: list[np.ndarray] = []

    @property
    def batch(self) -> int:
        """How many samples one call takes at most."""
        return self._network.batch

    def run(self, batch: SpikeBatch, /, record: Sequence[str] = ()) -> Outcome:
        """Forward only."""
        outcome = self._network.run(batch, record=record)
        self._samples += batch.whole_size
        for name, counts in outcome.spikes.items():
            total = np.asarray(counts, np.float64).sum(axis=0)
            self._spikes[name] = self._spikes.get(name, 0.0) + total
        if outcome.scores is not None:
            self._predictions.append(outcome.scores.argmax(axis=1))
        return outcome

    def rates(self) -> dict[str, np.ndarray]:
        """By population, spikes per neuron and trial, (n,)."""
        return {name: total / max(self._samples, 1) for name, total in self._spikes.items()}

    def predictions(self) -> np.ndarray | None:
        """(samples,) the class of the largest score, in order; None without scores."""
        return np.concatenate(self._predictions) if self._predictions else None
