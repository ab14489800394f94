"""Figures over the epochs of a training: learning curves, durations, turnover of synapses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import DataError
from genprop.plot.canvas import axes_for
from genprop.plot.style import COLOURS, GREY, rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.train.history import History

__all__ = ["durations", "learning_curves", "turnover", "turnover_by_epoch"]

_MOST_MARKERS = 40


def learning_curves(
    history: History, metric: str = "loss", *, best: int | None = None, ax: Axes | None = None
) -> Axes:
    """A metric of training and validation over the epochs; accuracies in percent.

    Args:
        history: what ``gp.fit(…)`` gave.
        metric: ``"loss"`` or ``"accuracy"``.
        best: an epoch that is marked, such as that of ``history.best("valid.accuracy")``.
        ax: where they are drawn; by default on new axes.

    Raises:
        DataError: for a metric that the history does not have.
        ConfigurationError: where matplotlib is not installed.
    """
    known = [part for part in ("train", "valid") if f"{part}.{metric}" in history.metrics()]
    if not known:
        raise DataError(
            f"the history has neither train.{metric} nor valid.{metric}",
            where="plot.learning_curves(history, metric)",
            remedy="give the last part of one of: " + ", ".join(history.metrics()),
        )
    percent = metric == "accuracy"
    ax = axes_for(ax)
    marker = _over_epochs(ax, history)
    for colour, dashes, part, word in (
        (COLOURS[0], "--", "train", "training"),
        (COLOURS[1], "-", "valid", "validation"),
    ):
        if part in known:
            values = (100 if percent else 1) * history[f"{part}.{metric}"]
            ax.plot(epochs(history), values, dashes, color=colour, label=word, marker=marker)
    if best is not None:
        rule(ax, best, f"best, epoch {best}")
    word = "mean loss per sample" if metric == "loss" else metric
    ax.set_ylabel("accuracy [%]" if percent else word)
    low, high = ax.get_ylim()
    ax.set_ylim((low, min(high, 100.0)) if percent else (min(low, 0.0), 1.05 * high))
    return ax


def durations(history: History, *, ax: Axes | None = None) -> Axes:
    """Seconds per epoch, with their median.

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    seconds = np.array([record.seconds for record in history])
    ax = axes_for(ax)
    marker = _over_epochs(ax, history)
    ax.plot(epochs(history), seconds, color=COLOURS[3], label="epoch", marker=marker)
    if seconds.size:
        middle = float(np.median(seconds))
        ax.axhline(middle, color=GREY, linestyle="--", label=f"median {middle:.3g} s")
    ax.set(ylim=(0.0, None), ylabel="duration [s]")
    return ax


def turnover(history: History, projection: str, size: int, *, ax: Axes | None = None) -> Axes:
    """The part of the synapses of a projection that was regrown in each epoch.

    Args:
        history: of a training with rewiring.
        projection: its name, ``"hidden->hidden"``.
        size: how many synapses it has.
        ax: where it is drawn; by default on new axes.

    Raises:
        ConfigurationError: for a projection that is not rewired; where matplotlib is not installed.
    """
    found, parts = turnover_by_epoch(history, projection, size)
    ax = axes_for(ax)
    marker = "." if len(found) <= _MOST_MARKERS else ""
    ax.plot(found, 100 * parts, color=COLOURS[0], marker=marker)
    ax.set(xlabel="epoch", ylabel="regrown synapses [%]", ylim=(0.0, None))
    ax.locator_params(axis="x", integer=True)
    return ax


def turnover_by_epoch(
    history: History, projection: str, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Epochs, and in each the synapses that were regrown over how many there are."""
    regrown = history[f"train.{projection}.regrown"]
    return epochs(history), np.diff(regrown, prepend=0.0) / max(size, 1)


def epochs(history: History) -> np.ndarray:
    """(epochs,) their numbers."""
    return np.array([record.epoch for record in history])


def _over_epochs(ax: Axes, history: History) -> str:
    """Makes x the axis of epochs; gives the marker of its values, which is none for many."""
    ax.set_xlabel("epoch")
    ax.margins(x=0.02)
    ax.locator_params(axis="x", integer=True)
    return "." if len(history) <= _MOST_MARKERS else ""
