"""What is counted while batches pass: loss, accuracy, spikes, silent neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop._reading import as_integers
from genprop.errors import CheckpointError

if TYPE_CHECKING:
    from genprop.train.surface import Outcome

__all__ = ["Meter", "confusion_matrix", "is_better"]

LOWER_IS_BETTER = ("loss", "silent")
"""Endings of metrics of which less is better, as of each term of a loss; of others more is."""


class Meter:
    """Sums over the batches of an epoch, each sample weighing the same.

    Attributes:
        samples: how many samples passed.
        spikes: by population, spikes of each neuron so far, (n,) int64.
    """

    def __init__(self) -> None:
        self.samples = 0
        self.labelled = 0
        self.correct = 0
        self.loss_sum = 0.0
        self.spikes: dict[str, np.ndarray] = {}
        self.term_sums: dict[str, float] = {}

    def add(self, outcome: Outcome, labels: np.ndarray | None, size: int) -> None:
        """Count one batch of ``size`` samples; ``labels`` (size,) may be missing."""
        self.samples += size
        self.loss_sum += float(outcome.loss) * size
        for name, value in outcome.terms.items():
            self.term_sums[name] = self.term_sums.get(name, 0.0) + float(value) * size
        if outcome.scores is not None and labels is not None:
            self.labelled += size
            self.correct += int(np.count_nonzero(np.argmax(outcome.scores, axis=1) == labels))
        for name, counts in outcome.spikes.items():
            added = np.asarray(counts).sum(axis=0, dtype=np.int64)
            self.spikes[name] = self.spikes[name] + added if name in self.spikes else added

    @property
    def loss(self) -> float:
        """The mean loss per sample; NaN before the first."""
        return self.loss_sum / self.samples if self.samples else float("nan")

    @property
    def accuracy(self) -> float | None:
        """The fraction of samples that are classified correctly; None without labels."""
        return self.correct / self.labelled if self.labelled else None

    def rates(self) -> dict[str, np.ndarray]:
        """Spikes per neuron and trial by population, (n,)."""
        return {name: counts / max(self.samples, 1) for name, counts in self.spikes.items()}

    def metrics(self, prefix: str) -> dict[str, float]:
        """Loss, accuracy if any, and by population spikes per neuron and silent neurons.

        Of a loss of several terms each one too, penalties among them: ``"train.loss.L1 weight"``.
        """
        found = {f"{prefix}.loss": self.loss}
        if len(self.term_sums) > 1:
            terms = self.term_sums.items()
            found |= {f"{prefix}.loss.{n}": total / max(self.samples, 1) for n, total in terms}
        if self.accuracy is not None:
            found[f"{prefix}.accuracy"] = self.accuracy
        for name, counts in self.spikes.items():
            found[f"{prefix}.{name}.spikes"] = float(counts.mean()) / max(self.samples, 1)
            found[f"{prefix}.{name}.silent"] = float(np.count_nonzero(counts == 0))
        return found

    def state(self) -> dict[str, np.ndarray]:
        """The sums, for a checkpoint within an epoch."""
        counts = np.array([self.samples, self.labelled, self.correct], np.int64)
        sums = {"counts": counts, "loss": np.array(self.loss_sum)}
        sums |= {f"terms/{name}": np.array(value) for name, value in self.term_sums.items()}
        return sums | {f"spikes/{name}": value for name, value in self.spikes.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`.

        Raises:
            CheckpointError: for a state without these sums.
        """
        if "counts" not in state or "loss" not in state:
            raise CheckpointError("the checkpoint lacks the sums of its unfinished epoch")
        if not np.isfinite(loss := float(state["loss"])):
            raise CheckpointError(f"the loss of the unfinished epoch is {loss}")
        self.samples, self.labelled, self.correct = as_integers(state["counts"], "counts").tolist()
        self.loss_sum = loss
        self.term_sums = {
            name.removeprefix("terms/"): float(value)
            for name, value in state.items()
            if name.startswith("terms/")
        }
        self.spikes = {
            name.removeprefix("spikes/"): np.asarray(value)
            for name, value in state.items()
            if name.startswith("spikes/")
        }


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How often label i (row) was predicted as class j (column), (classes, classes) int64."""
    flat = np.asarray(labels, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


def is_better(metric: str, value: float, best: float | None) -> bool:
    """Whether ``value`` beats ``best``: less for a loss, more for anything else, never by a tie."""
    if best is None:
        return value == value
    lower = metric.endswith(LOWER_IS_BETTER) or ".loss." in metric
    return value < best if lower else value > best
