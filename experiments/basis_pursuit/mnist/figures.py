"""Draws accuracy under attack, and by steps; see README.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tables import METHODS, PUBLISHED, RESULTS, found

from genprop.plot import COLOURS
from genprop.report.figures.drawing import draw_figures
from genprop.report.figures.figure import Chart, Figure, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = dict[float, list[float]]


def curves(key: str, folder: Path = RESULTS) -> dict[str, Curve]:
    """By method the accuracies of all seeds, by ε or by steps."""
    each = {m: [a[key] for a in found(f"{m}-?-attacks.json", folder) if key in a] for m in METHODS}
    return {
        method: {float(at): [run[at] for run in runs] for at in runs[0] if at[0].isdigit()}
        for method, runs in each.items()
        if runs
    }


def robustness(folder: Path = RESULTS) -> Figure:
    """Three panels: ℓ₂, ℓ∞, steps."""
    titles = {
        "l2": ("ℓ₂ attack", "ε of inputs of norm 1"),
        "linf": ("ℓ∞ attack", "ε of pixels, white 1"),
        "anytime": ("without attack", "steps"),
    }
    panels = [
        Panel(title, (Chart(_drawn(curves(key, folder), axis, key == "l2"), key),))
        for key, (title, axis) in titles.items()
    ]
    caption = "Test accuracy, mean ± standard deviation over seeds; crosses: published at ε = .15."
    return Figure("robustness", "Accuracy under attack", caption, tuple(panels))


def _drawn(each: dict[str, Curve], axis: str, published: bool) -> Callable[[Axes], None]:
    def draw(ax: Axes) -> None:
        for colour, (method, curve) in zip(COLOURS, each.items(), strict=False):
            means = [100 * float(np.mean(v)) for v in curve.values()]
            errors = [100 * _spread(v) for v in curve.values()]
            ax.errorbar(list(curve), means, errors, fmt="o-", color=colour, label=method)
            if published:
                ax.plot([0.0, 0.15], PUBLISHED[method], "x", color=colour)
        ax.set(xlabel=axis, ylabel="test accuracy [%]")
        ax.margins(0.05)

    return draw


def _spread(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


if __name__ == "__main__":
    for path in draw_figures([robustness()], Path(__file__).parent, ("svg",)):
        print(path)
