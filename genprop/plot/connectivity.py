"""Figures of connections: how strong and how late synapses are, of which sign, between whom.

Excitation is blue and inhibition orange throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.connections import connections
from genprop.errors import UnsupportedError
from genprop.plot.canvas import axes_for
from genprop.plot.signed import signed_image
from genprop.plot.style import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.analysis.connections import Connections, Source

__all__ = ["delays", "positions", "sign_map", "signs", "weights"]

_EDGES = 300
"""As many synapses are drawn between positions, the strongest."""
_ROWS, _COLUMNS = 32, 24
"""Cells of a map of channels and delays, at most."""
_SIGNS = ((1, COLOURS[0], "excitation"), (-1, COLOURS[1], "inhibition"))


def weights(source: Source, projection: str = "", *, ax: Axes | None = None) -> Axes:
    """The weight of every pair of neurons, senders in rows: blue above zero, orange below.

    Pairs without a synapse are empty. The full shade is the largest |weight|, which the title says.

    Args:
        source: a simulator; or connections; or weights (pre, post).
        projection: of a simulator, ``"input->hidden"``.
        ax: where they are drawn; by default on new axes.

    Raises:
        DataError: for a projection that is not there.
        ConfigurationError: where matplotlib is not installed.
    """
    found = connections(source, projection)
    ax = axes_for(ax)
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    image = np.full(found.sizes, np.nan)
    image[found.pre, found.post] = found.weight
    largest = float(np.abs(found.weight).max(initial=0.0))
    stops = [(0.0, 1, 1.0), (0.5, 1, 0.0), (0.5, 0, 0.0), (1.0, 0, 1.0)]
    ends = [(at, to_rgba(COLOURS[colour], alpha)) for at, colour, alpha in stops]
    shades = LinearSegmentedColormap.from_list("", ends)
    ax.grid(False)
    ax.imshow(
        image, cmap=shades, vmin=-(largest or 1.0), vmax=largest or 1.0, aspect="auto",
        origin="lower", interpolation="nearest",
    )  # fmt: skip
    pre, post = _ends(found)
    ax.set(xlabel=post, ylabel=pre, title=f"weights, largest {largest:.3g}")
    for axis in ("x", "y"):
        ax.locator_params(axis=axis, nbins=5, integer=True)
    return ax


def delays(source: Source, projection: str = "", *, ax: Axes | None = None) -> Axes:
    """Σ |w| over the synapses of each delay, by sign.

    Args:
        source: a simulator; or connections with delays.
        projection: of a simulator, ``"input->hidden"``.
        ax: where they are drawn; by default on new axes.

    Raises:
        UnsupportedError: for a projection without delays.
        ConfigurationError: where matplotlib is not installed.
    """
    found = _delayed(source, projection)
    ax = axes_for(ax)
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
    return ax


def signs(source: Source, projection: str = "", *, ax: Axes | None = None) -> Axes:
    """The mean weight onto a receiver by sender and delay; blue excites, orange inhibits.

    Arguments and errors are those of :func:`delays`.
    """
    found = _delayed(source, projection)
    mean, rows, columns = sign_map(found)
    ax = axes_for(ax)
    signed_image(ax, columns, rows, mean, float(np.abs(mean).max()))
    ax.set(xlabel="delay [ms]", ylabel=_ends(found)[0])
    return ax


def sign_map(found: Connections) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean weight onto a receiver, (rows, columns), with the edges of senders and delays."""
    rows = np.linspace(0, found.sizes[0], min(_ROWS, found.sizes[0]) + 1)
    columns = np.linspace(found.delay.min(), found.delay.max(), _COLUMNS + 1)
    total, _, _ = np.histogram2d(
        found.pre + 0.5, found.delay, (rows, columns), weights=found.weight
    )
    return total / found.sizes[1], rows, columns


def positions(source: Source, projection: str = "", *, ax: Axes | None = None) -> Axes:
    """Senders and receivers in the first two dimensions of their space, and 300 strong synapses.

    The stronger a synapse, the darker; blue excites, orange inhibits.

    Args:
        source: a simulator; or connections with positions.
        projection: of a simulator, ``"hidden->hidden"``.
        ax: where they are drawn; by default on new axes.

    Raises:
        UnsupportedError: for neurons without positions in a plane.
        ConfigurationError: where matplotlib is not installed.
    """
    found = connections(source, projection)
    if found.places is None or found.places[0].shape[1] < 2:
        raise UnsupportedError(
            f"the neurons of {found.name} have no positions in a plane",
            remedy="population(…, position=gp.learn(…), dims=2) for both",
        )
    ax = axes_for(ax)
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

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
    return ax


def _delayed(source: Source, projection: str) -> Connections:
    found = connections(source, projection)
    if not found.delay.size:
        raise UnsupportedError(
            f"{found.name} has no delays to draw",
            remedy="connect(…, delay=…), or gp.analysis.connections(weights, delay=…)",
        )
    return found


def _ends(found: Connections) -> tuple[str, str]:
    """What the neurons of both ends are called."""
    pre, arrow, post = found.name.partition("->")
    return (f"neuron of {pre}", f"neuron of {post}") if arrow else ("sender", "receiver")
