"""Analogue signals as events: a spike whenever the signal has moved by a threshold."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from genprop.data.order import bounds, ordered
from genprop.data.quantity import Time, in_unit
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError
from genprop.units import ms

__all__ = ["level_crossings"]

_Piece = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.int32]]


def level_crossings(
    signal: npt.NDArray[np.floating] | npt.NDArray[np.integer],
    *,
    dt: Time,
    threshold: float,
    labels: npt.NDArray[np.int64] | None = None,
) -> SpikeBatch:
    """Sigma-delta (send-on-delta) coding of signals, taken to be linear between samples.

    Each line keeps a reference r, at first the signal's first value. When the signal reaches
    r + threshold, an ON event is sent and r rises by the threshold; when it reaches r − threshold,
    an OFF event is sent and r falls. The event's time is that of the crossing, not of the sample.
    Line j of n sends ON in channel j and OFF in channel n + j.

    Args:
        signal: (samples, steps, lines).
        dt: time between two steps [ms].
        threshold: in units of the signal.
        labels: (samples,) or None.

    Returns:
        A batch of 2 n channels that lasts steps · dt.

    Raises:
        DataError: for a signal that is not finite, or a threshold or dt that is not positive.
    """
    dt = in_unit(dt, ms, "dt")
    if signal.ndim != 3 or not signal.shape[1] or not np.isfinite(signal).all():
        raise DataError(
            f"a signal of shape {signal.shape} with at least one step, and finite, was expected",
            remedy="give (samples, steps, lines) without NaN",
        )
    if not (math.isfinite(threshold) and threshold > 0 and math.isfinite(dt) and dt > 0):
        raise DataError(
            f"threshold {threshold:g} and dt {dt:g} ms cannot be", remedy="give positive numbers"
        )
    samples, steps, lines = signal.shape
    level = (signal.astype(np.float64) - signal[:, :1]) / threshold
    reference = np.zeros((samples, lines))
    pieces: list[_Piece] = [(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int32))]
    for step in range(steps - 1):
        before, after = level[:, step], level[:, step + 1]
        count = np.trunc(after - reference).astype(np.int64)
        pieces.append(_crossed(before, after, reference, count, step * dt, dt))
        reference += count
    owner, times, channels = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    times, channels = ordered(owner, times, channels)
    start = bounds(np.bincount(owner, minlength=samples))
    return SpikeBatch(start, times, channels, 2 * lines, steps * dt, labels)


def _crossed(
    before: npt.NDArray[np.float64],
    after: npt.NDArray[np.float64],
    reference: npt.NDArray[np.float64],
    count: npt.NDArray[np.int64],
    begin: float,
    dt: float,
) -> _Piece:
    """Samples, times and channels of the ``count`` (samples, lines) crossings in one step."""
    sample, line = np.nonzero(count)
    number = np.abs(count[sample, line])
    which = np.repeat(np.arange(len(sample)), number)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(number) - number, number) + 1
    s, j = sample[which], line[which]
    sign = np.sign(count[s, j])
    fraction = (reference[s, j] + sign * nth - before[s, j]) / (after[s, j] - before[s, j])
    times = begin + dt * np.clip(fraction, 0, 1)
    channels = j + np.where(sign < 0, count.shape[1], 0)
    return s.astype(np.int32), times.astype(np.float32), channels.astype(np.int32)
