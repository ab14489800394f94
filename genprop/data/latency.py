"""One spike per channel at most, its time the value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from genprop.data.order import bounds, ordered, owners
from genprop.data.quantity import Time, times_in_ms
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError

__all__ = ["first_spikes", "latency_code"]


def first_spikes(
    times: npt.NDArray[np.floating],
    duration: float,
    labels: npt.NDArray[np.int64] | None = None,
) -> SpikeBatch:
    """A batch in which each channel spikes at its time, or not at all where that is NaN.

    Args:
        times: (samples, channels) [ms].
        duration: [ms].
        labels: (samples,) or None.
    """
    if times.ndim != 2:
        raise DataError(
            f"an array of shape {times.shape} has no channels",
            remedy="give (samples, channels): images as x.reshape(len(x), -1)",
        )
    fires = ~np.isnan(times)
    start = bounds(np.count_nonzero(fires, axis=1))
    channels = np.nonzero(fires)[1].astype(np.int32)
    if np.any(times < 0):
        raise DataError("a spike before the start of the sample", remedy="give times from 0 ms")
    flat, channels = ordered(owners(start), times[fires].astype(np.float32), channels)
    return SpikeBatch(start, flat, channels, times.shape[1], duration, labels)


def latency_code(
    intensity: npt.NDArray[np.floating],
    *,
    t_min: Time,
    t_max: Time,
    duration: Time,
    threshold: float = 0.0,
    labels: npt.NDArray[np.int64] | None = None,
) -> SpikeBatch:
    """The stronger, the sooner: t = t_max − (t_max − t_min) x for x > threshold, else no spike.

    Args:
        intensity: (samples, channels), x in [0, 1].
        t_min: time of x = 1 [ms].
        t_max: time of x = 0 [ms].
        duration: [ms], above ``t_max``.
        threshold: intensities up to it give no spike.
        labels: (samples,) or None.

    Raises:
        DataError: unless 0 ≤ t_min < t_max < duration, for intensities beyond [0, 1] or not finite,
            and for another shape.
    """
    t_min, t_max, duration = times_in_ms(t_min=t_min, t_max=t_max, duration=duration)
    refuse_window(t_min, t_max, duration)
    x = np.asarray(intensity).astype(np.float32)
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise DataError(
            f"intensities from {x.min():g} to {x.max():g} were given",
            remedy="scale them to [0, 1]: x / x.max()",
        )
    times = np.where(x > threshold, t_max - (t_max - t_min) * x, np.float32(np.nan))
    return first_spikes(times, duration, labels)


def refuse_window(t_min: float, t_max: float, duration: float) -> None:
    """Refuse a window of time that is empty or leaves the sample."""
    if not 0 <= t_min < t_max < duration:
        raise DataError(
            f"spikes from {t_min:g} to {t_max:g} ms do not fit a sample of {duration:g} ms",
            remedy="give 0 ≤ t_min < t_max < duration",
        )
