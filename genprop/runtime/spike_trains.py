"""Recorded spikes as times and neurons: the one place where they are read, whatever the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import refuse_unlike
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.backends.base import Outcome
    from genprop.lower.clocks.base import Clock

__all__ = ["SpikeTrains", "spike_trains"]

SpikeTrains = list[tuple[np.ndarray, np.ndarray]]
"""Per sample times (k,) float64 [ms] and neurons (k,) int64, in order of time."""


def spike_trains(clock: Clock, outcome: Outcome, population: str) -> SpikeTrains:
    """The recorded spikes of ``population``.

    On the grid a spike happens at the end of its step, on the exact clock at its own time; recorded
    as ``spike_times``, those of flows that are not linear happen at theirs too.

    Raises:
        DataError: where ``run(record=["population.spikes"])`` did not record them.
    """
    refuse_unlike(outcome, "recorded", "spike_trains(outcome, …)", "what sim.run(…) gave")
    if timed := outcome.recorded.get(f"{population}.spike_times"):
        found = [np.asarray(one) for one in timed]
        return [(one[:, 0], one[:, 1].astype(np.int64)) for one in found]
    name = f"{population}.spikes"
    if name not in outcome.recorded:
        raise DataError(
            f"the spikes of {population!r} were not recorded",
            remedy=f"sim.run(batch, record=[{name!r}])",
        )
    return [clock.spike_train(np.asarray(one)) for one in outcome.recorded[name]]
