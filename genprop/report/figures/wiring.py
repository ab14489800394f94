"""Figures of connections: where neurons are, how late and how strong their synapses, of which sign.

Excitation is blue and inhibition orange throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.plot.connectivity import delays, positions, signs
from genprop.plot.curves import turnover
from genprop.report.figures.fields import field_figures
from genprop.report.figures.figure import Chart, Figure, Panel, drawing

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections
    from genprop.report.figures.run_data import RunData

__all__ = ["wiring_figures"]


def wiring_figures(data: RunData) -> Iterator[Figure]:
    """Positions, delays by weight, and maps of excitation and inhibition, where there are any."""
    placed = [c for c in data.connections if c.places is not None and c.places[0].shape[1] > 1]
    delayed = [c for c in data.connections if c.delay.size and np.ptp(c.delay) > 0]
    if placed:
        yield Figure(
            "positions",
            "Positions",
            "Neurons in the first two dimensions of their space, with the 300 strongest "
            "synapses; the stronger, the darker. Blue excites, orange inhibits.",
            tuple(map(_positions, placed)),
        )
    moved = [c for c in data.connections if _regrown(c) in data.history.metrics()]
    if moved:
        yield Figure(
            "turnover",
            "Turnover of synapses",
            "Synapses that were removed and regrown elsewhere in each epoch, of all there are; one "
            "that comes back counts too.",
            tuple(_turnover(data, c) for c in moved),
        )
    if delayed:
        yield Figure(
            "delays",
            "Delays, weighted",
            "The sum of |weight| over the synapses of a delay, for excitation and inhibition.",
            tuple(map(_delays, delayed)),
        )
        yield Figure(
            "signs",
            "Excitation and inhibition by channel and delay",
            "The mean weight onto a receiving neuron from channels (rows) at delays (columns). "
            "Blue excites, orange inhibits.",
            tuple(map(_signs, delayed)),
        )
    yield from field_figures(delayed)


def _positions(found: Connections) -> Panel:
    note = f"{found.weight.size:,} synapses"
    if found.unmoved is not None:
        note += f"; {found.unmoved:.1%} of the first ones are still there, the others were regrown"
    says = f"Positions of {found.name} with its strongest synapses"
    return Panel(found.name, (Chart(drawing(positions, found), says, 1.6),), note)


def _turnover(data: RunData, found: Connections) -> Panel:
    total = int(data.history[_regrown(found)][-1])
    note = f"{total:,} regrown in all, of {found.weight.size:,} synapses"
    chart = Chart(
        drawing(turnover, data.history, found.name, found.weight.size), f"{found.name}: {note}"
    )
    return Panel(found.name, (chart,), note)


def _regrown(found: Connections) -> str:
    return f"train.{found.name}.regrown"


def _delays(found: Connections) -> Panel:
    size = np.abs(found.weight)
    mean = float((size * found.delay).sum() / (size.sum() or 1.0))
    note = f"mean delay {found.delay.mean():.3g} ms, weighted by |weight| {mean:.3g} ms"
    if found.unmoved is not None:
        note += f"; {found.unmoved:.1%} of the first synapses are still there"
    says = f"Delays of {found.name} weighted by |weight|: {note}"
    return Panel(found.name, (Chart(drawing(delays, found), says),), note)


def _signs(found: Connections) -> Panel:
    positive = float(np.maximum(found.weight, 0.0).sum())
    total = float(np.abs(found.weight).sum()) or 1.0
    note = f"{positive / total:.0%} of the sum of |weight| excites"
    says = f"Mean weight of {found.name} by channel and delay; {note}"
    return Panel(found.name, (Chart(drawing(signs, found), says, 1.2),), note)
