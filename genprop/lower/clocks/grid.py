"""The time grid: everything happens on steps.

State lives on t_n = n·dt. A spike of step n happens at t_{n+1}; with a delay of d steps it is
delivered at the start of step n + 1 + d. An input event at time t falls in step floor(t/dt).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.data.steps import steps_of
from genprop.lower.clocks.base import integer_steps
from genprop.lower.delivery import delivery_by_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.data.steps import StepEvents
    from genprop.lower.clocks.base import Spikes
    from genprop.lower.delivery import Delivery
    from genprop.lower.nodes import Expr

__all__ = ["TimeGrid", "clock"]


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Steps of ``dt`` [ms]; ``steps`` of them make a trial. See :class:`StepClock`."""

    dt: float
    steps: int

    @classmethod
    def of(cls, dt: float, duration: float) -> TimeGrid:
        """The grid of a trial of ``duration`` [ms].

        Raises:
            DescriptionError: when dt is not positive or the duration is no integer number of steps.
        """
        return cls(float(dt), integer_steps(dt, duration))

    @property
    def name(self) -> str:
        """``"grid"``."""
        return "grid"

    @property
    def rounds(self) -> bool:
        """Everything happens on steps."""
        return True

    @property
    def grid(self) -> TimeGrid:
        """Itself."""
        return self

    @property
    def latency(self) -> int:
        """One: a spike is noticed at the end of its step, and delivery begins the next."""
        return 1

    @property
    def duration(self) -> float:
        """T [ms]."""
        return self.steps * self.dt

    def events(self, spikes: Spikes, coincident: str) -> StepEvents:
        """Step floor(t/dt) of each event, see :func:`~genprop.data.steps.steps_of`."""
        return steps_of(
            spikes.start,
            spikes.times,
            spikes.channels,
            channels_total=spikes.channels_total,
            duration=spikes.duration,
            dt=self.dt,
            events=coincident,
            values=spikes.values,
        )

    def delivery(self, factors: Mapping[str, Expr], weight: Expr, time: Expr) -> Delivery:
        """Summed weights, delivered at the start of the step."""
        return delivery_by_step(factors, weight, time)

    def delay_steps(self, delay: np.ndarray, longest: int | None = None) -> np.ndarray:
        """round(d/dt), half up, from 0 to ``longest``; int32 of the delays' shape."""
        steps = np.floor(np.asarray(delay, np.float64) / self.dt + 0.5)
        return np.clip(steps, 0, longest).astype(np.int32)

    def lateness(self, delay: np.ndarray) -> np.ndarray:
        """0: everything arrives at the start of a step."""
        return np.zeros(np.shape(delay))

    def longest_delay(self, maximum: float) -> int:
        """round(maximum/dt), half to even: a maximum between two steps bounds what it rounds to."""
        return round(maximum / self.dt)

    def delays(self, steps: np.ndarray) -> np.ndarray:
        """Delays of d steps: d·dt."""
        return steps * self.dt

    def arrival_step(self, step: int, delay: np.ndarray) -> np.ndarray:
        """Step n + 1 + d."""
        return step + self.latency + delay

    def slots(self, longest: int) -> int:
        """One for each step, and for what a spike of the last step reaches beyond the end."""
        return self.steps + self.latency + longest

    def refractory_steps(self, duration: np.ndarray) -> np.ndarray:
        """max(1, round(τ/dt)), half up; of what outlasts the trial, one step more than it has."""
        within = np.minimum(duration, (self.steps + 1) * self.dt)
        steps = np.floor(within / self.dt + 0.5)
        return np.maximum(steps, 1).astype(np.int64)

    def instant(self, n: int | np.ndarray) -> np.ndarray:
        """The instant n·dt."""
        return np.asarray(n * self.dt)

    def nearest(self, time: float) -> int:
        """round(t/dt)."""
        return round(time / self.dt)

    def spike_time(self, step: int | np.ndarray) -> np.ndarray:
        """The end of the step, t_{n+1}."""
        return self.instant(step + 1)

    def spike_train(self, recorded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From (k, 2) int32 of [step, neuron]."""
        steps, neurons = np.asarray(recorded, np.int64).reshape(-1, 2).T
        return self.spike_time(steps), neurons


def clock(dt: float, duration: float) -> TimeGrid:
    """What :func:`~genprop.lower.clocks.make_clock` calls."""
    return TimeGrid.of(dt, duration)
