"""What pages have in common: figures as plain data for their templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.report.figures.svg import lay_out

if TYPE_CHECKING:
    from genprop.report.figures.chart import Figure, Panel

__all__ = ["figure_view"]


def figure_view(figure: Figure) -> dict[str, object]:
    """A figure laid out in pixels, for ``templates/report/figure.html.j2``."""
    return {
        "key": figure.key,
        "title": figure.title,
        "caption": figure.caption,
        "panels": [_panel(panel) for panel in figure.panels],
    }


def _panel(panel: Panel) -> dict[str, object]:
    last = len(panel.charts) - 1
    charts = [lay_out(chart, labelled=k == last) for k, chart in enumerate(panel.charts)]
    return {"title": panel.title, "note": panel.note, "charts": charts}
