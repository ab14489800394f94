"""Evaluation of a network on a dataset: loss, accuracy, confusion, spikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import refuse_unlike
from genprop.errors import DataError, UnsupportedError
from genprop.train.arguments import refuse_other_data
from genprop.train.metrics import Meter, confusion_matrix

if TYPE_CHECKING:
    from genprop.train.surface import Dataset, Runnable

__all__ = ["Evaluation", "evaluate", "predict"]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a forward pass over a dataset gave; ``print`` it.

    Attributes:
        samples: how many there were.
        loss: mean loss per sample.
        accuracy: fraction of samples that are classified correctly; None without labels or scores.
        confusion: (classes, classes), label i (row) predicted as class j (column); None likewise.
        spikes: by population, spikes per neuron and trial, (n,).
        predictions: (samples,) the class of the largest score, in order; None likewise.
        scores: (samples, classes), what the loss makes classes of, in order; None likewise.
    """

    samples: int
    loss: float
    accuracy: float | None
    confusion: np.ndarray | None
    spikes: Mapping[str, np.ndarray]
    predictions: np.ndarray | None
    scores: np.ndarray | None

    def __repr__(self) -> str:
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.2%}"
        silent = ", ".join(f"{n} of {name}" for name, v in self.silent.items() if (n := v.size))
        return f"Evaluation({self.samples} samples, loss {self.loss:.4g}{accuracy}" + (
            f", silent: {silent})" if silent else ")"
        )

    @property
    def silent(self) -> dict[str, np.ndarray]:
        """By population, the indices of the neurons that never spiked."""
        return {name: np.flatnonzero(rate == 0) for name, rate in self.spikes.items()}

    @property
    def class_accuracy(self) -> np.ndarray | None:
        """(classes,) the accuracy on the samples of each class; NaN for absent classes."""
        if self.confusion is None:
            return None
        total = self.confusion.sum(axis=1)
        correct = np.diag(self.confusion).astype(np.float64)
        return np.divide(correct, total, out=np.full(len(total), np.nan), where=total > 0)

    def summary(self) -> dict[str, float]:
        """The numbers one reports, by name."""
        found = {"loss": self.loss}
        if self.accuracy is not None:
            found["accuracy"] = self.accuracy
        for name, rate in self.spikes.items():
            found[f"{name}.spikes"] = float(rate.mean())
            found[f"{name}.silent"] = float(np.count_nonzero(rate == 0))
        return found

    def __str__(self) -> str:
        head = f"{self.samples} samples  loss {self.loss:.4g}"
        if self.accuracy is not None:
            head += f"  accuracy {self.accuracy:.2%}"
        lines = [head]
        for name, rate in self.spikes.items():
            silent = int(np.count_nonzero(rate == 0))
            lines.append(
                f"{name}: {rate.mean():.3g} spikes per neuron and trial, "
                f"{silent} of {len(rate)} neurons silent"
            )
        if self.confusion is not None and self.class_accuracy is not None:
            lines += _confusion_lines(self.confusion, self.class_accuracy)
        return "\n".join(lines)


def evaluate(
    sim: Runnable,
    dataset: Dataset,
    batch: int | None = None,
    *,
    between: Callable[[], None] | None = None,
) -> Evaluation:
    """Run every sample of ``dataset`` once, in order, and count.

    Args:
        sim: the network; its parameters and optimiser stay as they are.
        dataset: what it is shown.
        batch: samples per call; by default as many as the simulator takes.
        between: is called after each batch, and may raise to leave.

    Raises:
        DataError: for an empty dataset, other channels than the network has, or labels beyond the
            number of scores.
    """
    refuse_unlike(sim, "run batch", "evaluate(sim, …)", "what gp.compile(…) gave")
    refuse_other_data(sim, dataset, "evaluate(sim, dataset)")
    meter = Meter()
    labels: list[np.ndarray] = []
    scored: list[np.ndarray] = []
    for k, samples in enumerate(dataset.batches(batch or sim.batch, seed=None), 1):
        outcome = sim.run(samples)
        meter.add(outcome, samples.whole_labels, samples.whole_size)
        if between is not None:
            between()
        if outcome.scores is None:
            continue
        scored.append(outcome.scores)
        if samples.whole_labels is not None:
            labels.append(_checked(samples.whole_labels, outcome.scores.shape[1], f"batch {k}"))
    if not meter.samples:
        raise DataError("the dataset has no samples", remedy="check its file and its split")
    scores = np.concatenate(scored) if scored else None
    predictions = None if scores is None else np.argmax(scores, axis=1)
    confusion = None
    if labels and scores is not None and predictions is not None:
        confusion = confusion_matrix(np.concatenate(labels), predictions, scores.shape[1])
    return Evaluation(
        meter.samples, meter.loss, meter.accuracy, confusion, meter.rates(), predictions, scores
    )


def predict(sim: Runnable, dataset: Dataset, batch: int | None = None) -> np.ndarray:
    """The predicted class of every sample of ``dataset``, in order, (samples,) int64.

    Args:
        sim: the network; its parameters and optimiser stay as they are.
        dataset: the samples; their labels do not count.
        batch: samples per call; by default as many as the simulator takes.

    Raises:
        DataError: for an empty dataset.
        UnsupportedError: for a network whose loss gives no scores.
    """
    predictions = evaluate(sim, dataset, batch).predictions
    if predictions is None:
        raise UnsupportedError(
            "the loss of this network gives no scores to predict a class by",
            remedy="compile it with a CrossEntropy, or read sim.run(batch, record=[…])",
        )
    return predictions


def _checked(labels: np.ndarray, classes: int, where: str) -> np.ndarray:
    outside = labels[(labels < 0) | (labels >= classes)]
    if outside.size:
        raise DataError(
            f"label {outside[0]}, but the network scores {classes} classes, counted from 0",
            where=where,
            remedy=f"give labels from 0 to {classes - 1}, or a readout with more neurons",
        )
    return labels


def _confusion_lines(confusion: np.ndarray, accuracy: np.ndarray) -> list[str]:
    classes = len(confusion)
    if classes > 30:
        worst = np.argsort(np.where(np.isnan(accuracy), 2.0, accuracy))[:5]
        listed = ", ".join(f"{c} ({accuracy[c]:.1%})" for c in worst)
        return [f"worst classes: {listed}"]
    width = max(len(str(confusion.max())), len(str(classes - 1)), 1) + 1
    head = "label" + "".join(str(c).rjust(width) for c in range(classes)) + "   accuracy"
    rows = [
        str(c).rjust(5)
        + "".join(str(n).rjust(width) for n in confusion[c])
        + f"  {accuracy[c]:6.1%}"
        for c in range(classes)
    ]
    return ["rows are labels, columns predictions", head, *rows]
