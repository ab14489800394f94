"""The figure of receptive fields: what single neurons hear by channel and delay, and on average."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.moran import moran
from genprop.analysis.receptive_field import receptive_fields
from genprop.plot.fields import average_receptive_field, receptive_field
from genprop.report.figures.figure import Chart, Figure, Panel, drawing

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections
    from genprop.analysis.receptive_field import ReceptiveFields

__all__ = ["field_figures", "shown_fields"]

_ROWS, _COLUMNS = 24, 16
"""Cells of a field, at most."""
_NEURONS = 4
"""Receivers that are shown."""


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


def _panels(found: Connections) -> Iterator[Panel]:
    fields, chosen = shown_fields(found)
    if not chosen.size:
        return
    channels, receivers = found.name.split("->")
    charts = tuple(
        Chart(
            drawing(receptive_field, fields, int(k), label=f"{channels} onto {k}"),
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
    draw = drawing(average_receptive_field, fields)
    says = f"Mean receptive field of {found.name} about its centre; {note}"
    used = int(np.count_nonzero(np.abs(fields.image).sum(axis=(1, 2))))
    yield Panel(
        f"{found.name}, aligned mean", (Chart(draw, says, 1.6),), f"{used} neurons of {receivers}"
    )
