"""Figures of how values are distributed: parameters before and after, spikes per neuron."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.plot.canvas import axes_for
from genprop.plot.style import COLOURS, rule

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

__all__ = ["activity", "distribution"]


def distribution(
    values: Mapping[str, npt.ArrayLike] | npt.ArrayLike,
    *,
    label: str = "",
    count: str = "parameters",
    bins: int = 30,
    low: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Histograms over the same bins: the first filled, the others in outline.

    Args:
        values: by name, such as ``{"after": …, "before": …}``, up to four; or one array.
        label: what the values are, with their unit.
        count: what is counted.
        bins: how many there are.
        low: where they begin, if not at the least value.
        ax: where they are drawn; by default on new axes.

    Values that are not finite are left out.

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    ax = axes_for(ax)
    given = values if isinstance(values, Mapping) else {"": values}
    arrays = {name: np.ravel(np.asarray(found, np.float64)) for name, found in given.items()}
    finite = {name: found[np.isfinite(found)] for name, found in arrays.items()}
    every = np.concatenate([*finite.values()])
    ends = (low, float(every.max(initial=low)) or 1.0) if low is not None else None
    edges = np.histogram_bin_edges(every, bins, ends).tolist()
    for k, (name, found) in enumerate(finite.items()):
        kind = "step" if k else "stepfilled"
        face = "none" if k else (COLOURS[0], 0.35)
        colour = COLOURS[k % len(COLOURS)]
        ax.hist(found, edges, histtype=kind, edgecolor=colour, facecolor=face, label=name)
    ax.margins(x=0)
    ax.locator_params(axis="y", integer=True)
    ax.set(xlabel=label, ylabel=count)
    return ax


def activity(
    rates: Mapping[str, npt.ArrayLike] | npt.ArrayLike,
    *,
    bins: int = 30,
    mean: str = "mean",
    ax: Axes | None = None,
) -> Axes:
    """A histogram of the spikes per neuron and trial, with the mean of the last as a line.

    Args:
        rates: (n,) spikes per neuron and trial, as ``gp.evaluate(…).spikes["hidden"]``; or several
            by name.
        bins: how many there are.
        mean: what the line is called.
        ax: where it is drawn; by default on new axes.

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    given = rates if isinstance(rates, Mapping) else {"": rates}
    ax = distribution(
        given, label="spikes per neuron and trial", count="neurons", bins=bins, low=0.0, ax=ax
    )
    middle = float(np.mean(np.asarray([*given.values()][-1], np.float64)))
    rule(ax, middle, f"{mean} {middle:.3g}")
    return ax
