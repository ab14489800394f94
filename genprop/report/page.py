"""What pages have in common: figures as plain data for their templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.plot.canvas import has_matplotlib
from genprop.report.figures.drawing import panel_svg

if TYPE_CHECKING:
    from genprop.report.figures.figure import Figure

__all__ = ["figure_view", "undrawn"]


def figure_view(figure: Figure) -> dict[str, object]:
    """A figure with its panels as SVG, for ``templates/report/figure.html.j2``.

    Without matplotlib its panels have their titles and notes alone, see :func:`undrawn`.
    """
    panels = [
        {
            "title": panel.title,
            "note": panel.note,
            "svg": panel_svg(panel, f"{figure.key} {k}") if has_matplotlib() else "",
        }
        for k, panel in enumerate(figure.panels)
    ]
    return {
        "key": figure.key,
        "title": figure.title,
        "caption": figure.caption,
        "panels": panels,
    }


def undrawn() -> list[str]:
    """What a page without charts has to say."""
    if has_matplotlib():
        return []
    return ["The charts are left out: pip install 'genprop[plot]' and write the page again."]
