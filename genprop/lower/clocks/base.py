"""What a clock is: when things happen, and the one place that turns times into steps and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genprop.data.steps import MOST_STEPS
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from genprop.data.steps import StepEvents
    from genprop.lower.delivery import Delivery
    from genprop.lower.nodes import Expr

__all__ = ["Clock", "Spikes", "StepClock", "integer_steps", "refuse_uncountable"]


class Spikes(Protocol):
    """Input spikes in real time, as :class:`~genprop.data.spikes.SpikeBatch` holds them."""

    @property
    def start(self) -> np.ndarray:
        """(batch + 1,), where each sample's events begin."""
        ...

    @property
    def times(self) -> np.ndarray:
        """(events,) [ms]."""
        ...

    @property
    def channels(self) -> np.ndarray:
        """(events,)."""
        ...

    @property
    def values(self) -> np.ndarray | None:
        """(events,), what each spike carries; None where they carry nothing."""
        ...

    @property
    def channels_total(self) -> int:
        """How many channels there are."""
        ...

    @property
    def duration(self) -> float:
        """[ms]."""
        ...


class Clock(Protocol):
    """A trial of ``steps`` steps of ``dt`` [ms]: step n goes from t_n to t_{n+1}.

    What is read off a run, states and the losses over time, is read per step on every clock;
    whether spikes, arrivals and releases are moved to steps says :attr:`rounds`.
    """

    @property
    def name(self) -> str:
        """What ``compile(clock=…)`` calls it."""
        ...

    @property
    def rounds(self) -> bool:
        """Whether events happen on steps; else each happens at its own real time."""
        ...

    @property
    def dt(self) -> float:
        """[ms]."""
        ...

    @property
    def steps(self) -> int:
        """Steps of a trial."""
        ...

    @property
    def duration(self) -> float:
        """T [ms]."""
        ...

    @property
    def grid(self) -> StepClock:
        """This clock, which moves events to steps.

        Raises:
            InternalError: of a clock that moves none: a network on it is not run in such steps.
        """
        ...

    def delivery(self, factors: Mapping[str, Expr], weight: Expr, time: Expr) -> Delivery:
        """What arrivals do at a receptor, and what they read in reverse.

        ``factors`` say by how much each state jumps per unit weight; ``weight`` is ∂L/∂w and
        ``time`` ∂L/∂t_arr per unit weight of an arrival at t_n, as expressions of the adjoints
        there.
        """
        ...

    def longest_delay(self, maximum: float) -> int:
        """After how many steps at most a spike arrives, its delay bounded by ``maximum`` [ms]."""
        ...

    def instant(self, n: int | np.ndarray) -> np.ndarray:
        """t_n [ms]."""
        ...

    def nearest(self, time: float) -> int:
        """The n of the t_n nearest to ``time`` [ms]."""
        ...

    def spike_train(self, recorded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Times (k,) float64 [ms] and neurons (k,) int64 of the spikes of one sample.

        ``recorded`` is what ``sim.run(batch, record=["pop.spikes"])`` gives of it.
        """
        ...


class StepClock(Clock, Protocol):
    """A clock on which everything happens on steps.

    ``latency`` is the number of steps from the step of a spike to the one at whose start it
    arrives, where its delay is zero.
    """

    @property
    def latency(self) -> int:
        """Steps."""
        ...

    def events(self, spikes: Spikes, coincident: str) -> StepEvents:
        """In which step each input event falls.

        ``coincident`` is ``"merge"`` (several events of a channel in one step are one) or
        ``"sum"``.
        """
        ...

    def delay_steps(self, delay: np.ndarray, longest: int | None = None) -> np.ndarray:
        """Delays [ms] in steps, int32 of their shape, at most ``longest``."""
        ...

    def lateness(self, delay: np.ndarray) -> np.ndarray:
        """By how much spikes with these delays [ms] arrive after the start of their step [ms]."""
        ...

    def delays(self, steps: np.ndarray) -> np.ndarray:
        """[ms], the delays that are exactly so many steps."""
        ...

    def arrival_step(self, step: int, delay: np.ndarray) -> np.ndarray:
        """At the start of which step a spike of ``step`` arrives after ``delay`` steps."""
        ...

    def slots(self, longest: int) -> int:
        """Slots of a delay buffer with one for each step in which something may arrive."""
        ...

    def refractory_steps(self, duration: np.ndarray) -> np.ndarray:
        """Steps for which states are held after a spike, int64; ``duration`` is in ms."""
        ...

    def spike_time(self, step: int | np.ndarray) -> np.ndarray:
        """When a spike of ``step`` happens [ms]."""
        ...


def refuse_uncountable(what: str, time: float, dt: float, where: str) -> None:
    """Refuse a ``time`` [ms] of more steps of ``dt`` [ms] than 32 bits count.

    Raises:
        DescriptionError: naming ``what`` it is and ``where``.
    """
    if dt > 0 and time / dt > MOST_STEPS:
        raise DescriptionError(
            f"{what} {time:g} ms has more than {MOST_STEPS} steps of {dt:g} ms",
            where=where,
            remedy="give a longer dt or a shorter time, in ms",
        )


def integer_steps(dt: float, duration: float) -> int:
    """How many steps of ``dt`` [ms] a trial of ``duration`` [ms] has.

    Raises:
        DescriptionError: when dt is not positive, or the duration is no integer number of steps or
            of more than 32 bits count.
    """
    refuse_uncountable("a duration of", duration, dt, "compile(dt=…, duration=…)")
    steps = round(duration / dt) if dt > 0 and duration > 0 else 0
    if steps < 1 or abs(steps * dt - duration) > 1e-6 * duration:
        raise DescriptionError(
            f"a duration of {duration:g} ms is no integer number of steps of {dt:g} ms",
            where="compile(dt=…, duration=…)",
            remedy="choose a positive dt that divides the duration",
        )
    return steps
