"""A figure before it is drawn: what it says, and the functions that draw its charts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Chart", "Figure", "Panel"]


@dataclass(frozen=True, slots=True)
class Chart:
    """One pair of axes, drawn by ``draw(ax)``.

    ``height`` is relative to a usual chart; ``says`` tells in words what is seen.
    """

    draw: Callable[[Axes], None]
    says: str
    height: float = 1.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Charts below each other under one ``title``; they have a common x axis."""

    title: str
    charts: tuple[Chart, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """Panels that belong together. ``key`` names its file and its place on the page."""

    key: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
