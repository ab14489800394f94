"""Events on a grid of time steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genprop._checks import is_one_of
from genprop.data.order import owners
from genprop.errors import DataError, did_you_mean

__all__ = ["MOST_STEPS", "StepEvents", "step_count", "steps_of"]

_MODES = ("merge", "sum")
MOST_STEPS = 2**31 - 1
"""Of a trial, and of a delay: what 32 bits count."""


@dataclass(frozen=True, slots=True, eq=False)
class StepEvents:
    """Events on a grid, sorted by (sample, step, channel).

    Attributes:
        start: (batch + 1,) int64, where each sample's events begin.
        step: (events,) int32.
        channel: (events,) int32.
        value: (events,) what each event carries, or None where they carry nothing.
    """

    start: npt.NDArray[np.int64]
    step: npt.NDArray[np.int32]
    channel: npt.NDArray[np.int32]
    value: npt.NDArray[np.floating] | None = None

    def __len__(self) -> int:
        return len(self.start) - 1


def step_count(duration: float, dt: float) -> int:
    """How many steps of ``dt`` ms cover ``duration`` ms: ceil(duration/dt), up to rounding.

    A last step that would be shorter than a billionth of ``dt`` is rounding, not a step.
    """
    if not duration / dt <= MOST_STEPS:
        raise DataError(
            f"a duration of {duration:g} ms has more than {MOST_STEPS} steps of {dt:g} ms",
            remedy="give a longer dt, in ms",
        )
    quotient = duration / dt
    return max(1, math.ceil(quotient - 1e-9 * max(1.0, quotient)))


def steps_of(
    start: npt.NDArray[np.int64],
    times: npt.NDArray[np.floating],
    channels: npt.NDArray[np.int32],
    *,
    channels_total: int,
    duration: float,
    dt: float,
    events: str,
    values: npt.NDArray[np.floating] | None = None,
) -> StepEvents:
    """The step floor(t/dt) of every event.

    A time is a rounded number: 0.3/0.1 is 2.9999999999999996 in float64. So a time that lies below
    the boundary of two steps by no more than four roundings of its own type (4 ε t, ε = 2⁻²³ for
    float32 and 2⁻⁵² for float64) counts as on it: step = floor((t/dt)(1 + 4 ε)), computed in
    float64 and at most the last step. Times at k·dt rounded to float32 or float64 therefore fall
    in step k exactly.

    Args:
        start: (batch + 1,), where each sample's events begin.
        times: (events,) [ms].
        channels: (events,).
        channels_total: how many channels there are.
        duration: [ms].
        dt: length of a step [ms].
        events: ``"merge"`` or ``"sum"``.
        values: (events,), what each event carries; those of merged events are added.

    Raises:
        DataError: for a step that is not positive, or an unknown ``events``.
    """
    if not (math.isfinite(dt) and dt > 0):
        raise DataError(f"a step of {dt:g} ms cannot be", remedy="give a positive dt")
    if not is_one_of(events, _MODES):
        raise DataError(
            f"events={events!r:.60} is unknown", remedy=did_you_mean(str(events), _MODES)
        )
    count = step_count(duration, dt)
    factor = (1.0 + 4.0 * float(np.finfo(times.dtype).eps)) / dt
    exact = times.astype(np.float64)
    exact *= factor
    step = exact.astype(np.int32)  # not negative, so that truncation is floor
    np.minimum(step, count - 1, out=step)
    extent, merge = (count, channels_total), events == "merge"
    return _sorted_steps(start, step, channels, values, extent, merge=merge)


def _sorted_steps(
    start: npt.NDArray[np.int64],
    step: npt.NDArray[np.int32],
    channels: npt.NDArray[np.int32],
    values: npt.NDArray[np.floating] | None,
    extent: tuple[int, int],
    *,
    merge: bool,
) -> StepEvents:
    """Sort by (sample, step, channel): one sort of one key, the three packed bit by bit."""
    step_bits, channel_bits = ((size - 1).bit_length() for size in extent)
    shift = step_bits + channel_bits
    batch = len(start) - 1
    kind = np.uint32 if batch.bit_length() + shift <= 32 else np.uint64
    key = owners(start).astype(kind)
    key <<= kind(step_bits)
    key |= step.astype(kind)
    key <<= kind(channel_bits)
    key |= channels.astype(kind)
    if values is None:
        key.sort()
    else:
        order = np.argsort(key, kind="stable")
        key, values = key[order], values[order]
    if merge and key.size:
        keep = np.empty(key.size, np.bool_)
        keep[0] = True
        np.not_equal(key[1:], key[:-1], out=keep[1:])
        key = key[keep]
        values = None if values is None else np.add.reduceat(values, np.flatnonzero(keep))
    first = np.searchsorted(key, np.arange(batch, dtype=kind) << kind(shift)).astype(np.int64)
    channel = (key & kind((1 << channel_bits) - 1)).astype(np.int32)
    key >>= kind(channel_bits)
    return StepEvents(
        np.append(first, key.size),
        (key & kind((1 << step_bits) - 1)).astype(np.int32),
        channel,
        values,
    )
