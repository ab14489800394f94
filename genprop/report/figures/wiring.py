"""Figures of connections: where neurons are, how late and how strong their synapses, of which sign.

Excitation is blue and inhibition orange throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.report.figures.fields import field_figures
from genprop.report.figures.figure import Chart, Figure, Panel
from genprop.report.figures.plots import COLOURS, GREY, legend, signed_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.analysis.connections import Connections
    from genprop.report.figures.run_data import RunData

__all__ = [
    "plot_delays",
    "plot_positions",
    "plot_signs",
    "plot_turnover",
    "sign_map",
    "turnover",
    "wiring_figures",
]

_EDGES = 300
"""As many synapses are drawn between positions, the strongest."""
_ROWS, _COLUMNS = 32, 24
"""Cells of a map of channels and delays, at most."""
_SIGNS = ((1, COLOURS[0], "excitation"), (-1, COLOURS[1], "inhibition"))


def wiring_figures(data: RunData) -> Iterator[Figure]:
    """Positions, delays by weight, and maps of excitation and inhibition, where there are any."""
    placed = [c for c in data.connections if c.places is not None and c.places[0].shape[1] > 1]
    delayed = [c for c in data.connections if c.delay.size and np.ptp(c.delay) > 0]
    if placed:
        yield Figure(
            "positions",
            "Positions",
            f"Neurons in the first two dimensions of their space, with the {_EDGES} strongest "
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


def plot_turnover(ax: Axes, data: RunData, found: Connections) -> None:
    """The part of the synapses that was regrown in each epoch."""
    epochs, parts = turnover(data, found)
    ax.plot(epochs, 100 * parts, color=COLOURS[0], marker="." if len(epochs) <= 40 else "")
    ax.set(xlabel="epoch", ylabel="regrown synapses [%]", ylim=(0.0, None))
    ax.locator_params(axis="x", integer=True)


def turnover(data: RunData, found: Connections) -> tuple[np.ndarray, np.ndarray]:
    """Epochs, and in each the synapses that were regrown over how many there are."""
    regrown = data.history[_regrown(found)]
    epochs = np.array([record.epoch for record in data.history])
    return epochs, np.diff(regrown, prepend=0.0) / max(found.weight.size, 1)


def plot_positions(ax: Axes, found: Connections) -> None:
    """Senders and receivers in their first two dimensions, and the strongest synapses."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    assert found.places is not None
    x, y = (place[:, :2] for place in found.places)
    size = np.abs(found.weight)
    chosen = np.argsort(size, kind="stable")[-_EDGES:]
    chosen = chosen[size[chosen] > 0]
    ends = np.stack([x[found.pre[chosen]], y[found.post[chosen]]], axis=1)
    strength = size[chosen] / size.max(initial=1e-300)
    colours = [
        to_rgba(COLOURS[0 if w > 0 else 1], round(float(a), 2))
        for w, a in zip(found.weight[chosen], strength, strict=True)
    ]
    ax.add_collection(LineCollection(list(ends), colors=colours, linewidths=0.8))
    names = found.name.split("->")
    same = found.sizes[0] == found.sizes[1] and np.array_equal(x, y)
    ax.plot(y[:, 0], y[:, 1], "o", color=GREY, markersize=3, label=names[-1])
    if not same:
        ax.plot(x[:, 0], x[:, 1], "s", color=COLOURS[2], markersize=3, label=names[0])
    ax.set(xlabel="position 1", ylabel="position 2")
    ax.set_aspect("equal", adjustable="datalim")
    legend(ax)


def plot_delays(ax: Axes, found: Connections) -> None:
    """Σ |w| over the synapses of each delay, by sign."""
    edges = np.histogram_bin_edges(found.delay, 30).tolist()
    for sign, colour, name in _SIGNS:
        own = np.sign(found.weight) == sign
        weight = np.abs(found.weight[own])
        kind = "stepfilled" if sign > 0 else "step"
        face = (colour, 0.35) if sign > 0 else "none"
        ax.hist(
            found.delay[own], edges, weights=weight, histtype=kind, edgecolor=colour,
            facecolor=face, label=name,
        )  # fmt: skip
    ax.margins(x=0)
    ax.set(xlabel="delay [ms]", ylabel="sum of |weight|")
    legend(ax)


def sign_map(found: Connections) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean weight onto a receiver, (rows, columns), with the edges of channels and delays."""
    rows = np.linspace(0, found.sizes[0], min(_ROWS, found.sizes[0]) + 1)
    columns = np.linspace(found.delay.min(), found.delay.max(), _COLUMNS + 1)
    total, _, _ = np.histogram2d(
        found.pre + 0.5, found.delay, (rows, columns), weights=found.weight
    )
    return total / found.sizes[1], rows, columns


def plot_signs(ax: Axes, found: Connections) -> None:
    """The map of :func:`sign_map`: shades of blue above zero, of orange below."""
    mean, rows, columns = sign_map(found)
    signed_image(ax, columns, rows, mean, float(np.abs(mean).max()))
    ax.set(xlabel="delay [ms]", ylabel=f"neuron of {found.name.split('->')[0]}")


def _positions(found: Connections) -> Panel:
    note = f"{found.weight.size:,} synapses"
    if found.unmoved is not None:
        note += f"; {found.unmoved:.1%} of the first ones are still there, the others were regrown"
    says = f"Positions of {found.name} with its strongest synapses"
    return Panel(found.name, (Chart(lambda ax: plot_positions(ax, found), says, 1.6),), note)


def _turnover(data: RunData, found: Connections) -> Panel:
    total = int(data.history[_regrown(found)][-1])
    note = f"{total:,} regrown in all, of {found.weight.size:,} synapses"
    chart = Chart(lambda ax: plot_turnover(ax, data, found), f"{found.name}: {note}")
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
    return Panel(found.name, (Chart(lambda ax: plot_delays(ax, found), says),), note)


def _signs(found: Connections) -> Panel:
    positive = float(np.maximum(found.weight, 0.0).sum())
    total = float(np.abs(found.weight).sum()) or 1.0
    note = f"{positive / total:.0%} of the sum of |weight| excites"
    says = f"Mean weight of {found.name} by channel and delay; {note}"
    return Panel(found.name, (Chart(lambda ax: plot_signs(ax, found), says, 1.2),), note)
