"""Networks and trainings in a notebook, as SVG in the colours of the text around."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from genprop.errors import GenpropError
from genprop.plot.canvas import has_matplotlib
from genprop.plot.curves import learning_curves
from genprop.plot.diagram import diagram_size, network
from genprop.plot.style import legend
from genprop.plot.svg import IN_NOTEBOOKS, svg_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from genprop.describe.network import Network
    from genprop.runtime.simulator import Simulator
    from genprop.train.history import History

__all__ = ["curves_html", "network_html"]

_PIXELS = 96
"""Of an inch."""


def network_html(net: Network | Simulator) -> str:
    """The diagram above the text of a network.

    Without matplotlib, and for a network that cannot be yet, the text alone.
    """
    text = f"<code>{escape(repr(net))}</code>"
    if not has_matplotlib():
        return f"{text}<br>pip install 'genprop[plot]' draws it here"
    try:
        size = diagram_size(net)
        drawn = _svg(lambda made: _draw(made, net), size, f"diagram of {net!r}")
    except GenpropError as error:
        return f"{text}<br>{escape(error.what)}"
    return f"{drawn}{text}"


def curves_html(history: History) -> str:
    """Loss and accuracy over the epochs, side by side; empty without matplotlib or metrics."""
    known = {name.rsplit(".", 1)[-1] for name in history.metrics()}
    metrics = [name for name in ("loss", "accuracy") if name in known]
    if not has_matplotlib() or not metrics:
        return ""
    size = (3.4 * len(metrics), 2.4)
    return _svg(lambda made: _draw_curves(made, history, metrics), size, "learning curves")


def _draw_curves(made: Canvas, history: History, metrics: list[str]) -> None:
    axes = made.subplots(1, len(metrics), squeeze=False)[0]
    for ax, metric in zip(axes, metrics, strict=True):
        legend(learning_curves(history, metric, ax=ax))


def _svg(draw: Callable[[Canvas], None], size: tuple[float, float], says: str) -> str:
    drawn = svg_of(draw, size, says, says, IN_NOTEBOOKS)
    style = f"max-width: min({round(size[0] * _PIXELS)}px, 100%); background: none"
    return f'<div style="{style}">{drawn}</div>'


def _draw(made: Canvas, net: Network | Simulator) -> None:
    network(net, ax=made.subplots())
