"""Figures as SVG: for pages in the colours that these define, for notebooks in the text's."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from genprop.plot.style import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

__all__ = ["COMMON", "IN_NOTEBOOKS", "ON_PAGES", "fixed_layout", "svg_of"]

COMMON: dict[str, object] = {
    "axes.formatter.limits": (-4, 5),
    "axes.xmargin": 0.0,
    "legend.frameon": False,
    "legend.handlelength": 1.5,
    "legend.borderpad": 0.0,
    "svg.fonttype": "none",
}
_SETTINGS: dict[Any, object] = {
    **COMMON,
    "text.color": "#1b1f24",
    "axes.edgecolor": "#d5dae0",
    "axes.labelcolor": "#1b1f24",
    "grid.color": "#e9ecef",
    "legend.labelcolor": "#57606a",
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
    "font.size": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "xtick.major.size": 0,
    "xtick.major.pad": 5,
    "ytick.major.size": 0,
    "ytick.major.pad": 6,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "legend.fontsize": 11,
    "lines.linewidth": 1.6,
    "lines.markersize": 6,
    "savefig.transparent": True,
}
ON_PAGES: Mapping[str, str] = {
    **{colour: f"var(--c{k})" for k, colour in enumerate(COLOURS)},
    GREY: "var(--muted)",
    "#ffffff": "var(--page)",
    "#1b1f24": "var(--ink)",
    "#57606a": "var(--soft)",
    "#d5dae0": "var(--rule)",
    "#e9ecef": "var(--grid)",
}
"""The colours of a chart as what ``templates/report/style.css.j2`` calls them, by day and night."""
IN_NOTEBOOKS: Mapping[str, str] = {"#1b1f24": "currentColor", "#57606a": "currentColor"}
"""Those that follow the colour of the text around, in themes that define no others."""


def svg_of(
    draw: Callable[[Canvas], None],
    size: tuple[float, float],
    says: str,
    salt: str,
    colours: Mapping[str, str],
) -> str:
    """What ``draw`` makes of a figure as SVG with its own letters; the same text each time.

    Args:
        draw: draws on the figure that it is given.
        size: of the figure [inches].
        says: what is seen, in words.
        salt: differs between the drawings of a page, so that their parts keep apart.
        colours: what stands for some of the colours, such as :data:`ON_PAGES`.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    file = io.StringIO()
    with rc_context({**_SETTINGS, "svg.hashsalt": salt}):
        made = Canvas(figsize=size, layout="constrained")
        draw(made)
        fixed_layout(made)
        made.savefig(file, format="svg")
    return _bare(file.getvalue(), says, colours)


def fixed_layout(made: Canvas) -> None:
    """Gives everything its place, rounded: matplotlib's solver leaves the last bits to chance."""
    made.draw_without_rendering()
    made.set_layout_engine("none")
    for place in made.subfigs:
        place.bbox_relative.set_points(np.round(place.bbox_relative.get_points(), 5))
    for ax in made.axes:
        left, bottom, width, height = np.round(ax.get_position(original=True).bounds, 5)
        ax.set_position((left, bottom, width, height))


def _bare(text: str, says: str, colours: Mapping[str, str]) -> str:
    """Matplotlib's SVG as a part of a page: nothing but the drawing, in the page's own style."""
    view = re.search(r'viewBox="[^"]*"', text)
    assert view is not None
    body = text[text.index("</metadata>") + len("</metadata>") :]
    body = re.sub(r"<style.*?</style>|<defs>\s*</defs>|\s*\n\s*| font-family: [^;]*;", "", body)
    body = re.sub(r'<g id="[^"]*"/>', "", re.sub(r'<g id="[^"]*">', "<g>", body))
    body = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", body)
    body = re.sub(r"#[0-9a-f]{6}", lambda found: colours.get(found[0], found[0]), body)
    return f'<svg {view[0]} role="img" aria-label="{escape(says)}">{body}'
