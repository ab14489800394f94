"""The figures of a run: from what was gathered to charts, one function per figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.report.figures.figure import Chart, Figure, Panel
from genprop.report.figures.plots import COLOURS, GREY, confusion, histograms, rule, square
from genprop.report.figures.rasters import raster_figure
from genprop.report.figures.wiring import wiring_figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.report.figures.run_data import Change, RunData

__all__ = ["figures", "plot_activity", "plot_curves", "plot_distribution", "plot_speed"]


def figures(data: RunData) -> list[Figure]:
    """Every figure that the run has something for, in the order of the page."""
    makers = (_curves, raster_figure, _distributions, wiring_figures, _confusion, _activity, _speed)
    return [figure for make in makers for figure in make(data)]


def plot_curves(ax: Axes, data: RunData, name: str) -> None:
    """``name`` of training and validation over the epochs; accuracies in percent."""
    history = data.history
    percent = name == "accuracy"
    marker = _over_epochs(ax, data)
    for colour, dashes, part, word in (
        (COLOURS[0], "--", "train", "training"),
        (COLOURS[1], "-", "valid", "validation"),
    ):
        if f"{part}.{name}" in history.metrics():
            values = (100 if percent else 1) * history[f"{part}.{name}"]
            ax.plot(_epochs(data), values, dashes, color=colour, label=word, marker=marker)
    rule(ax, data.best, f"best, epoch {data.best}")
    ax.set_ylabel("accuracy [%]" if percent else "mean loss per sample")
    low, high = ax.get_ylim()
    ax.set_ylim((low, min(high, 100.0)) if percent else (min(low, 0.0), 1.05 * high))


def plot_distribution(ax: Axes, change: Change) -> None:
    """Histograms of a learned parameter before and after training."""
    low = 0.0 if min(change.before.min(), change.after.min()) >= 0 else None
    histograms(ax, {"after": change.after, "before": change.before}, low=low)
    ax.set(xlabel=f"{change.role}{_bracketed(change.unit)}", ylabel="parameters")


def plot_activity(ax: Axes, rate: np.ndarray) -> None:
    """A histogram of the spikes per neuron and trial, ``rate`` (n,), with their mean."""
    histograms(ax, {"": rate}, low=0.0)
    rule(ax, float(rate.mean()), f"mean {rate.mean():.3g}")
    ax.set(xlabel="spikes per neuron and trial", ylabel="neurons")


def plot_speed(ax: Axes, data: RunData) -> None:
    """Seconds per epoch, with their median."""
    seconds = _seconds(data)
    middle = float(np.median(seconds))
    marker = _over_epochs(ax, data)
    ax.plot(_epochs(data), seconds, color=COLOURS[3], label="epoch", marker=marker)
    ax.axhline(middle, color=GREY, linestyle="--", label=f"median {middle:.3g} s")
    ax.set(ylim=(0.0, None), ylabel="duration [s]")


def _curves(data: RunData) -> Iterator[Figure]:
    metrics = data.history.metrics()
    names = [n for n in ("loss", "accuracy") if {f"train.{n}", f"valid.{n}"} & {*metrics}]
    if names:
        yield Figure(
            "learning-curves",
            "Learning curves",
            "Training numbers are means over an epoch while the parameters change; validation "
            "numbers are of the parameters at its end. The rule marks the epoch that is shown "
            "below.",
            tuple(_curve(data, name) for name in names),
        )


def _curve(data: RunData, name: str) -> Panel:
    last = [
        f"{metric} {data.history[metric][-1]:.4g}"
        for metric in (f"train.{name}", f"valid.{name}")
        if metric in data.history.metrics()
    ]
    says = f"{name.title()} by epoch; in the last epoch: {', '.join(last)}"
    return Panel(name.title(), (Chart(lambda ax: plot_curves(ax, data, name), says),))


def _distributions(data: RunData) -> Iterator[Figure]:
    spread = [c for c in data.changes if c.before.size > 1]
    if spread:
        yield Figure(
            "distributions",
            "Learned parameters before and after",
            "Before: drawn again from the configuration and its seed. "
            f"After: epoch {data.best}, the best.",
            tuple(_distribution(change) for change in spread),
        )


def _distribution(change: Change) -> Panel:
    before, after = change.before, change.after
    mean = f"mean {before.mean():.3g} → {after.mean():.3g}"
    unit = "" if change.unit == "1" else f" {change.unit}"
    says = f"{change.name} before and after: {mean}"
    return Panel(
        change.name,
        (Chart(lambda ax: plot_distribution(ax, change), says),),
        f"{after.size:,} values; {mean}, standard deviation {before.std():.3g} → "
        f"{after.std():.3g}, median change {np.median(np.abs(after - before)):.2g}{unit}",
    )


def _confusion(data: RunData) -> Iterator[Figure]:
    counts = data.evaluation.confusion
    if counts is None:
        return
    size, right = len(counts), int(np.trace(counts))
    known = len(data.classes) == size
    names = data.classes if known else tuple(map(str, range(size)))
    chart = Chart(
        lambda ax: confusion(ax, counts, names, "prediction", "label"),
        f"Confusion of {size} classes: {right} of {counts.sum()} samples on the diagonal",
        square(names),
    )
    yield Figure(
        "confusion",
        "Confusion",
        f"Rows are labels, columns predictions, in the same order; {data.split} samples. Colour is "
        "the square root of the fraction of the row, so that mistakes are seen.",
        (Panel(f"{right} of {counts.sum()} right", (chart,)),),
    )


def _activity(data: RunData) -> Iterator[Figure]:
    panels = tuple(_rates(*entry) for entry in data.evaluation.spikes.items())
    if panels:
        yield Figure(
            "activity",
            "Activity",
            f"Mean over the {data.evaluation.samples} {data.split} samples; a neuron is "
            "silent if it spiked in none of them.",
            panels,
        )


def _rates(name: str, rate: np.ndarray) -> Panel:
    silent = np.flatnonzero(rate == 0)
    note = f"{len(silent)} of {len(rate)} neurons silent"
    says = f"{name}: {note}, mean {rate.mean():.3g} spikes"
    if 0 < len(silent) <= 12:
        note += f" (number {', '.join(map(str, silent))})"
    return Panel(name, (Chart(lambda ax: plot_activity(ax, rate), says),), note)


def _speed(data: RunData) -> Iterator[Figure]:
    if len(data.history):
        says = f"Seconds per epoch, median {np.median(_seconds(data)):.3g}"
        chart = Chart(lambda ax: plot_speed(ax, data), says)
        yield Figure(
            "speed",
            "Speed",
            "Wall-clock time of learning in each epoch; validation and checkpoints are not "
            "counted.",
            (Panel("Seconds per epoch", (chart,)),),
        )


def _epochs(data: RunData) -> np.ndarray:
    return np.array([record.epoch for record in data.history])


def _seconds(data: RunData) -> np.ndarray:
    return np.array([record.seconds for record in data.history])


def _over_epochs(ax: Axes, data: RunData) -> str:
    """Makes x the axis of epochs; gives the marker of its values, which is none for many."""
    ax.set_xlabel("epoch")
    ax.margins(x=0.02)
    ax.locator_params(axis="x", integer=True)
    return "." if len(data.history) <= 40 else ""


def _bracketed(unit: str) -> str:
    return "" if unit == "1" else f" [{unit}]"
