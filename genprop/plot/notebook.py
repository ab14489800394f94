"""Networks in a notebook: their diagram as SVG, in the colours of the text around."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from genprop.errors import GenpropError
from genprop.plot.canvas import has_matplotlib
from genprop.plot.diagram import diagram_size, network
from genprop.plot.svg import IN_NOTEBOOKS, svg_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from genprop.describe.network import Network
    from genprop.runtime.simulator import Simulator

__all__ = ["network_html"]

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
        drawn = svg_of(
            lambda made: _draw(made, net),
            size,
            f"diagram of {net!r}",
            "network",
            IN_NOTEBOOKS,
        )
    except GenpropError as error:
        return f"{text}<br>{escape(error.what)}"
    width = round(size[0] * _PIXELS)
    style = f"max-width: min({width}px, 100%); background: none"
    return f'<div style="{style}">{drawn}</div>{text}'


def _draw(made: Canvas, net: Network | Simulator) -> None:
    network(net, ax=made.subplots())
