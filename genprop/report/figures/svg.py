"""Charts laid out in pixels, as plain data for the template that writes them as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.report.figures.chart import MUTED
from genprop.report.figures.scales import Scale, ticks

if TYPE_CHECKING:
    from genprop.report.figures.chart import Bars, Chart, Dots, Heat, Line

__all__ = ["lay_out"]

Plain = dict[str, object]

WIDTH, HEIGHT = 400.0, 190.0
_LETTER = 6.2  # mean width of a letter at the charts' 11 px
_LEFT, _RIGHT, _ABOVE, _BELOW, _ROW = 54.0, 16.0, 8.0, 38.0, 17.0
_MOST_POINTS = 600
_MOST_NAMES = 14  # of a size of letters that is easy to read


def lay_out(chart: Chart, *, labelled: bool = True) -> Plain:
    """Everything of a chart with its pixels, for ``templates/report/chart.html.j2``.

    Args:
        chart: what is drawn.
        labelled: whether the x axis carries its label and numbers.
    """
    left = _left(chart)
    legend, rows = _legend(chart, left)
    above = _ABOVE + rows * _ROW
    width = WIDTH - left - _RIGHT
    height = width if chart.heat is not None else HEIGHT * chart.height
    below = _BELOW if labelled else 6.0
    x = Scale(chart.x.low, chart.x.high, left, left + width)
    y = Scale(chart.y.low, chart.y.high, above + height, above)
    small = max(len(chart.x.names), len(chart.y.names)) > _MOST_NAMES
    aside = ticks(chart.x, int(width // ((15 if small else 22) if chart.x.names else 52)))
    up = ticks(chart.y, max(2, int(height // (8 if chart.y.names else 26))))
    bottom = above + height
    return {
        "css": "small" if small else "usual",
        "width": f"{WIDTH:g}",
        "height": f"{bottom + below:g}",
        "says": chart.says,
        "frame": {
            "x": f"{left:g}",
            "y": f"{above:g}",
            "width": f"{width:g}",
            "height": f"{height:g}",
        },
        "grid": []
        if chart.heat or chart.dots
        else [f"M{left:g} {y(v):g}h{width:g}" for v, _ in up],
        "x_ticks": [_text(x(v), bottom + 15, text) for v, text in aside] if labelled else [],
        "y_ticks": [_text(left - 6, y(v) + 4, text) for v, text in up],
        "x_label": _text(left + width / 2, bottom + 33, chart.x.label if labelled else ""),
        "y_label": _text(11, above + height / 2, chart.y.label),
        "paths": [
            *_bars(chart, x, y),
            *_rules(chart, x, y),
            *_lines(chart, x, y),
            *_dots(chart, x, y),
        ],
        "cells": [] if chart.heat is None else _cells(chart.heat, x, y),
        "legend": legend,
    }


def _left(chart: Chart) -> float:
    longest = max((len(name) for name in chart.y.names), default=0)
    return max(_LEFT, 26.0 + _LETTER * longest)


def _legend(chart: Chart, left: float) -> tuple[list[Plain], int]:
    """The entries with their places, and how many rows they take."""
    placed: list[Plain] = []
    x, row = left, 0
    for name, colour, dashed, filled in chart.legend():
        width = 30 + _LETTER * len(name)
        if x > left and x + width > WIDTH:
            x, row = left, row + 1
        style = _style("area" if filled else "line", colour, dashed)
        y = 12 + row * _ROW
        key = {"css": style, "d": f"M{x:g} {y - 4:g}h16"}
        placed.append({"key": key, "text": _text(x + 21, y, name)})
        x += width
    return placed, row + 1 if placed else 0


def _text(x: float, y: float, text: str) -> Plain:
    return {"x": f"{x:g}", "y": f"{y:g}", "text": text}


def _style(kind: str, colour: int, dashed: bool = False) -> str:
    tone = "muted" if colour == MUTED else f"c{colour % 4}"
    return f"{kind} {tone}{' dashed' if dashed else ''}"


def _bars(chart: Chart, x: Scale, y: Scale) -> list[Plain]:
    return [
        {
            "css": _style("area" if bars.filled else "line", bars.colour),
            "d": _outline(bars, x, y),
        }
        for bars in chart.bars
    ]


def _outline(bars: Bars, x: Scale, y: Scale) -> str:
    parts = [f"M{x(float(bars.edges[0])):g} {y(0):g}"]
    for k, height in enumerate(bars.heights):
        parts.append(f"V{y(float(height)):g}H{x(float(bars.edges[k + 1])):g}")
    return "".join([*parts, f"V{y(0):g}"])


def _rules(chart: Chart, x: Scale, y: Scale) -> list[Plain]:
    return [
        {"css": "line muted dashed", "d": f"M{x(r.x):g} {y.end:g}V{y.start:g}"} for r in chart.rules
    ]


def _lines(chart: Chart, x: Scale, y: Scale) -> list[Plain]:
    found: list[Plain] = []
    for line in chart.lines:
        found.append(
            {"css": _style("line", line.colour, line.dashed), "d": _curve(line, x, y)},
        )
        if line.points:
            rounds = "".join(
                f"M{x(float(a)) - 2:g} {y(float(b)):g}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0"
                for a, b in zip(line.x, line.y, strict=True)
                if np.isfinite(b)
            )
            found.append({"css": _style("dot", line.colour), "d": rounds})
    return found


def _curve(line: Line, x: Scale, y: Scale) -> str:
    parts: list[str] = []
    move = True
    for k in thinned(line.y):
        value = float(line.y[k])
        if not np.isfinite(value):
            move = True
            continue
        parts.append(f"{'M' if move else 'L'}{x(float(line.x[k])):g} {y(value):g}")
        move = False
    return "".join(parts)


def thinned(values: np.ndarray, most: int = _MOST_POINTS) -> np.ndarray:
    """Indices of at most ``most`` values that keep the lowest and the highest of every stretch."""
    if len(values) <= most:
        return np.arange(len(values))
    parts = np.array_split(np.arange(len(values)), most // 2)
    ends = [(p[np.argmin(values[p])], p[np.argmax(values[p])]) for p in parts]
    return np.unique(np.array(ends).ravel())


def _dots(chart: Chart, x: Scale, y: Scale) -> list[Plain]:
    """A stroke per event, as high as a row of the raster but never too small to see."""
    rows = chart.y.high - chart.y.low
    size = min(7.0, max(1.6, round(0.7 * abs(y.start - y.end) / rows, 1)))
    return [{"css": _style("mark", d.colour), "d": _strokes(d, x, y, size)} for d in chart.dots]


def _strokes(dots: Dots, x: Scale, y: Scale, size: float) -> str:
    places = {(x(float(a)), y(float(b))) for a, b in zip(dots.x, dots.y, strict=True)}
    return "".join(f"M{a:g} {b - size / 2:g}v{size:g}" for a, b in sorted(places))


def _cells(heat: Heat, x: Scale, y: Scale) -> list[Plain]:
    rows, columns = heat.counts.shape
    width = abs(x.end - x.start) / columns
    shade = heat.shade
    numbers = heat.numbers and columns <= 12
    return [
        {
            "x": f"{x(j) - width / 2:g}",
            "y": f"{y(i) - width / 2:g}",
            "size": f"{width:g}",
            "opacity": f"{shade[i, j]:.3f}",
            "css": "on" if shade[i, j] > 0.55 else "off",
            "count": _text(x(j), y(i) + 4, str(heat.counts[i, j]) if numbers else ""),
        }
        for i in range(rows)
        for j in range(columns)
        if numbers or heat.counts[i, j]
    ]
