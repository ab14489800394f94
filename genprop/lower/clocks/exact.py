"""The exact clock: everything happens at its own real time, and a gradient is that of the loss.

Spikes, arrivals and releases are real numbers, and nothing is rounded: linear flows superpose, so
the state at t_{n+1} is the propagated state at t_n and what the events of the step did to it. The
step dt says how often states are recorded, and over which stretches a loss over time takes its
means; what it costs hardly depends on it, since long steps are divided into parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from genprop.errors import InternalError
from genprop.lower.clocks.base import integer_steps
from genprop.lower.delivery import delivery_by_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.lower.delivery import Delivery
    from genprop.lower.nodes import Expr

__all__ = ["LONGEST_PART", "ExactClock", "clock"]

LONGEST_PART = 1.0
"""Machines go through a step in parts of at most this [ms]: short enough that a neuron hears few
spikes in one, all of which are looked at where it spikes; long enough that parts are few."""


@dataclass(frozen=True, slots=True)
class ExactClock:
    """Steps of ``dt`` [ms]; ``steps`` of them make a trial. See :class:`Clock`."""

    dt: float
    steps: int

    @classmethod
    def of(cls, dt: float, duration: float) -> ExactClock:
        """The clock of a trial of ``duration`` [ms].

        Raises:
            DescriptionError: when dt is not positive or the duration is no integer number of steps.
        """
        return cls(float(dt), integer_steps(dt, duration))

    @property
    def name(self) -> str:
        """``"exact"``."""
        return "exact"

    @property
    def rounds(self) -> bool:
        """Nothing is moved to a step."""
        return False

    @property
    def duration(self) -> float:
        """T [ms]."""
        return self.steps * self.dt

    @property
    def parts(self) -> int:
        """How many parts a machine may divide each step into; results do not depend on it."""
        return max(1, math.ceil(self.dt / LONGEST_PART - 1e-9))

    @property
    def divided(self) -> ExactClock:
        """The clock of which each part is a step."""
        return ExactClock(self.dt / self.parts, self.steps * self.parts)

    @property
    def grid(self) -> NoReturn:
        """There is none.

        Raises:
            InternalError: always; who runs networks in steps refuses this clock beforehand.
        """
        raise InternalError("the exact clock moves no event to a step")

    def delivery(self, factors: Mapping[str, Expr], weight: Expr, time: Expr) -> Delivery:
        """Weights, each delivered at the time of its arrival."""
        return delivery_by_step(factors, weight, time)

    def longest_delay(self, maximum: float) -> int:
        """ceil(maximum/dt): a spike of step n arrives in one of the steps n … n + that."""
        return math.ceil(maximum / self.dt - 1e-9)

    def split(
        self, times: np.ndarray, dtype: np.dtype[np.floating]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Times [ms] as full steps, int32, and the part of a step that is left, of ``dtype``.

        The part is from 0 to below 1, also where rounding to ``dtype`` would make it 1.
        """
        steps = np.asarray(times, np.float64) / self.dt
        full = np.floor(steps)
        part = (steps - full).astype(dtype)
        over = part >= 1
        return (
            np.ascontiguousarray(full + over, np.int32),
            np.ascontiguousarray(np.where(over, 0, part), dtype),
        )

    def instant(self, n: int | np.ndarray) -> np.ndarray:
        """The instant n·dt."""
        return np.asarray(n * self.dt)

    def nearest(self, time: float) -> int:
        """round(time/dt)."""
        return round(time / self.dt)

    def spike_train(self, recorded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From (k, 2) float64 of [time, neuron]."""
        times, neurons = np.asarray(recorded, np.float64).reshape(-1, 2).T
        return times, neurons.astype(np.int64)


def clock(dt: float, duration: float) -> ExactClock:
    """What :func:`~genprop.lower.clocks.make_clock` calls."""
    return ExactClock.of(dt, duration)
