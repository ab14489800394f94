"""Which arrays make a batch of spike trains; what breaks a rule is named with its place."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from genprop.errors import DataError

__all__ = [
    "Floats",
    "Integers",
    "integer_channels",
    "integer_labels",
    "integers",
    "pairs",
    "real_times",
    "refuse_bad_auxiliaries",
    "refuse_bad_events",
    "refuse_range",
]

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def integer_channels(channels: npt.NDArray[np.generic], sample: int) -> Integers:
    """The channels as int64; fractions are refused."""
    return integers(
        channels,
        "channels",
        where=f"sample {sample}",
        remedy="give the pairs as (times, channels), channels as integers",
    )


def integers(
    values: npt.ArrayLike, name: str, *, where: str = "", remedy: str = "give integers"
) -> npt.NDArray[np.int64]:
    """``values`` as int64; fractions, text and what int64 cannot hold are refused."""
    try:
        given = np.asarray(values)
    except ValueError as error:  # lists of unequal lengths
        raise DataError(f"{name} are no array", where=where, remedy=remedy) from error
    legal = given.dtype.kind in "iub" or given.size == 0
    if legal and (given.dtype != np.uint64 or not given.size or given.max() < 1 << 63):
        return given.astype(np.int64)
    raise DataError(f"{name} are integers, these are {given.dtype}", where=where, remedy=remedy)


def pairs(events: object) -> list[tuple[npt.ArrayLike, npt.ArrayLike]]:
    """The pairs (times, channels) of some samples.

    Raises:
        DataError: for anything else.
    """
    try:
        return [(times, lines) for times, lines in events]  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise DataError(
            f"events are one pair (times, channels) for each sample, not {type(events).__name__}",
            remedy="give a list: [([1.0, 2.5], [0, 3]), …], times in ms",
        ) from error


def real_times(times: npt.ArrayLike) -> Floats:
    """Times as float64 where they have 8 bytes, else as float32.

    Raises:
        DataError: for what is no number.
    """
    given = np.asarray(times)
    if given.dtype.kind not in "iuf" and given.size:
        raise DataError(f"times are numbers, these are {given.dtype}", remedy="give times in ms")
    return given.astype(np.float64 if given.dtype.itemsize == 8 else np.float32, copy=False)


def integer_labels(labels: npt.NDArray[np.generic] | None) -> npt.NDArray[np.int64] | None:
    """The labels as int64; fractions are refused."""
    if labels is None:
        return None
    return integers(labels, "labels", remedy="number the classes from 0")


def refuse_bad_events(
    start: npt.NDArray[np.int64], times: Floats, channels: Integers, total: int, duration: float
) -> None:
    """Refuse events that break a rule of a batch: ranges, shapes, order."""
    if not (math.isfinite(duration) and duration > 0 and total > 0):
        raise DataError(
            f"a batch of {total} channels and {duration:g} ms cannot be",
            remedy="give at least one channel and a positive, finite duration",
        )
    if start.ndim != 1 or not len(start) or start[0] or np.any(start[1:] < start[:-1]):
        raise DataError(
            "`start` must be (batch + 1,), begin with 0 and never fall",
            remedy="use SpikeBatch.from_events, which counts for you",
        )
    if times.shape != channels.shape or times.shape != (start[-1],):
        raise DataError(
            f"{times.shape} times and {channels.shape} channels for {start[-1]} events",
            remedy="give one time and one channel per event",
        )
    refuse_range(start, times, channels, total, duration)
    falls = np.flatnonzero(times[1:] < times[:-1]) + 1
    inside = falls[~np.isin(falls, start)]
    if inside.size:
        raise DataError(
            f"the time falls to {times[inside[0]]:g} ms; times must rise within a sample",
            where=_place(start, int(inside[0])),
            remedy="use SpikeBatch.from_events, which sorts",
        )


def refuse_range(
    start: npt.NDArray[np.int64], times: Floats, channels: Integers, total: int, duration: float
) -> None:
    """Refuse times that are not in [0, duration) and channels that are not in [0, total)."""
    if not times.size:
        return
    # The extremes settle the usual case without a temporary; NaN fails every comparison.
    if not (times.min() >= 0 and times.max() < duration):
        first = int(np.flatnonzero(~((times >= 0) & (times < duration)))[0])
        raise DataError(
            f"an event at {times[first]:g} ms, but times lie in [0, {duration:g}) ms",
            where=_place(start, first),
            remedy="give times in ms from the start of the sample, or a longer duration",
        )
    if channels.min() < 0 or channels.max() >= total:
        first = int(np.flatnonzero((channels < 0) | (channels >= total))[0])
        raise DataError(
            f"channel {channels[first]}, but there are {total} channels, counted from 0",
            where=_place(start, first),
            remedy="give the number of channels the data has",
        )


def refuse_bad_auxiliaries(
    size: int, labels: Integers | None, targets: Floats | None, inputs: Mapping[str, int]
) -> None:
    """Refuse labels, targets and inputs (their numbers of samples) that ``size`` samples lack."""
    if labels is not None and labels.shape != (size,):
        raise DataError(
            f"labels of shape {labels.shape} for {size} samples",
            remedy="give one label per sample",
        )
    if labels is not None and labels.size and labels.min() < 0:
        first = int(np.flatnonzero(labels < 0)[0])
        raise DataError(
            f"label {labels[first]} is negative",
            where=f"sample {first}",
            remedy="number the classes from 0",
        )
    if targets is not None and not (targets.dtype.kind in "iufb" and np.isfinite(targets).all()):
        raise DataError(
            f"targets ({targets.dtype}) hold what is no finite number",
            remedy="give finite numbers, in the unit of what the loss observes",
        )
    if targets is not None and (targets.ndim not in (2, 3) or len(targets) != size):
        raise DataError(
            f"targets of shape {targets.shape} for {size} samples",
            remedy="give targets as (batch, n) or (batch, steps, n)",
        )
    for name, count in inputs.items():
        if count != size:
            raise DataError(
                f"the input {name!r} has {count} samples, the batch {size}",
                remedy="give every source the same samples",
            )


def _place(start: npt.NDArray[np.int64], event: int) -> str:
    sample = int(np.searchsorted(start, event, side="right")) - 1
    return f"sample {sample}, event {event - int(start[sample])}"
