"""The figures of a sweep: the learning curves of all its trainings, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.plot.style import COLOURS, GREY
from genprop.report.figures.figure import Chart, Figure, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.train.history import History

__all__ = ["plot_group", "sweep_curves"]

Histories = Mapping[str, Sequence["History"]]


def sweep_curves(groups: Histories, best: str) -> list[Figure]:
    """A figure for accuracy, or for loss where there is none: one panel per group, one scale.

    Args:
        groups: the histories of each group's trainings.
        best: the group that is marked.
    """
    found = [h for histories in groups.values() for h in histories if len(h)]
    known = {metric for history in found for metric in history.metrics()}
    if not found:
        return []
    name = "accuracy" if {"train.accuracy", "valid.accuracy"} & known else "loss"
    part = "valid" if f"valid.{name}" in known else "train"
    values = np.concatenate([h[f"{p}.{name}"] for h in found for p in (part, "train")])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    limits = (low, high) if name == "accuracy" else (min(low, 0.0), high)
    epochs = max(2, *(len(history) for history in found))
    panels = tuple(
        _panel(group, histories, (part, name), limits, epochs, marked=group == best)
        for group, histories in groups.items()
    )
    caption = (
        f"Every training's {_WORD[part]} {name} by epoch in grey, their mean in colour and the "
        "mean of training dashed. One scale for all; a mean ends with the shortest of its "
        "trainings."
    )
    return [Figure("learning-curves", "Learning curves", caption, panels)]


def plot_group(
    ax: Axes,
    histories: Sequence[History],
    metric: tuple[str, str],
    limits: tuple[float, float],
    epochs: int,
) -> None:
    """A curve per training and the mean of all.

    Args:
        ax: where they are drawn.
        histories: one per training.
        metric: such as ``("valid", "accuracy")``; accuracies are drawn in percent.
        limits: the least and the largest value of all groups.
        epochs: the last epoch of all groups.
    """
    part, name = metric
    factor = 100.0 if name == "accuracy" else 1.0
    curves = [factor * history[f"{part}.{name}"] for history in histories]
    for curve in curves:
        ax.plot(1 + np.arange(len(curve)), curve, color=GREY, linewidth=0.8)
    drawn = [(curves, _WORD[part], COLOURS[0], "-")]
    if part != "train":
        training = [factor * history[f"train.{name}"] for history in histories]
        drawn.append((training, _WORD["train"], COLOURS[1], "--"))
    for values, word, colour, dashes in drawn:
        mean = _mean(values)
        ax.plot(1 + np.arange(len(mean)), mean, dashes, color=colour, label=word)
    margin = 0.04 * (limits[1] - limits[0]) or 0.5 / factor
    top = factor * (limits[1] + margin)
    bottom = factor * (limits[0] - margin) if limits[0] else 0.0
    ax.set_ylim(bottom, min(top, 100.0) if name == "accuracy" else top)
    ax.set(xlim=(1, epochs), xlabel="epoch")
    ax.set_ylabel("accuracy [%]" if name == "accuracy" else "mean loss per sample")
    ax.locator_params(axis="x", integer=True)


_WORD = {"valid": "validation", "train": "training"}


def _panel(
    group: str,
    histories: Sequence[History],
    metric: tuple[str, str],
    limits: tuple[float, float],
    epochs: int,
    *,
    marked: bool,
) -> Panel:
    ends = _mean([history[".".join(metric)] for history in histories])[-1:]
    says = (
        f"{metric[1]} of {group} by epoch; mean at the end: {', '.join(f'{e:.4g}' for e in ends)}"
    )
    chart = Chart(lambda ax: plot_group(ax, histories, metric, limits, epochs), says)
    note = f"{len(histories)} training{'' if len(histories) == 1 else 's'}"
    return Panel(group + (" (best)" if marked else ""), (chart,), note)


def _mean(curves: Sequence[np.ndarray]) -> np.ndarray:
    """Their mean, as far as the shortest goes."""
    shortest = min((len(curve) for curve in curves), default=0)
    return np.mean([curve[:shortest] for curve in curves], axis=0) if curves else np.zeros(0)
