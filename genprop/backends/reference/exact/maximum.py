"""The highest value of a readout along a trajectory: inside a piece, at a kink, or at an end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.cells import ORDER
from genprop.backends.reference.exact.roots import sign_changes

if TYPE_CHECKING:
    from genprop.backends.reference.exact.trajectories import Event, Trajectory

__all__ = ["Point", "highest"]

_EXPONENTS = np.arange(ORDER + 1)


@dataclass(frozen=True, slots=True)
class Point:
    """The value of ``neuron`` at ``time`` counts ``strength`` = ∂L/∂y.

    At an ``event`` it is the value just ``before`` (or after) it, and ``slope`` its time derivative
    there: it moves by slope·δt with the event, so the event's ∂L/∂t gains strength·slope.
    """

    time: float
    neuron: int
    strength: float
    event: Event | None = None
    before: bool = True
    slope: float = 0.0

    def pulled(self, strength: float) -> Point:
        """The same place with another strength."""
        return replace(self, strength=strength)


def highest(
    trajectory: Trajectory, neuron: int, direction: np.ndarray, offset: float, duration: float
) -> tuple[float, Point]:
    """The largest direction·x + offset over [0, ``duration``], and the first place where it is."""
    starts = np.array(trajectory.starts)
    lengths = np.append(starts[1:], duration) - starts
    values = np.array(trajectory.pieces) @ direction
    values[:, 0] += offset
    terms = values * lengths[:, None] ** _EXPONENTS
    best, place = float(values[0, 0]), Point(0.0, neuron, 1.0)
    for k, piece in enumerate(values):
        event = trajectory.opened[k]
        if piece[0] > best:
            time, slope = float(starts[k]), float(piece[1])
            best, place = float(piece[0]), Point(time, neuron, 1.0, event, False, slope)
        if terms[k, 0] + np.maximum(terms[k, 1:], 0).sum() <= best:
            continue
        for s in sign_changes(piece[1:] * _EXPONENTS[1:], float(lengths[k])):
            height = float(s**_EXPONENTS @ piece)
            if height > best and s < lengths[k]:
                best, place = height, Point(float(starts[k]) + s, neuron, 1.0)
        end = float(terms[k].sum())
        if end > best:
            following = trajectory.opened[k + 1] if k + 1 < len(values) else None
            rates = piece[1:] * _EXPONENTS[1:] * lengths[k] ** _EXPONENTS[:-1]
            time = float(starts[k] + lengths[k])
            best, place = end, Point(time, neuron, 1.0, following, True, float(rates.sum()))
    return best, place
