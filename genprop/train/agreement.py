"""Agreement of two networks, sample by sample: the float one and the chip's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import refuse_unlike
from genprop.errors import DataError
from genprop.train.arguments import refuse_other_data

if TYPE_CHECKING:
    from genprop.train.surface import Dataset, Outcome, Runnable

__all__ = ["Agreement", "agreement", "as_correlation"]


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
        loss: of both, (first, second); None without one.
        steps: of a network on the exact clock and a chip, the agreement of the former with its
            floats in the chip's steps: what rounding times costs, before the integers.
    """

    samples: int
    predictions: float | None
    accuracy: tuple[float, float] | None
    correlation: float | None
    spikes: Mapping[str, tuple[float, float]]
    counts: Mapping[str, float]
    loss: tuple[float, float] | None = None
    steps: Agreement | None = None

    def __str__(self) -> str:
        lines = [f"{self.samples} samples"]
        if self.predictions is not None:
            lines[0] += f"  same predictions {self.predictions:.2%}"
            lines[0] += f"  correlation of scores {as_correlation(self.correlation)}"
        if self.accuracy is not None:
            lines[0] += f"  accuracies {self.accuracy[0]:.2%} and {self.accuracy[1]:.2%}"
        if self.loss is not None:
            lines[0] += f"  losses {self.loss[0]:.4g} and {self.loss[1]:.4g}"
        for name, (first, second) in self.spikes.items():
            lines.append(
                f"{name}: {first:.4g} and {second:.4g} spikes per neuron and trial, "
                f"correlation of counts {as_correlation(self.counts[name])}"
            )
        if self.steps is not None:
            own = str(self.steps).replace("\n", "\n  ")
            lines.append(f"of this, rounding times to the chip's steps, in floats:\n  {own}")
        return "\n".join(lines)


def agreement(
    first: Runnable, second: Runnable, dataset: Dataset, *, floats: Runnable | None = None
) -> Agreement:
    """Run both networks on every sample of ``dataset``, and compare spikes and predictions.

    Args:
        first: the float network.
        second: the network on a chip, or any other.
        dataset: the samples.
        floats: the float network in the steps of ``second``, to tell what rounding times costs; by
            default what a chip was made of, where ``first`` runs on the exact clock.

    Raises:
        DataError: for an empty dataset.
    """
    for one in (first, second):
        refuse_unlike(one, "run batch", "agreement(first, second, …)", "two networks")
    if floats is None and _in_real_time(first):
        floats = getattr(second, "floats", None)
    refuse_other_data(first, dataset, "agreement(first, second, dataset)")
    networks = [first, second] if floats is None else [first, second, floats]
    seen = [_Seen() for _ in networks]
    labels: list[np.ndarray] = []
    samples = 0
    for batch in dataset.batches(min(n.batch for n in networks), seed=None):
        samples += len(batch)
        for own, network in zip(seen, networks, strict=True):
            own.add(network.run(batch), len(batch))
        if batch.labels is not None:
            labels.append(batch.labels)
    if not samples:
        raise DataError("the dataset has no samples", remedy="check its file and its split")
    true = np.concatenate(labels) if labels else None
    found = _compared(seen[0], seen[1], true, samples)
    if floats is None:
        return found
    return replace(found, steps=_compared(seen[0], seen[2], true, samples))


def _in_real_time(network: Runnable) -> bool:
    program = getattr(network, "program", None)
    return program is not None and not program.clock.rounds


@dataclass(slots=True)
class _Seen:
    """What one network gave, batch by batch."""

    scores: list[np.ndarray] = field(default_factory=list[np.ndarray])
    counts: dict[str, list[np.ndarray]] = field(default_factory=dict[str, "list[np.ndarray]"])
    loss: float = 0.0
    has_loss: bool = False

    def add(self, outcome: Outcome, samples: int) -> None:
        """One batch."""
        if outcome.scores is not None:
            self.scores.append(outcome.scores)
        for name, spikes in outcome.spikes.items():
            self.counts.setdefault(name, []).append(np.asarray(spikes, float))
        self.has_loss |= bool(outcome.terms)
        self.loss += samples * sum(outcome.terms.values())


def _compared(one: _Seen, other: _Seen, true: np.ndarray | None, samples: int) -> Agreement:
    both = {
        name: (np.concatenate(a), np.concatenate(other.counts[name]))
        for name, a in one.counts.items()
        if name in other.counts
    }
    lossy = one.has_loss and other.has_loss
    found = Agreement(
        samples=samples,
        predictions=None,
        accuracy=None,
        correlation=None,
        spikes={name: (float(a.mean()), float(b.mean())) for name, (a, b) in both.items()},
        counts={name: _correlation(a, b) for name, (a, b) in both.items()},
        loss=(one.loss / samples, other.loss / samples) if lossy else None,
    )
    if not (one.scores and other.scores):
        return found
    scores = np.concatenate(one.scores), np.concatenate(other.scores)
    first, second = (s.argmax(axis=1) for s in scores)
    accuracy = None
    if true is not None:
        accuracy = float(np.mean(first == true)), float(np.mean(second == true))
    return replace(
        found,
        predictions=float(np.mean(first == second)),
        accuracy=accuracy,
        correlation=_correlation(*scores),
    )


def as_correlation(value: float | None) -> str:
    """A correlation in words: where one of both is constant there is none."""
    return "not defined" if value is None or np.isnan(value) else f"{value:.4f}"


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one.ravel() - one.mean(), other.ravel() - other.mean()
    size = float(np.sqrt(np.sum(a**2) * np.sum(b**2)))
    return float(np.sum(a * b)) / size if size else float("nan")
