"""The figures of a run: from what was gathered to charts, one function per figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.plot.confusions import confusion
from genprop.plot.curves import durations, learning_curves
from genprop.plot.distributions import activity, distribution
from genprop.report.figures.figure import Chart, Figure, Panel, drawing, square
from genprop.report.figures.rasters import raster_figure
from genprop.report.figures.wiring import wiring_figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.report.figures.run_data import Change, RunData

__all__ = ["figures", "plot_distribution"]


def figures(data: RunData) -> list[Figure]:
    """Every figure that the run has something for, in the order of the page."""
    makers = (_curves, raster_figure, _distributions, wiring_figures, _confusion, _activity, _speed)
    return [figure for make in makers for figure in make(data)]


def plot_distribution(ax: Axes, change: Change) -> None:
    """Histograms of a learned parameter before and after training."""
    low = 0.0 if min(change.before.min(), change.after.min()) >= 0 else None
    label = f"{change.role}{_bracketed(change.unit)}"
    distribution({"after": change.after, "before": change.before}, label=label, low=low, ax=ax)


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
    return Panel(
        name.title(), (Chart(drawing(learning_curves, data.history, name, best=data.best), says),)
    )


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
        drawing(confusion, counts, names),
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
    return Panel(name, (Chart(drawing(activity, rate), says),), note)


def _speed(data: RunData) -> Iterator[Figure]:
    if len(data.history):
        says = f"Seconds per epoch, median {np.median(_seconds(data)):.3g}"
        chart = Chart(drawing(durations, data.history), says)
        yield Figure(
            "speed",
            "Speed",
            "Wall-clock time of learning in each epoch; validation and checkpoints are not "
            "counted.",
            (Panel("Seconds per epoch", (chart,)),),
        )


def _seconds(data: RunData) -> np.ndarray:
    return np.array([record.seconds for record in data.history])


def _bracketed(unit: str) -> str:
    return "" if unit == "1" else f" [{unit}]"
