"""The figure of receptive fields: what single neurons hear by channel and delay, and on average."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.moran import moran
from genprop.analysis.receptive_field import average_field, receptive_fields
from genprop.report.figures.figure import Chart, Figure, Panel
from genprop.report.figures.plots import signed_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.analysis.connections import Connections
    from genprop.analysis.receptive_field import ReceptiveFields

__all__ = ["field_figures", "plot_average_field", "plot_field", "shown_fields"]

_ROWS, _COLUMNS = 24, 16
"""Cells of a field, at most."""
_NEURONS = 4
"""Receivers that are shown."""
_REACHED = 0.5
"""The fraction of the fields that a cell of their mean is made of, at least."""


def field_figures(delayed: Sequence[Connections]) -> Iterator[Figure]:
    """Receptive fields of every projection with different delays."""
    panels = [panel for found in delayed for panel in _panels(found)]
    if panels:
        yield Figure(
            "receptive-fields",
            "Receptive fields",
            "The weights onto single neurons by channel and delay, of those with the largest sums "
            "of |weight|; and the mean over all, each moved so that the centre of its |weight| "
            "stands at 0. Blue excites, orange inhibits.",
            tuple(panels),
        )


def shown_fields(found: Connections) -> tuple[ReceptiveFields, np.ndarray]:
    """The fields of a projection, and the receivers that are shown, the strongest first."""
    width = float(found.delay.max()) / _COLUMNS * (1 + 1e-9)
    fields = receptive_fields(found, rows=_ROWS, width=width)
    strength = np.bincount(found.post, np.abs(found.weight), found.sizes[1])
    chosen = np.argsort(-strength, kind="stable")[:_NEURONS]
    return fields, chosen[strength[chosen] > 0]


def plot_field(ax: Axes, fields: ReceptiveFields, neuron: int, channels: str) -> None:
    """The field of one ``neuron``; ``channels`` says what the rows are."""
    largest = float(np.abs(fields.image).max())
    signed_image(ax, fields.delay_edges, fields.channel_edges, fields.image[neuron], largest)
    ax.set(xlabel="delay [ms]", ylabel=channels)
    ax.locator_params(axis="y", nbins=4, integer=True)


def plot_average_field(ax: Axes, fields: ReceptiveFields) -> None:
    """The aligned mean of all fields, about its centre, as far as half of them reach."""
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


def _panels(found: Connections) -> Iterator[Panel]:
    fields, chosen = shown_fields(found)
    if not chosen.size:
        return
    channels, receivers = found.name.split("->")
    charts = tuple(
        Chart(
            partial(plot_field, fields=fields, neuron=int(k), channels=f"{channels} onto {k}"),
            f"Weights onto neuron {k} of {receivers} by neuron of {channels} and delay",
            0.8,
        )
        for k in chosen
    )
    grouping = moran(fields.image)
    alike = "" if np.isnan(grouping).all() else f"; mean Moran's I {np.nanmean(grouping):.3f}"
    largest = float(np.abs(fields.image).max())
    note = f"the darkest cell is {largest:.3g}{alike}"
    yield Panel(found.name, charts, note)
    draw: Callable[[Axes], None] = partial(plot_average_field, fields=fields)
    says = f"Mean receptive field of {found.name} about its centre; {note}"
    used = int(np.count_nonzero(np.abs(fields.image).sum(axis=(1, 2))))
    yield Panel(
        f"{found.name}, aligned mean", (Chart(draw, says, 1.6),), f"{used} neurons of {receivers}"
    )
