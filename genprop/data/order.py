"""Sorting and gathering the events of many samples at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["bounds", "gather", "ordered", "owners"]

Floats = npt.NDArray[np.floating]
Starts = npt.NDArray[np.int64]
Channels = npt.NDArray[np.int32]


def bounds(counts: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Starts:
    """(samples + 1,): where each sample's events begin, from the number of events of each."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))


def owners(start: Starts) -> npt.NDArray[np.int32]:
    """The sample of each event, (events,), from the samples' ``start`` (samples + 1,)."""
    return np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))


def ordered(
    owner: npt.NDArray[np.int32], times: Floats, channels: Channels
) -> tuple[Floats, Channels]:
    """Times and channels sorted by sample, time and channel.

    float32 times are packed with sample and channel into one integer key, as the bits of a
    non-negative float rise with its value: one plain sort then moves everything.

    Args:
        owner: (events,), the sample of each event.
        times: (events,) [ms], not negative.
        channels: (events,), not negative.
    """
    if times.size < 2:
        return times, channels
    channel_bits = int(channels.max()).bit_length()
    shift = 31 + channel_bits
    if times.dtype != np.float32 or int(owner.max()).bit_length() + shift > 63:
        order = np.lexsort((channels, times, owner))
        return times[order], channels[order]
    # Adding zero turns -0.0, whose sign bit would spoil the order, into 0.0.
    key = (times + np.float32(0)).view(np.int32).astype(np.int64)
    key <<= channel_bits
    key |= channels
    key |= owner.astype(np.int64) << shift
    key.sort()
    sorted_channels = (key & ((1 << channel_bits) - 1)).astype(np.int32)
    key >>= channel_bits
    return (key & 0x7FFFFFFF).astype(np.int32).view(np.float32), sorted_channels


def gather(
    start: Starts, times: Floats, channels: Channels, chosen: npt.NDArray[np.int64]
) -> tuple[Starts, Floats, Channels]:
    """Start, times and channels of the samples ``chosen`` (n,), in that order."""
    first, last = start[chosen], start[chosen + 1]
    own = [slice(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    return (
        bounds(last - first),
        np.concatenate([times[:0], *(times[s] for s in own)]),
        np.concatenate([channels[:0], *(channels[s] for s in own)]),
    )
