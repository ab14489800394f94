"""What a clock is: the one place that turns times into steps, and steps into times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from genprop.data.steps import StepEvents
    from genprop.lower.delivery import Delivery
    from genprop.lower.nodes import Expr

__all__ = ["Clock", "Spikes"]


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
    """Steps of ``dt`` [ms], ``steps`` of them a trial: step n goes from t_n to t_{n+1}.

    ``latency`` is the number of steps from the step of a spike to the one at whose start it
    arrives, where its delay is zero.
    """

    @property
    def name(self) -> str:
        """What ``compile(clock=…)`` calls it."""
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
    def latency(self) -> int:
        """Steps."""
        ...

    @property
    def duration(self) -> float:
        """T [ms]."""
        ...

    def events(self, spikes: Spikes, coincident: str) -> StepEvents:
        """In which step each input event falls.

        ``coincident`` is ``"merge"`` (several events of a channel in one step are one) or
        ``"sum"``.
        """
        ...

    def delivery(self, factors: Mapping[str, Expr], weight: Expr, time: Expr) -> Delivery:
        """What arrivals do at a receptor, and what they read in reverse.

        ``factors`` say by how much each state jumps per unit weight; ``weight`` is ∂L/∂w and
        ``time`` ∂L/∂t_arr per unit weight of an arrival at t_n, as expressions of the adjoints
        there.
        """
        ...

    def delay_steps(self, delay: np.ndarray, longest: int | None = None) -> np.ndarray:
        """Delays [ms] in steps, int32 of their shape, at most ``longest``."""
        ...

    def lateness(self, delay: np.ndarray) -> np.ndarray:
        """By how much spikes with these delays [ms] arrive after the start of their step [ms]."""
        ...

    def longest_delay(self, maximum: float) -> int:
        """The steps of the longest delay, bounded by ``maximum`` [ms]."""
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

    def instant(self, n: int | np.ndarray) -> np.ndarray:
        """t_n [ms]."""
        ...

    def nearest(self, time: float) -> int:
        """The n of the t_n nearest to ``time`` [ms]."""
        ...

    def spike_time(self, step: int | np.ndarray) -> np.ndarray:
        """When a spike of ``step`` happens [ms]."""
        ...
