"""Axes to draw on, and what was drawn there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes() -> Axes:
    """Those of a new matplotlib figure."""
    figure = pytest.importorskip("matplotlib.figure", reason="matplotlib is in the extra 'plot'")
    found: Axes = figure.Figure().subplots()
    return found
