"""Images of signed numbers: blue above zero, orange below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.plot.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["signed_image"]

_SHADES = 12
"""Steps of colour from nothing to the full one."""


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
