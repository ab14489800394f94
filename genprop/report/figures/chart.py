"""A chart as plain data: axes and marks, without a word on how it is drawn.

Colours are indices into the renderer's colour-blind safe palette; :data:`MUTED` is its grey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["MUTED", "Axis", "Bars", "Chart", "Dots", "Figure", "Heat", "Line", "Panel", "Rule"]

MUTED = -1


@dataclass(frozen=True, slots=True)
class Axis:
    """``label`` with its unit, and what the axis spans; ``whole`` puts ticks at integers only.

    ``names`` stand for the ticks 0, 1, … where the axis lists things.
    """

    label: str
    low: float
    high: float
    whole: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A curve through (x, y), both (n,), broken where y is NaN; no entry in the legend if unnamed.

    ``points`` marks each value.
    """

    x: np.ndarray
    y: np.ndarray
    name: str = ""
    colour: int = 0
    dashed: bool = False
    points: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """Events at (x, y), both (n,)."""

    x: np.ndarray
    y: np.ndarray
    colour: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """A histogram: ``heights`` (n,) between ``edges`` (n + 1,); an outline where not ``filled``."""

    edges: np.ndarray
    heights: np.ndarray
    name: str = ""
    colour: int = 0
    filled: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """``counts`` (rows, columns), shown by their ``shade``, with the numbers if ``numbers``."""

    counts: np.ndarray
    numbers: bool = True

    @property
    def shade(self) -> np.ndarray:
        """√(counts / sum of their row), in [0, 1]: small shares are seen; 0 for an empty row."""
        total = self.counts.sum(axis=1, keepdims=True)
        return np.sqrt(self.counts / np.maximum(total, 1))


@dataclass(frozen=True, slots=True)
class Rule:
    """A vertical line at ``x``, named in the legend."""

    x: float
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One pair of axes. ``height`` is relative to a usual chart; ``says`` tells it in words."""

    x: Axis
    y: Axis
    says: str
    lines: tuple[Line, ...] = ()
    dots: tuple[Dots, ...] = ()
    bars: tuple[Bars, ...] = ()
    rules: tuple[Rule, ...] = ()
    heat: Heat | None = None
    height: float = 1.0

    def legend(self) -> list[tuple[str, int, bool, bool]]:
        """The named marks: name, colour, whether dashed, whether an area."""
        found = [(b.name, b.colour, False, b.filled) for b in self.bars]
        found += [(m.name, m.colour, m.dashed, False) for m in self.lines]
        found += [(r.name, MUTED, True, False) for r in self.rules]
        return [entry for entry in found if entry[0]]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Charts below each other under one ``title``; those of a raster share their x axis."""

    title: str
    charts: tuple[Chart, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """Panels that belong together. ``key`` names its file and its place on the page."""

    key: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
