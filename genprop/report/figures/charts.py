"""The figures of a run: from what was gathered to charts, one function per figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.report.figures.chart import (
    MUTED,
    Axis,
    Bars,
    Chart,
    Figure,
    Heat,
    Line,
    Panel,
    Rule,
)
from genprop.report.figures.rasters import raster_figure
from genprop.report.figures.scales import span

if TYPE_CHECKING:
    from genprop.report.figures.portrait import Change, Portrait

__all__ = ["figures"]

_BINS = 30
_LETTERS = 40
"""How many letters fit below a chart as names of its columns."""


def figures(portrait: Portrait) -> list[Figure]:
    """Every figure that the run has something for, in the order of the page."""
    makers = (curves, raster_figure, distributions, confusion, activity, speed)
    return [figure for make in makers for figure in make(portrait)]


def curves(portrait: Portrait) -> Iterator[Figure]:
    """Loss and accuracy over the epochs, of training and validation."""
    history = portrait.history
    if not len(history):
        return
    panels = [
        _curve(portrait, name, title, label, factor)
        for name, title, label, factor in (
            ("loss", "Loss", "mean loss per sample", 1.0),
            ("accuracy", "Accuracy", "accuracy [%]", 100.0),
        )
        if any(f"{part}.{name}" in history.metrics() for part in ("train", "valid"))
    ]
    yield Figure(
        "learning-curves",
        "Learning curves",
        "Training numbers are means over an epoch while the parameters change; validation numbers "
        "are of the parameters at its end. The rule marks the epoch that is shown below.",
        tuple(panels),
    )


def _curve(portrait: Portrait, name: str, title: str, label: str, factor: float) -> Panel:
    history = portrait.history
    epochs = _epochs(portrait)
    lines = tuple(
        Line(
            epochs, factor * history[metric], word, colour, dashed=colour == 0, points=_few(epochs)
        )
        for colour, (metric, word) in enumerate(
            ((f"train.{name}", "training"), (f"valid.{name}", "validation"))
        )
        if metric in history.metrics()
    )
    floor = 0.0 if name == "loss" else None
    low, high = span(*(line.y for line in lines), floor=floor)
    if name == "accuracy":
        high = min(high, 100.0)
    last = ", ".join(f"{line.name} {line.y[-1]:.4g}" for line in lines)
    chart = Chart(
        _epoch_axis(epochs),
        Axis(label, low, high),
        f"{title} by epoch; in the last epoch: {last}",
        lines=lines,
        rules=(Rule(float(portrait.best), f"best, epoch {portrait.best}"),),
    )
    return Panel(title, (chart,))


def distributions(portrait: Portrait) -> Iterator[Figure]:
    """Histograms of everything learned that is more than one number, before and after."""
    spread = [c for c in portrait.changes if c.before.size > 1]
    if spread:
        yield Figure(
            "distributions",
            "Learned parameters before and after",
            "Before: drawn again from the configuration and its seed. "
            f"After: epoch {portrait.best}, the best.",
            tuple(_distribution(change) for change in spread),
        )


def _distribution(change: Change) -> Panel:
    unit = "" if change.unit == "1" else f" [{change.unit}]"
    low, high = span(change.before, change.after)
    least = min(change.before.min(), change.after.min())
    if least >= 0 > low:
        low = 0.0
    edges = np.linspace(low, high, _BINS + 1)
    before, after = (np.histogram(v, edges)[0] for v in (change.before, change.after))
    chart = Chart(
        Axis(f"{change.role}{unit}", low, high),
        Axis("parameters", 0.0, 1.06 * float(max(before.max(), after.max(), 1)), whole=True),
        f"{change.name}: mean {change.before.mean():.3g} before, {change.after.mean():.3g} after",
        bars=(
            Bars(edges, after, "after", 0),
            Bars(edges, before, "before", 1, filled=False),
        ),
    )
    moved = float(np.median(np.abs(change.after - change.before)))
    mean = f"{change.before.mean():.3g} → {change.after.mean():.3g}"
    deviation = f"{change.before.std():.3g} → {change.after.std():.3g}"
    return Panel(
        change.name,
        (chart,),
        f"{change.after.size:,} values; mean {mean}, standard deviation {deviation}, "
        f"median change {moved:.2g}{unit and ' ' + change.unit}",
    )


def confusion(portrait: Portrait) -> Iterator[Figure]:
    """Which class was taken for which."""
    counts = portrait.evaluation.confusion
    if counts is None:
        return
    size = len(counts)
    known = portrait.classes if len(portrait.classes) == size else ()
    numbers = tuple(map(str, range(size)))
    names = known or numbers
    short = max(map(len, names)) * size <= _LETTERS
    right = int(np.trace(counts))
    chart = Chart(
        Axis("answer", -0.5, size - 0.5, names=names if short else numbers),
        Axis("label", size - 0.5, -0.5, names=names),
        f"Confusion of {size} classes: {right} of {counts.sum()} samples on the diagonal",
        heat=Heat(counts),
    )
    caption = (
        f"Rows are labels, columns answers; {portrait.split} samples. Colour is the square root of "
        "the share of the row, so that mistakes are seen."
    )
    if not short:
        caption += " Answers are numbered from 0 in the order of the labels."
    panel = Panel(f"{right} of {counts.sum()} right", (chart,))
    yield Figure("confusion", "Confusion", caption, (panel,))


def activity(portrait: Portrait) -> Iterator[Figure]:
    """How many neurons spike how often."""
    panels: list[Panel] = []
    for name, rate in portrait.evaluation.spikes.items():
        silent = int(np.count_nonzero(rate == 0))
        high = float(rate.max()) or 1.0
        edges = np.linspace(0.0, high, _BINS + 1)
        heights = np.histogram(rate, edges)[0]
        chart = Chart(
            Axis("spikes per neuron and trial", 0.0, 1.02 * high),
            Axis("neurons", 0.0, 1.06 * float(heights.max()), whole=True),
            f"{name}: {silent} of {len(rate)} neurons silent, mean {rate.mean():.3g} spikes",
            bars=(Bars(edges, heights, "", 2),),
            rules=(Rule(float(rate.mean()), f"mean {rate.mean():.3g}"),),
        )
        panels.append(Panel(name, (chart,), f"{silent} of {len(rate)} neurons silent{_who(rate)}"))
    if panels:
        yield Figure(
            "activity",
            "Activity",
            f"Mean over the {portrait.evaluation.samples} {portrait.split} samples; a neuron is "
            "silent if it spiked in none of them.",
            tuple(panels),
        )


def speed(portrait: Portrait) -> Iterator[Figure]:
    """Seconds per epoch."""
    if not len(portrait.history):
        return
    epochs = _epochs(portrait)
    seconds = np.array([record.seconds for record in portrait.history])
    middle = float(np.median(seconds))
    lines = (
        Line(epochs, seconds, "epoch", 3, points=_few(epochs)),
        Line(epochs, np.full(len(epochs), middle), f"median {middle:.3g} s", MUTED, dashed=True),
    )
    low, high = span(seconds, floor=0.0)
    chart = Chart(
        _epoch_axis(epochs),
        Axis("duration [s]", low, high),
        f"Seconds per epoch, median {middle:.3g}",
        lines=lines,
    )
    yield Figure(
        "speed",
        "Speed",
        "Wall-clock time of learning in each epoch; validation and checkpoints are not counted.",
        (Panel("Seconds per epoch", (chart,)),),
    )


def _epochs(portrait: Portrait) -> np.ndarray:
    return np.array([record.epoch for record in portrait.history], np.float64)


def _epoch_axis(epochs: np.ndarray) -> Axis:
    first, last = float(epochs[0]), float(epochs[-1])
    if first == last:
        return Axis("epoch", first - 1, last + 1, whole=True)
    return Axis("epoch", first, last, whole=True)


def _few(values: np.ndarray) -> bool:
    return len(values) <= 40


def _who(rate: np.ndarray) -> str:
    """Which neurons are silent, if they are few."""
    silent = np.flatnonzero(rate == 0)
    return f" (number {', '.join(map(str, silent))})" if 0 < len(silent) <= 12 else ""
