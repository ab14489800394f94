"""Figures drawn by matplotlib: as SVG in the colours of a page, as files for papers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genprop._writing import writing
from genprop.plot.canvas import require_matplotlib
from genprop.plot.style import legend
from genprop.plot.svg import COMMON, ON_PAGES, fixed_layout, svg_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.figure import FigureBase

    from genprop.report.figures.figure import Figure, Panel

__all__ = ["draw_figures", "panel_svg"]

_IN_PAPERS: dict[Any, object] = {
    **COMMON,
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
_PIXELS = 400.0
_COLUMN = 3.4  # inches: a column of most journals


def panel_svg(panel: Panel, name: str) -> str:
    """A panel as SVG for a page, in its colours and its letters; the same text each time.

    Args:
        panel: what is drawn.
        name: differs between the panels of a page, so that their parts keep apart.
    """
    size = (_PIXELS / 72, _height(panel, 190.0, 50.0) / 72)
    says = ". ".join(chart.says for chart in panel.charts)
    return svg_of(lambda made: _draw(panel, made), size, says, name, ON_PAGES)


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
    fixed_layout(made)
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
