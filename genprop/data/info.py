"""What a data file holds, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop.data.files import existing
from genprop.data.spoken import hdspikes
from genprop.data.tactile import braille
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.data.dataset import Dataset

__all__ = ["FileInfo", "info", "oddities"]

_BUSY = 20.0
"""A channel with so many times the median of events is odd."""
_UNEVEN = 3.0
"""Likewise a class, or a sample's length, beside the median."""
_EARLY = 0.5
"""Samples whose events end this early leave much of their time empty."""
_SHOWN = 8
_GRIDS = (1.0, 0.1)


@dataclass(frozen=True, slots=True, eq=False)
class FileInfo:
    """What a file holds; ``print`` it.

    Attributes:
        path: the file.
        parts: the data sets in it.
        findings: what is odd about each, in words; nothing of this keeps it from being used.
    """

    path: Path
    parts: tuple[Dataset, ...]
    findings: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        lines = [str(self.path)]
        for part, found in zip(self.parts, self.findings, strict=True):
            lines.append(str(part))
            lines += [f"  odd       {finding}" for finding in found] or ["  odd       nothing"]
        return "\n".join(lines)


def info(path: str | Path, *, channels: int = 700) -> FileInfo:
    """Read a file and say what it holds, and what is odd about it.

    Files of SHD's layout (``.h5``, ``.h5.gz``, ``.h5.zip``) are one data set; Braille letters
    (``.npz``, ``.pkl``) come in the parts that :func:`braille` makes of them.

    Args:
        path: the file; a relative one is looked for in ``$GENPROP_DATA`` too.
        channels: of SHD's layout: how many channels there are.

    Raises:
        DataError: for a file that is missing, damaged or of another layout.
    """
    file = existing(path)
    ends = "".join(file.suffixes[-2:])
    if ".h5" in ends or ".hdf5" in ends:
        parts = (hdspikes(file, channels=channels),)
    elif file.suffix in (".npz", ".pkl", ".pickle"):
        parts = tuple(part for part in braille(file) if len(part))
    else:
        raise DataError(
            f"files that end in {file.suffix or 'nothing'} are not known",
            where=str(file),
            remedy="give an .h5 of SHD's layout (plain, .gz or .zip), or Braille letters as .npz "
            "or .pkl",
        )
    return FileInfo(file, parts, tuple(tuple(oddities(part)) for part in parts))


def oddities(data: Dataset) -> Iterator[str]:
    """What is odd about a data set, in words: each a fact, with what it may mean."""
    spikes = data.spikes
    counts = np.diff(spikes.start)
    if empty := int(np.count_nonzero(counts == 0)):
        yield f"{empty} of {len(data)} samples have no events: {_some(counts == 0)}"
    yield from _of_channels(np.bincount(spikes.channels, minlength=data.channels))
    per_class = np.bincount(data.labels, minlength=data.classes)
    if missing := int(np.count_nonzero(per_class == 0)):
        yield f"{missing} of {data.classes} classes have no samples: {_some(per_class == 0)}"
    seen = per_class[per_class > 0]
    if seen.size and seen.max() > _UNEVEN * np.median(seen):
        yield (
            f"classes are uneven, {seen.min()} to {seen.max()} samples: "
            "a network that guesses the largest looks better than chance"
        )
    yield from _of_times(data, counts)


def _of_channels(events: np.ndarray) -> Iterator[str]:
    if silent := int(np.count_nonzero(events == 0)):
        yield f"{silent} of {events.size} channels never spike: {_some(events == 0)}"
    active = events[events > 0]
    if active.size:
        busy = events > _BUSY * np.median(active)
        if busy.any():
            yield (
                f"{np.count_nonzero(busy)} channels have over {_BUSY:g} times the median of "
                f"events: {_some(busy)}"
            )


def _of_times(data: Dataset, counts: np.ndarray) -> Iterator[str]:
    spikes = data.spikes
    if not spikes.times.size:
        return
    times = spikes.times.astype(np.float64)
    owner = np.repeat(np.arange(len(data)), counts)
    order = np.lexsort((times, spikes.channels, owner))
    same = np.ones(times.size - 1, bool)
    for values in (owner, spikes.channels, times):
        same &= np.diff(values[order]) == 0
    if twice := int(np.count_nonzero(same)):
        yield (
            f"{twice} events of a channel come twice at the same time: events='merge' takes them "
            "as one, events='sum' counts each"
        )
    for grid in _GRIDS:
        if np.abs(times / grid - np.round(times / grid)).max() < 1e-4:
            yield f"all times are multiples of {grid:g} ms: they were on a grid before"
            break
    last = times[spikes.start[1:][counts > 0] - 1]
    if last.max() > _UNEVEN * np.median(last):
        longest = int(np.flatnonzero(counts > 0)[int(np.argmax(last))])
        yield (
            f"sample {longest} ends at {last.max():.4g} ms, half of them before "
            f"{np.median(last):.4g} ms: a few set the length of all; crop(…) drops later events"
        )
    elif last.max() < _EARLY * data.duration:
        yield f"the last event is at {last.max():.4g} ms of {data.duration:g}: crop(…) saves time"


def _some(mask: np.ndarray) -> str:
    """The first few that are so."""
    found = np.flatnonzero(mask)
    words = ", ".join(map(str, found[:_SHOWN]))
    return words + (", …" if found.size > _SHOWN else "")
