"""Spike recordings end to end, and the checks that what a file holds must pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genprop.data.order import bounds, ordered, owners
from genprop.errors import DataError

__all__ = ["LONGEST", "Header", "Recordings", "end_to_end", "header"]

LONGEST = 60.0
"""[s]; a file with later times was written in ms or µs."""

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """What a file says of its samples.

    Attributes:
        labels: (samples,) int64.
        speakers: (samples,) int64 or None.
        keys: the names of the classes, or empty.
    """

    labels: npt.NDArray[np.int64]
    speakers: npt.NDArray[np.int64] | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Recordings:
    """What a file holds, sorted by (sample, time).

    Attributes:
        start: (samples + 1,) int64.
        times: (events,) float32 [ms], or float64 where the file has so many bits.
        channels: (events,) int32.
        header: labels, speakers and names of the classes.
    """

    start: npt.NDArray[np.int64]
    times: npt.NDArray[np.floating]
    channels: npt.NDArray[np.int32]
    header: Header

    @property
    def longest(self) -> float:
        """The time of the last event [ms]."""
        return float(self.times.max()) if self.times.size else 0.0


def header(
    samples: tuple[int, int], labels: Array, speakers: Array | None, keys: Sequence[str], file: str
) -> Header:
    """The checked header of a file with ``samples`` arrays of times and of units.

    Raises:
        DataError: for an empty file, for arrays that differ in length, and for labels or speakers
            that are no integers or no class.
    """
    times, units = samples
    if not times:
        raise DataError(
            "the file holds no samples",
            where=file,
            remedy="it was not written whole: fetch it again",
        )
    sizes = {"spikes/times": times, "spikes/units": units, "labels": len(labels)}
    if speakers is not None:
        sizes["extra/speaker"] = len(speakers)
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise DataError(
            f"the file's parts do not match: {found}",
            where=file,
            remedy="the file is damaged or was put together from different sets: fetch it again",
        )
    whole = _whole(labels, "labels", file)
    classes = len(keys) or int(whole.max()) + 1
    wrong = np.flatnonzero((whole < 0) | (whole >= classes))
    if wrong.size:
        raise DataError(
            f"label {whole[wrong[0]]} does not match the {classes} names in extra/keys",
            where=f"{file}, sample {wrong[0]}",
            remedy="labels count the names from 0: correct the file, or fetch it again",
        )
    who = None if speakers is None else _whole(speakers, "extra/speaker", file)
    return Header(whole, who, tuple(keys))


def _whole(values: Array, name: str, file: str) -> npt.NDArray[np.int64]:
    if values.dtype.kind not in "iu" or values.ndim != 1:
        raise DataError(
            f"{name} is {values.dtype} of shape {values.shape}, expected one integer a sample",
            where=file,
            remedy="name a file of SHD's layout",
        )
    return values.astype(np.int64)


def end_to_end(
    times: Sequence[Array], units: Sequence[Array], *, first: int, channels: int, file: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.floating], npt.NDArray[np.int32]]:
    """Counts, times and channels of some samples, end to end, checked, sorted by time and channel.

    Args:
        times: per sample (n,) [s].
        units: per sample (n,).
        first: the number of the first of these samples, for messages.
        channels: how many channels there are.
        file: for messages.

    Returns:
        counts (samples,), times (events,) float32 [s], float64 where they are given in more than
        32 bits, and channels (events,) int32.

    Raises:
        DataError: for times and units of unequal length, times that are negative or not finite, and
            units beyond the channels.
    """
    counts = np.array([len(t) for t in times], np.int64)
    unequal = np.flatnonzero(counts != np.array([len(u) for u in units], np.int64))
    if unequal.size:
        k = int(unequal[0])
        raise DataError(
            f"{len(times[k])} times, but {len(units[k])} units",
            where=f"{file}, sample {first + k}",
            remedy="the file is damaged: fetch it again",
        )
    start = bounds(counts)
    given_times = np.concatenate([np.empty(0, np.float16), *times])
    wide = given_times.dtype.kind != "f" or given_times.dtype.itemsize > 4
    t = given_times.astype(np.float64 if wide else np.float32)
    given = np.concatenate([np.empty(0, np.uint16), *units])
    c = given.astype(np.int64)
    _refuse(c != given, given, "unit {:g} is no channel: units are integers", start, first, file)
    _refuse(~(np.isfinite(t) & (t >= 0)), t, "a time of {:g} s cannot be", start, first, file)
    text = f"a time of {{:g}}, but times are in seconds and a sample lasts {LONGEST:g} s at most"
    _refuse(t > LONGEST, t, text, start, first, file)
    text = f"unit {{}}, but there are {channels} channels, counted from 0"
    _refuse((c < 0) | (c >= channels), c, text, start, first, file)
    return counts, *ordered(owners(start), t, c.astype(np.int32))


def _refuse(
    wrong: npt.NDArray[np.bool_],
    values: Array,
    text: str,
    start: npt.NDArray[np.int64],
    first: int,
    file: str,
) -> None:
    if not wrong.any():
        return
    event = int(np.argmax(wrong))
    sample = int(np.searchsorted(start, event, side="right")) - 1
    raise DataError(
        text.format(values[event]),
        where=f"{file}, sample {first + sample}, event {event - int(start[sample])}",
        remedy="the file is damaged, or of another layout or number of channels",
    )
