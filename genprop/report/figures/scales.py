"""Where the ticks of an axis stand and what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.report.figures.chart import Axis

__all__ = ["Scale", "span", "ticks"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Values in [low, high] on pixels in [start, end]; ``start`` may be the larger."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value, to a tenth."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.end - self.start), 1)


def span(*arrays: np.ndarray, floor: float | None = None) -> tuple[float, float]:
    """The least and the largest finite value, 4 % wider; (0, 1) where there are none.

    Args:
        arrays: the values.
        floor: taken as the lower end, where no value is below it.
    """
    flat = np.concatenate([np.ravel(a).astype(np.float64) for a in arrays] or [np.zeros(0)])
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return 0.0, 1.0
    low, high = float(flat.min()), float(flat.max())
    if floor is not None and floor <= low:
        return floor, (high + 0.04 * (high - floor)) if high > floor else floor + 1.0
    margin = 0.04 * (high - low) or abs(high) * 0.1 or 0.5
    return low - margin, high + margin


def ticks(axis: Axis, most: int) -> list[tuple[float, str]]:
    """At most ``most`` round values of the axis, each with its text; names where it has some."""
    if axis.names:
        every = math.ceil(len(axis.names) / most)
        return [(float(k), name) for k, name in enumerate(axis.names) if k % every == 0]
    step = _step((axis.high - axis.low) / (most + 1))
    if axis.whole:
        step = max(1.0, step)
    first, last = _within(axis, step)
    while last - first >= most:
        step = _step(1.01 * step)
        first, last = _within(axis, step)
    unit, mark = _thousands(max(abs(axis.low), abs(axis.high)), step)
    return [(k * step, _text(k * step / unit, step / unit, mark)) for k in range(first, last + 1)]


def _within(axis: Axis, step: float) -> tuple[int, int]:
    """The first and the last multiple of ``step`` on the axis."""
    return math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)


def _step(least: float) -> float:
    """The least of 1, 2, 5 × 10ⁿ that is not below ``least``."""
    if not (least > 0 and math.isfinite(least)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(f * power for f in (1, 2, 5, 10) if f * power >= least * (1 - 1e-9))


def _thousands(largest: float, step: float) -> tuple[float, str]:
    """What large numbers are counted in, as far as the step is a round number of it."""
    for unit, mark in ((1e6, "M"), (1e3, "k")):
        if largest >= 10 * unit or (largest >= unit > 1e3 and step >= unit / 10):
            return unit, mark
    return 1.0, ""


def _text(value: float, step: float, mark: str) -> str:
    if value == 0:
        return "0"
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    said = f"{value:.{digits}f}" if digits <= 4 else f"{value:.3g}"
    return f"{said}{mark}".replace("-", "−")
