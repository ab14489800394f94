"""A figure before it is drawn: what it says, and the functions that draw its charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Chart", "Figure", "Panel", "drawing", "square"]

_MOST_NAMES = 14
"""Names of rows that are written in a usual size."""


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


def drawing(plot: Callable[..., Axes], *given: object, **options: object) -> Callable[[Axes], None]:
    """``plot(*given, **options, ax=ax)`` as a function of the axes alone."""

    def draw(ax: Axes) -> None:
        plot(*given, **options, ax=ax)

    return draw


def square(names: Sequence[str]) -> float:
    """The height of a chart whose cells are square, beside the names of its rows."""
    return 1.8 - (0.018 if len(names) > _MOST_NAMES else 0.03) * max(map(len, names))
