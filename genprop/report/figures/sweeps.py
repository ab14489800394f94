"""The figures of a sweep: the learning curves of all its trainings, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.report.figures.chart import MUTED, Axis, Chart, Figure, Line, Panel
from genprop.report.figures.scales import span

if TYPE_CHECKING:
    from genprop.train.history import History

__all__ = ["sweep_curves"]

Histories = Mapping[str, Sequence["History"]]


def sweep_curves(groups: Histories, best: str) -> list[Figure]:
    """A figure for accuracy, or for loss where there is none: one panel per group, one scale.

    Args:
        groups: the histories of each group's trainings.
        best: the group that is marked.
    """
    found = [h for histories in groups.values() for h in histories if len(h)]
    known = {metric for history in found for metric in history.metrics()}
    name, factor, unit = (
        ("accuracy", 100.0, "accuracy [%]")
        if any(metric.endswith(".accuracy") for metric in known)
        else ("loss", 1.0, "mean loss per sample")
    )
    if not found:
        return []
    part = "valid" if f"valid.{name}" in known else "train"
    epochs = max(len(history) for history in found)
    values = [factor * h[f"{p}.{name}"] for h in found for p in {part, "train"}]
    low, high = span(*values, floor=0.0 if name == "loss" else None)
    axes = (
        Axis("epoch", 1.0, max(float(epochs), 2.0), whole=True),
        Axis(unit, low, min(high, 100.0) if name == "accuracy" else high),
    )
    panels = tuple(
        _panel(group, histories, (part, name, factor), axes, marked=group == best)
        for group, histories in groups.items()
    )
    word = {"valid": "validation", "train": "training"}
    caption = (
        f"Every training's {word[part]} {name} by epoch in grey, their mean in colour and the mean "
        f"of training dashed. One scale for all; a mean ends with the shortest of its trainings."
    )
    return [Figure("learning-curves", "Learning curves", caption, panels)]


def _panel(
    group: str,
    histories: Sequence[History],
    what: tuple[str, str, float],
    axes: tuple[Axis, Axis],
    *,
    marked: bool,
) -> Panel:
    part, name, factor = what
    curves = [factor * h[f"{part}.{name}"] for h in histories]
    lines = [Line(_epochs(curve), curve, "", MUTED) for curve in curves]
    shown = {"valid": "validation", "train": "training"}
    lines.append(_mean(curves, shown[part], 0))
    if part != "train":
        lines.append(_mean([factor * h[f"train.{name}"] for h in histories], "training", 1))
    ends = ", ".join(f"{line.name} {line.y[-1]:.4g}" for line in lines if line.name and line.y.size)
    chart = Chart(*axes, f"{name} of {group} by epoch; mean at the end: {ends}", tuple(lines))
    note = f"{len(histories)} training{'' if len(histories) == 1 else 's'}"
    return Panel(group + (" (best)" if marked else ""), (chart,), note)


def _mean(curves: Sequence[np.ndarray], name: str, colour: int) -> Line:
    shortest = min((len(curve) for curve in curves), default=0)
    mean = np.mean([curve[:shortest] for curve in curves], axis=0) if curves else np.zeros(0)
    return Line(_epochs(mean), mean, name, colour, dashed=colour == 1)


def _epochs(curve: np.ndarray) -> np.ndarray:
    return 1.0 + np.arange(len(curve), dtype=np.float64)
