"""The figures as SVG and PDF for papers: the door to matplotlib."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genprop.errors import ConfigurationError
from genprop.report.figures.chart import MUTED
from genprop.report.figures.charts import figures
from genprop.report.figures.portrait import portray
from genprop.report.figures.scales import ticks

if TYPE_CHECKING:
    from genprop.report.figures.chart import Axis, Chart, Figure, Panel

__all__ = ["draw_figures", "draw_run"]

_PALETTE = ("#0072B2", "#D55E00", "#00805C", "#B0589A")
_GREY = "#8A929B"
_WIDTH, _HEIGHT = 3.4, 2.0  # of one chart, in inches: a column of most journals
_MOST_NAMES = 14  # of a usual size of letters
_ALONE = {
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "genprop",
}


def draw_run(
    run: str | Path,
    folder: str | Path,
    formats: Sequence[str] = ("svg", "pdf"),
    split: str = "",
    samples: Sequence[int] = (),
    overrides: Sequence[str] = (),
) -> list[Path]:
    """Write every figure of a run into ``folder``, one file per figure and format.

    Args:
        run: the run folder; see :func:`~genprop.report.figures.portrait.portray` for the rest.
        folder: is made where it is missing.
        formats: ``"svg"``, ``"pdf"``.
        split: which samples are run again.
        samples: which of them are drawn.
        overrides: changes to the run's settings.

    Raises:
        ConfigurationError: where matplotlib is not installed, and all that ``portray`` raises.
    """
    _library()
    return draw_figures(figures(portray(run, split, samples, overrides)), folder, formats)


def draw_figures(
    drawn: Sequence[Figure], folder: str | Path, formats: Sequence[str] = ("svg", "pdf")
) -> list[Path]:
    """Write figures into ``folder`` as ``<key>.<format>``; gives the paths.

    Raises:
        ConfigurationError: where matplotlib is not installed.
    """
    library = _library()
    folder = Path(folder).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    with library.rc_context(_ALONE):
        for figure in drawn:
            sheet = _sheet(figure)
            for kind in formats:
                path = folder / f"{figure.key}.{kind}"
                undated = {"Date": None} if kind == "svg" else {"CreationDate": None}
                sheet.savefig(path, metadata=undated)
                paths.append(path)
    return paths


def _library() -> Any:
    try:
        return importlib.import_module("matplotlib")
    except ImportError:
        raise ConfigurationError(
            "matplotlib, which draws the figures, is not installed",
            remedy="pip install 'genprop[plot]'; `genprop report` needs no matplotlib",
        ) from None


def _sheet(figure: Figure) -> Any:
    """One matplotlib figure: panels side by side, at most three in a row."""
    columns = min(len(figure.panels), 3 if len(figure.panels) != 4 else 2)
    bands = [figure.panels[k : k + columns] for k in range(0, len(figure.panels), columns)]
    heights = [max(_height(panel) for panel in band) for band in bands]
    made = importlib.import_module("matplotlib.figure").Figure(
        figsize=(_WIDTH * columns, sum(heights)), layout="constrained"
    )
    parts = np.atleast_2d(
        made.subfigures(len(bands), columns, height_ratios=heights, squeeze=False)
    )
    for row, band in zip(parts, bands, strict=True):
        for place, panel in zip(row, band, strict=False):
            _draw_panel(place, panel)
    return made


def _height(panel: Panel) -> float:
    return 0.3 + sum(
        _WIDTH if chart.heat is not None else _HEIGHT * chart.height for chart in panel.charts
    )


def _draw_panel(place: Any, panel: Panel) -> None:
    place.suptitle(panel.title, fontsize=9)
    ratios = [chart.height for chart in panel.charts]
    axes = place.subplots(
        len(panel.charts), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratios}
    )[:, 0]
    for ax, chart in zip(axes, panel.charts, strict=True):
        _draw_chart(ax, chart)
    axes[-1].set_xlabel(panel.charts[-1].x.label)


def _draw_chart(ax: Any, chart: Chart) -> None:
    if chart.heat is not None:
        _draw_heat(ax, chart)
    for bars in chart.bars:
        style = {"alpha": 0.45} if bars.filled else {}
        colour = _colour(bars.colour)
        ax.stairs(
            bars.heights, bars.edges, fill=bars.filled, color=colour, label=bars.name, **style
        )
    for rule in chart.rules:
        ax.axvline(rule.x, color=_GREY, linestyle="--", linewidth=0.8, label=rule.name)
    for line in chart.lines:
        style = {"linestyle": "--" if line.dashed else "-", "marker": "." if line.points else ""}
        ax.plot(line.x, line.y, color=_colour(line.colour), markersize=4, label=line.name, **style)
    for dots in chart.dots:
        size = min(5.0, max(0.8, 0.6 * 72 * _HEIGHT * chart.height / chart.y.high))
        style = {"markersize": size, "markeredgewidth": 0.6, "color": _colour(dots.colour)}
        ax.plot(dots.x, dots.y, "|", **style)
    _scale(ax.xaxis, ax.set_xlim, chart.x, 7, 18)
    _scale(ax.yaxis, ax.set_ylim, chart.y, 6, 40)
    ax.set_ylabel(chart.y.label)
    if named := list(_named(ax)):
        above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
        ax.legend(*zip(*named, strict=True), fontsize=7, ncols=3, handlelength=1.5, **above)


def _draw_heat(ax: Any, chart: Chart) -> None:
    heat = chart.heat
    assert heat is not None
    ax.imshow(heat.shade, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    if heat.numbers and heat.counts.shape[1] <= 12:
        for (i, j), count in np.ndenumerate(heat.counts):
            tone = "white" if heat.shade[i, j] > 0.6 else "black"
            ax.text(j, i, str(count), ha="center", va="center", color=tone, fontsize=7)


def _scale(axis: Any, limit: Any, asked: Axis, most: int, most_names: int) -> None:
    """The axis from low to high, with the ticks of the page."""
    limit(asked.low, asked.high)
    places = ticks(asked, most_names if asked.names else most)
    size = {"fontsize": 5} if len(asked.names) > _MOST_NAMES else {}
    axis.set_ticks([at for at, _ in places], [text for _, text in places], **size)


def _named(ax: Any) -> Iterator[tuple[Any, str]]:
    """What the legend lists: everything drawn that has a name."""
    for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
        if name and not name.startswith("_"):
            yield handle, name


def _colour(index: int) -> str:
    return _GREY if index == MUTED else _PALETTE[index % len(_PALETTE)]
