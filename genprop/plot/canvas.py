"""The axes on which a figure is drawn: those that were given, or new ones."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from genprop.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

__all__ = ["axes_for", "has_matplotlib", "require_matplotlib", "stacked_axes"]


def has_matplotlib() -> bool:
    """Whether it is installed."""
    return find_spec("matplotlib") is not None


def require_matplotlib() -> None:
    """Nothing where matplotlib is installed.

    Raises:
        ConfigurationError: where it is not.
    """
    if not has_matplotlib():
        raise ConfigurationError(
            "matplotlib, which draws the figures, is not installed",
            remedy="pip install 'genprop[plot]'",
        )


def axes_for(ax: Axes | None, size: tuple[float, float] | None = None) -> Axes:
    """``ax``, or those of a new figure of ``size`` [inches].

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    if ax is not None:
        return ax
    require_matplotlib()
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]


def stacked_axes(heights: list[float]) -> np.ndarray:
    """New axes below each other over one x axis, of relative ``heights``.

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib import pyplot

    size = (6.4, 0.6 + 1.6 * sum(heights))
    _, axes = pyplot.subplots(
        len(heights), 1, sharex=True, squeeze=False, height_ratios=heights, figsize=size,
        layout="constrained",
    )  # fmt: skip
    return axes[:, 0]
