"""Colours, legends and lines that all figures have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["COLOURS", "GREY", "class_name", "legend", "name_cells", "rule"]

COLOURS = ("#0072b2", "#d55e00", "#00805c", "#b0589a")
"""Okabe and Ito's, for any colour vision; green and purple are darkened for lines."""
GREY = "#8a929b"

_MOST_NAMES = 14
"""Names along an axis that are written in a usual size."""
_LETTERS = 60
"""How many letters fit side by side above a chart."""


def rule(ax: Axes, x: float, name: str) -> None:
    """A vertical line at ``x``, named in the legend."""
    ax.axvline(x, color=GREY, linestyle="--", linewidth=0.8, label=name)


def legend(ax: Axes) -> None:
    """The names of what was drawn, above the axes, in as many columns as have room."""
    names = [name for name in ax.get_legend_handles_labels()[1] if name]
    if names:
        columns = min(len(names), max(1, _LETTERS // (6 + max(map(len, names)))))
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=columns)


def class_name(k: int, classes: Sequence[str]) -> str:
    """The name of class ``k``, or its number where the dataset gives none."""
    return classes[k] if k < len(classes) else str(k)


def name_cells(axis: Axis, names: Sequence[str], every: int = 1) -> None:
    """Names at the middle of cells of width 1, small where they are many."""
    at = range(0, len(names), every)
    size = {"fontsize": 6} if len(at) > _MOST_NAMES else {}
    axis.set_ticks([k + 0.5 for k in at], [names[k] for k in at], minor=False, **size)
