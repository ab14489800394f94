"""Figures drawn by matplotlib: as SVG in the colours of a page, as files for papers."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genprop._writing import writing
from genprop.errors import ConfigurationError
from genprop.report.figures.plots import COLOURS, GREY, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.figure import FigureBase

    from genprop.report.figures.figure import Figure, Panel

__all__ = ["draw_figures", "has_matplotlib", "panel_svg", "require_matplotlib"]

_COMMON: dict[str, object] = {
    "axes.formatter.limits": (-4, 5),
    "axes.xmargin": 0.0,
    "legend.frameon": False,
    "legend.handlelength": 1.5,
    "legend.borderpad": 0.0,
    "svg.fonttype": "none",
}
_ON_PAGES: dict[Any, object] = {
    **_COMMON,
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
_IN_PAPERS: dict[Any, object] = {
    **_COMMON,
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": 7,
    "lines.linewidth": 1.0,
    "lines.markersize": 4,
    "pdf.fonttype": 42,
    "svg.hashsalt": "genprop",
}
_VARIABLES = {colour: f"c{k}" for k, colour in enumerate(COLOURS)} | {
    GREY: "muted",
    "#ffffff": "page",
    "#1b1f24": "ink",
    "#57606a": "soft",
    "#d5dae0": "rule",
    "#e9ecef": "grid",
}
"""The colours of a chart as what ``templates/report/style.css.j2`` calls them, by day and night."""
_PIXELS = 400.0
_COLUMN = 3.4  # inches: a column of most journals


def panel_svg(panel: Panel, name: str) -> str:
    """A panel as SVG for a page, in its colours and its letters; the same text each time.

    Args:
        panel: what is drawn.
        name: differs between the panels of a page, so that their parts keep apart.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    size = (_PIXELS / 72, _height(panel, 190.0, 50.0) / 72)
    file = io.StringIO()
    with rc_context({**_ON_PAGES, "svg.hashsalt": name}):
        made = Canvas(figsize=size, layout="constrained")
        _draw(panel, made)
        _lay_out(made)
        made.savefig(file, format="svg")
    return _for_pages(file.getvalue(), ". ".join(chart.says for chart in panel.charts))


def draw_figures(
    drawn: Sequence[Figure], folder: str | Path, formats: Sequence[str] = ("svg", "pdf")
) -> list[Path]:
    """Write figures into ``folder`` as ``<key>.<format>``; gives the paths.

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib import rc_context

    folder = Path(folder).expanduser()
    paths: list[Path] = []
    with rc_context(_IN_PAPERS), writing(folder, "the figures"):
        folder.mkdir(parents=True, exist_ok=True)
        for figure in drawn:
            made = _side_by_side(figure)
            for kind in formats:
                path = folder / f"{figure.key}.{kind}"
                undated = {"Date": None} if kind == "svg" else {"CreationDate": None}
                made.savefig(path, metadata=undated)
                paths.append(path)
    return paths


def has_matplotlib() -> bool:
    """Whether it is installed."""
    return find_spec("matplotlib") is not None


def require_matplotlib() -> None:
    """Nothing where matplotlib is installed.

    Raises:
        ConfigurationError: where it is not.
    """
    if not has_matplotlib():
        raise ConfigurationError(
            "matplotlib, which draws the figures, is not installed",
            remedy="pip install 'genprop[plot]'",
        )


def _side_by_side(figure: Figure) -> Canvas:
    """Panels side by side, at most three in a row."""
    from matplotlib.figure import Figure as Canvas

    columns = min(len(figure.panels), 3 if len(figure.panels) != 4 else 2)
    bands = [figure.panels[k : k + columns] for k in range(0, len(figure.panels), columns)]
    heights = [max(_height(panel, 2.0, 0.3) for panel in band) for band in bands]
    made = Canvas(figsize=(_COLUMN * columns, sum(heights)), layout="constrained")
    places = made.subfigures(len(bands), columns, height_ratios=heights, squeeze=False)
    for row, band in zip(places, bands, strict=True):
        for place, panel in zip(row, band, strict=False):
            place.suptitle(panel.title, fontsize=9)
            _draw(panel, place)
    _lay_out(made)
    return made


def _height(panel: Panel, usual: float, frame: float) -> float:
    return frame + usual * sum(chart.height for chart in panel.charts)


def _draw(panel: Panel, place: FigureBase) -> None:
    ratios = [chart.height for chart in panel.charts]
    axes = place.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)
    for ax, chart in zip(axes[:, 0], panel.charts, strict=True):
        chart.draw(ax)
        legend(ax)
        ax.label_outer()


def _lay_out(made: Canvas) -> None:
    """Gives everything its place, rounded: matplotlib's solver leaves the last bits to chance."""
    made.draw_without_rendering()
    made.set_layout_engine("none")
    for place in made.subfigs:
        place.bbox_relative.set_points(np.round(place.bbox_relative.get_points(), 5))
    for ax in made.axes:
        left, bottom, width, height = np.round(ax.get_position(original=True).bounds, 5)
        ax.set_position((left, bottom, width, height))


def _for_pages(text: str, says: str) -> str:
    """Matplotlib's SVG as a part of a page: nothing but the drawing, in the page's own style."""
    view = re.search(r'viewBox="[^"]*"', text)
    assert view is not None
    body = text[text.index("</metadata>") + len("</metadata>") :]
    body = re.sub(r"<style.*?</style>|<defs>\s*</defs>|\s*\n\s*| font-family: [^;]*;", "", body)
    body = re.sub(r'<g id="[^"]*"/>', "", re.sub(r'<g id="[^"]*">', "<g>", body))
    body = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", body)
    body = re.sub(r"#[0-9a-f]{6}", lambda found: _variable(found[0]), body)
    return f'<svg {view[0]} role="img" aria-label="{escape(says)}">{body}'


def _variable(colour: str) -> str:
    return f"var(--{_VARIABLES[colour]})" if colour in _VARIABLES else colour
