"""Events at their real times, as clocks take them that round nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from genprop.data.order import bounds, owners

__all__ = ["TimedEvents", "timed"]


class _Spikes(Protocol):
    """What :class:`~genprop.data.spikes.SpikeBatch` holds of one source."""

    @property
    def start(self) -> np.ndarray: ...

    @property
    def times(self) -> np.ndarray: ...

    @property
    def channels(self) -> np.ndarray: ...

    @property
    def values(self) -> np.ndarray | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class TimedEvents:
    """Events in real time, sorted by (sample, time, channel).

    Attributes:
        start: (batch + 1,) int64, where each sample's events begin.
        time: (events,) float64 [ms].
        channel: (events,) int32.
        value: (events,) what each event carries, or None where they carry nothing.
    """

    start: npt.NDArray[np.int64]
    time: npt.NDArray[np.float64]
    channel: npt.NDArray[np.int32]
    value: npt.NDArray[np.floating] | None = None

    def __len__(self) -> int:
        return len(self.start) - 1


def timed(spikes: _Spikes, coincident: str) -> TimedEvents:
    """The events of ``spikes`` at their own times.

    ``coincident="merge"`` makes events of a channel at exactly the same time one, and adds what
    they carry; ``"sum"`` keeps each. No event counts as coincident with another that is merely
    near: on real times the choice matters only where data repeat an event.
    """
    owner = owners(np.asarray(spikes.start, np.int64))
    times = np.asarray(spikes.times, np.float64)
    order = np.lexsort((spikes.channels, times, owner))
    owner, time, channel = owner[order], times[order], np.asarray(spikes.channels, np.int32)[order]
    value = None if spikes.values is None else spikes.values[order]
    if coincident == "merge" and time.size:
        other = np.diff(time, prepend=-1.0) != 0
        keep = other | (np.diff(channel, prepend=-1) != 0) | (np.diff(owner, prepend=-1) != 0)
        value = None if value is None else np.add.reduceat(value, np.flatnonzero(keep))
        owner, time, channel = owner[keep], time[keep], channel[keep]
    counts = np.bincount(owner, minlength=len(spikes.start) - 1)
    return TimedEvents(bounds(counts), time, channel, value)
