"""The clock: when things happen, decided here alone.

On the grid, state lives on t_n = n·dt. A spike of step n (it happens at t_{n+1}) with a delay of d
steps is delivered at the start of step n + 1 + d; an input event at time t falls in step
floor(t/dt).
"""

from __future__ import annotations

from dataclasses import dataclass

from genprop.errors import DescriptionError

__all__ = ["Grid"]


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps of ``dt`` [ms]; ``steps`` of them make a trial."""

    dt: float
    steps: int

    @classmethod
    def of(cls, dt: float, duration: float) -> Grid:
        """The grid of a trial of ``duration`` [ms].

        Raises:
            DescriptionError: when dt is not positive or the duration is no whole number of steps.
        """
        steps = round(duration / dt) if dt > 0 else 0
        if steps < 1 or abs(steps * dt - duration) > 1e-6 * duration:
            raise DescriptionError(
                f"a duration of {duration:g} ms is no whole number of steps of {dt:g} ms",
                where="compile(dt=…, duration=…)",
                remedy="choose a positive dt that divides the duration",
            )
        return cls(float(dt), steps)

    def delay_steps(self, delay: float) -> int:
        """round(d/dt)."""
        return round(delay / self.dt)
