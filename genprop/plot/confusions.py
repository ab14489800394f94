"""The figure of confusion: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import DataError
from genprop.plot.canvas import axes_for
from genprop.plot.style import COLOURS, name_cells
from genprop.train.evaluate import Evaluation

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

__all__ = ["confusion"]

_MOST_NUMBERS = 12
"""Columns of a confusion matrix whose cells have room for a number."""


def confusion(
    counts: Evaluation | npt.ArrayLike,
    names: Sequence[str] = (),
    *,
    columns: str = "prediction",
    rows: str = "label",
    ax: Axes | None = None,
) -> Axes:
    """Counts of every pair of classes, with their numbers where these have room.

    The shade is √(count / sum of the row), so that small fractions are seen.

    Args:
        counts: what ``gp.evaluate(…)`` gave; or (classes, classes), one row per class of ``rows``.
        names: of the classes, by default their numbers; columns are numbered where names find no
            room.
        columns: what the columns are.
        rows: what the rows are.
        ax: where they are drawn; by default on new axes.

    Raises:
        DataError: for an evaluation without labels, and counts that are not square.
        ConfigurationError: where matplotlib is not installed.
    """
    found = np.asarray(counts.confusion if isinstance(counts, Evaluation) else counts)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise DataError(
            "there is no confusion to draw: no matrix of classes by classes",
            where="plot.confusion(counts, …)",
            remedy="evaluate on data with labels, or give counts (classes, classes)",
        )
    ax = axes_for(ax)
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    size = len(found)
    names = tuple(names) if len(names) == size else tuple(map(str, range(size)))
    shade = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1))
    shades = LinearSegmentedColormap.from_list("", [to_rgba(COLOURS[0], a) for a in (0, 1)])
    ax.grid(False)
    ax.pcolormesh(shade, cmap=shades, vmin=0.0, vmax=1.0)
    if size <= _MOST_NUMBERS:
        for (i, j), count in np.ndenumerate(found):
            colour = "#ffffff" if shade[i, j] > 0.55 else None
            ax.text(j + 0.5, i + 0.5, str(count), ha="center", va="center", color=colour)
    ax.set(xlim=(0, size), ylim=(size, 0), aspect="equal", xlabel=columns, ylabel=rows)
    short = max(map(len, names), default=0) * size <= 40
    below = names if short else [str(k) for k in range(size)]
    ax.tick_params(length=0)
    name_cells(ax.xaxis, below, every=1 if short else -(-size // 18))
    name_cells(ax.yaxis, names)
    return ax
