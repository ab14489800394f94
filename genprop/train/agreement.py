"""Agreement of two networks, sample by sample: the float one and the chip's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.train.surface import Dataset, Runnable

__all__ = ["Agreement", "agreement"]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Agreement of two networks on the same samples; ``print`` it.

    Attributes:
        samples: how many there were.
        predictions: fraction of samples with the same predicted class; None without scores.
        accuracy: of both, (first, second); None without labels.
        correlation: of all scores of both over samples and classes; None without scores.
        spikes: by population, spikes per neuron and trial of both.
        counts: by population, correlation of the spike counts per sample and neuron; NaN where
            one of both is constant.
    """

    samples: int
    predictions: float | None
    accuracy: tuple[float, float] | None
    correlation: float | None
    spikes: Mapping[str, tuple[float, float]]
    counts: Mapping[str, float]

    def __str__(self) -> str:
        lines = [f"{self.samples} samples"]
        if self.predictions is not None:
            lines[0] += f"  same predictions {self.predictions:.2%}"
            lines[0] += f"  correlation of scores {self.correlation:.4f}"
        if self.accuracy is not None:
            lines[0] += f"  accuracies {self.accuracy[0]:.2%} and {self.accuracy[1]:.2%}"
        for name, (first, second) in self.spikes.items():
            lines.append(
                f"{name}: {first:.4g} and {second:.4g} spikes per neuron and trial, "
                f"correlation of counts {self.counts[name]:.4f}"
            )
        return "\n".join(lines)


def agreement(first: Runnable, second: Runnable, dataset: Dataset) -> Agreement:
    """Run both networks on every sample of ``dataset``, and compare spikes and predictions.

    Raises:
        DataError: for an empty dataset.
    """
    scores: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    labels: list[np.ndarray] = []
    counts: dict[str, tuple[list[np.ndarray], list[np.ndarray]]] = {}
    samples = 0
    for batch in dataset.batches(min(first.batch, second.batch), seed=None):
        samples += len(batch)
        for side, network in enumerate((first, second)):
            outcome = network.run(batch)
            if outcome.scores is not None:
                scores[side].append(outcome.scores)
            for name, spikes in outcome.spikes.items():
                counts.setdefault(name, ([], []))[side].append(np.asarray(spikes, float))
        if batch.labels is not None:
            labels.append(batch.labels)
    if not samples:
        raise DataError("the dataset has no samples", remedy="check its file and its split")
    both = {n: (np.concatenate(a), np.concatenate(b)) for n, (a, b) in counts.items() if a and b}
    spikes = {name: (float(a.mean()), float(b.mean())) for name, (a, b) in both.items()}
    related = {name: _correlation(a, b) for name, (a, b) in both.items()}
    if not (scores[0] and scores[1]):
        return Agreement(samples, None, None, None, spikes, related)
    one, other = (np.concatenate(side) for side in scores)
    predicted = one.argmax(axis=1), other.argmax(axis=1)
    accuracy = None
    if labels:
        true = np.concatenate(labels)
        accuracy = (float(np.mean(predicted[0] == true)), float(np.mean(predicted[1] == true)))
    same = float(np.mean(predicted[0] == predicted[1]))
    return Agreement(samples, same, accuracy, _correlation(one, other), spikes, related)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one.ravel() - one.mean(), other.ravel() - other.mean()
    size = float(np.sqrt(np.sum(a**2) * np.sum(b**2)))
    return float(np.sum(a * b)) / size if size else float("nan")
