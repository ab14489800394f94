"""The kinds of charts that several figures have, each drawn on given matplotlib axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = [
    "COLOURS",
    "GREY",
    "class_name",
    "confusion",
    "histograms",
    "legend",
    "raster",
    "rule",
    "signed_image",
    "square",
    "traces",
]

COLOURS = ("#0072b2", "#d55e00", "#00805c", "#b0589a")
"""Okabe and Ito's, for any colour vision; green and purple are darkened for lines."""
GREY = "#8a929b"

_MOST_NAMES = 14
"""Names along an axis that are written in a usual size."""
_MOST_NUMBERS = 12
"""Columns of a confusion matrix whose cells have room for a number."""
_SHADES = 12
"""Steps of colour from nothing to the full one."""
_LETTERS = 60
"""How many letters fit side by side above a chart."""


def raster(
    ax: Axes,
    times: np.ndarray,
    neurons: np.ndarray,
    size: int,
    duration: float,
    label: str,
    colour: str = GREY,
) -> None:
    """A stroke per spike, 0.7 rows high but never too small to see.

    Args:
        ax: where they are drawn.
        times: (n,) [ms].
        neurons: (n,) which neuron spiked.
        size: of the population.
        duration: of the trial [ms].
        label: what the rows are.
        colour: of the strokes.
    """
    gap = np.full(len(neurons), np.nan)
    ends = np.stack([neurons - 0.35, neurons + 0.35, gap], axis=1)
    ax.plot(np.repeat(times, 3), ends.ravel(), color=colour, solid_capstyle="projecting")
    ax.grid(False)
    ax.set(xlim=(0.0, duration), ylim=(-0.5, size - 0.5), xlabel="time [ms]", ylabel=label)
    ax.locator_params(axis="y", nbins=4, integer=True)


def traces(ax: Axes, times: np.ndarray, values: np.ndarray, name: str) -> None:
    """Every column of ``values`` (steps, n) over ``times`` (steps,) [ms], in grey as ``name``."""
    for k, column in enumerate(values.T):
        ax.plot(times, column, color=GREY, linewidth=0.8, label="" if k else name)


def histograms(
    ax: Axes, values: Mapping[str, np.ndarray], bins: int = 30, low: float | None = None
) -> None:
    """Histograms over the same bins: the first filled, the others in outline.

    Args:
        ax: where they are drawn.
        values: by name, (n,); what is not finite is left out.
        bins: how many there are.
        low: where they begin, if not at the least value.
    """
    finite = {name: found[np.isfinite(found)] for name, found in values.items()}
    every = np.concatenate([*finite.values()])
    ends = (low, float(every.max(initial=low)) or 1.0) if low is not None else None
    edges = np.histogram_bin_edges(every, bins, ends).tolist()
    for k, (name, found) in enumerate(finite.items()):
        kind = "step" if k else "stepfilled"
        face = "none" if k else (COLOURS[0], 0.35)
        ax.hist(found, edges, histtype=kind, edgecolor=COLOURS[k], facecolor=face, label=name)
    ax.margins(x=0)
    ax.locator_params(axis="y", integer=True)


def rule(ax: Axes, x: float, name: str) -> None:
    """A vertical line at ``x``, named in the legend."""
    ax.axvline(x, color=GREY, linestyle="--", linewidth=0.8, label=name)


def confusion(ax: Axes, counts: np.ndarray, names: Sequence[str], columns: str, rows: str) -> None:
    """``counts`` (classes, classes) with their numbers, where these have room.

    The shade is √(count / sum of the row), so that small fractions are seen.

    Args:
        ax: where they are drawn.
        counts: one row per class of ``rows``, one column per class of ``columns``.
        names: of the classes; columns are numbered where names find no room.
        columns: what the columns are.
        rows: what the rows are.
    """
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    size = len(counts)
    shade = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    shades = LinearSegmentedColormap.from_list("", [to_rgba(COLOURS[0], a) for a in (0, 1)])
    ax.grid(False)
    ax.pcolormesh(shade, cmap=shades, vmin=0.0, vmax=1.0)
    if size <= _MOST_NUMBERS:
        for (i, j), count in np.ndenumerate(counts):
            colour = "#ffffff" if shade[i, j] > 0.55 else None
            ax.text(j + 0.5, i + 0.5, str(count), ha="center", va="center", color=colour)
    ax.set(xlim=(0, size), ylim=(size, 0), aspect="equal", xlabel=columns, ylabel=rows)
    short = max(map(len, names)) * size <= 40
    below = names if short else [str(k) for k in range(size)]
    ax.tick_params(length=0)
    _name(ax.xaxis, below, every=1 if short else -(-size // 18))
    _name(ax.yaxis, names, every=1)


def signed_image(
    ax: Axes, columns: np.ndarray, rows: np.ndarray, image: np.ndarray, largest: float
) -> None:
    """Shades of blue above zero, of orange below, in 12 steps; what is no number stays empty.

    Cells of one shade are one path, so that a page stays small.

    Args:
        ax: where it is drawn.
        columns: the edges of the cells along x, ascending.
        rows: along y.
        image: (rows, columns).
        largest: |value| of the full colours.
    """
    from matplotlib.colors import to_rgba
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    ax.grid(False)
    shade = np.rint(_SHADES * np.nan_to_num(image) / (largest or 1.0)).astype(int)
    for step in np.unique(shade[shade != 0]):
        i, j = np.nonzero(shade == step)
        x, y = columns[[j, j, j + 1, j + 1, j]].T, rows[[i, i + 1, i + 1, i, i]].T
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * i.size
        colour = to_rgba(COLOURS[0 if step > 0 else 1], min(abs(step) / _SHADES, 1.0))
        outline = Path(np.stack([x.ravel(), y.ravel()], axis=1), codes)
        ax.add_patch(PathPatch(outline, facecolor=colour, linewidth=0.0))
    ax.set(xlim=(columns[0], columns[-1]), ylim=(rows[0], rows[-1]))


def square(names: Sequence[str]) -> float:
    """The height of a chart whose cells are square, beside the names of its rows."""
    return 1.8 - (0.018 if len(names) > _MOST_NAMES else 0.03) * max(map(len, names))


def class_name(k: int, classes: Sequence[str]) -> str:
    """The name of class ``k``, or its number where the dataset gives none."""
    return classes[k] if k < len(classes) else str(k)


def legend(ax: Axes) -> None:
    """The names of what was drawn, above the axes, in as many columns as have room."""
    names = [name for name in ax.get_legend_handles_labels()[1] if name]
    if names:
        columns = min(len(names), max(1, _LETTERS // (6 + max(map(len, names)))))
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=columns)


def _name(axis: Axis, names: Sequence[str], every: int) -> None:
    """Names at the middle of the cells, small where they are many."""
    at = range(0, len(names), every)
    size = {"fontsize": 6} if len(at) > _MOST_NAMES else {}
    axis.set_ticks([k + 0.5 for k in at], [names[k] for k in at], minor=False, **size)
