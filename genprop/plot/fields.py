"""Figures of receptive fields: what single neurons hear by channel and delay, and on average."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.receptive_field import average_field
from genprop.errors import DataError
from genprop.plot.canvas import axes_for
from genprop.plot.signed import signed_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.analysis.receptive_field import ReceptiveFields

__all__ = ["average_receptive_field", "receptive_field"]

_REACHED = 0.5
"""The fraction of the fields that a cell of their mean is made of, at least."""


def receptive_field(
    fields: ReceptiveFields, neuron: int, *, label: str = "channel", ax: Axes | None = None
) -> Axes:
    """The weights onto one neuron by channel and delay; blue excites, orange inhibits.

    Args:
        fields: what ``gp.analysis.receptive_fields(…)`` gave.
        neuron: whose.
        label: what the rows are.
        ax: where it is drawn; by default on new axes.

    Raises:
        DataError: for a neuron that is not there.
        ConfigurationError: where matplotlib is not installed.
    """
    if not 0 <= neuron < len(fields.image):
        raise DataError(
            f"there is no neuron {neuron}", remedy=f"choose from 0 to {len(fields.image) - 1}"
        )
    ax = axes_for(ax)
    largest = float(np.abs(fields.image).max())
    signed_image(ax, fields.delay_edges, fields.channel_edges, fields.image[neuron], largest)
    ax.set(xlabel="delay [ms]", ylabel=label)
    ax.locator_params(axis="y", nbins=4, integer=True)
    return ax


def average_receptive_field(fields: ReceptiveFields, *, ax: Axes | None = None) -> Axes:
    """The mean of all fields, each moved so that its centre stands at 0, as far as half reach.

    Args:
        fields: what ``gp.analysis.receptive_fields(…)`` gave.
        ax: where it is drawn; by default on new axes.

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    ax = axes_for(ax)
    mean = average_field(fields, least=_REACHED)
    late, row = (edges[1] - edges[0] for edges in (fields.delay_edges, fields.channel_edges))
    columns, rows = (
        (np.arange(size + 1) - size / 2) * step
        for size, step in zip(mean.shape[::-1], (late, row), strict=True)
    )
    signed_image(ax, columns, rows, mean, float(np.nanmax(np.abs(mean))))
    there = np.isfinite(mean)
    across, down = (np.flatnonzero(there.any(axis=k))[[0, -1]] + (0, 1) for k in (0, 1))
    ax.set(xlim=columns[across], ylim=rows[down])
    ax.set(xlabel="delay from the centre [ms]", ylabel="channels from the centre")
    ax.locator_params(axis="y", nbins=5, integer=True)
    return ax
